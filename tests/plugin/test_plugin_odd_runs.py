"""Runs that are not the usual kind."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""
ASK = """
    import pytest
    from app import ask

    @pytest.fixture
    def primed():
        ask()

    def test_question(primed):
        ask()
"""


@pytest.fixture
def chat(project):
    """A project with one test."""
    project.configure(CHAT)
    project.write("test_chat.py", ASK)
    return project


@pytest.mark.parametrize("mode", [("--collect-only",), ("--collect-only", "-q"), ("--setup-only",), ("--setup-plan",)])
def test_without_running_tests_there_is_no_report_and_no_baseline(chat, mode):
    ran = chat.update(*mode)
    assert (ran.status, ran.report) == (0, None)
    assert not ran.has("LLM cost")
    assert not ran.has("llmcost:")
    assert not (chat.root / "llmcost-baseline.json").exists()


@pytest.mark.parametrize("mode", [("--setup-show", "-s", "-v"), ("-qq", "--tb=no", "-p", "no:logging")])
def test_ways_of_showing_tests_change_nothing(chat, mode):
    ran = chat.cost(*mode)
    assert (ran.status, ran.json["totals"]["calls"]) == (0, 2)
    assert ran.line("LLM cost check") == "LLM cost check: pass"


def test_without_a_terminal_the_report_is_written(chat):
    ran = chat.cost("-p", "no:terminal")
    assert (ran.status, ran.json["totals"]["calls"]) == (0, 2)
    assert not ran.has("LLM cost")


def test_other_plugins_may_be_missing(chat):
    missing = (
        "warnings",
        "faulthandler",
        "capture",
        "junitxml",
        "subtests",
        "unraisableexception",
        "tmpdir",
        "setuponly",
    )
    ran = chat.cost(*(part for name in missing for part in ("-p", f"no:{name}")))
    assert (ran.status, ran.json["totals"]["calls"]) == (0, 2)


def test_an_empty_suite_keeps_its_exit_status(project):
    project.configure(CHAT)
    ran = project.cost()
    assert ran.status == 5
    assert ran.rules() == ["uncovered"]
    assert project.cost("-n", "2").status == 5


def test_an_empty_suite_with_a_baseline_is_not_cheaper_in_silence(chat):
    chat.update()
    (chat.root / "test_chat.py").unlink()
    ran = chat.cost()
    assert ran.rules("error") == ["unsampled"]
    assert ran.status == 1


def test_an_error_of_collection_stays_one(chat):
    chat.update()
    chat.write("test_broken.py", "import no_such_module")
    ran = chat.cost()
    assert ran.status == 2
    assert ran.rules("error") == []
    assert ran.json["comparison"]["monthly_before_usd"] == ran.json["comparison"]["monthly_after_usd"]
    ran = chat.cost("--continue-on-collection-errors")
    assert ran.status == 1
    assert ran.json["totals"]["calls"] == 2


def test_a_file_that_cannot_be_collected_removes_none_of_its_tests(chat):
    chat.update()
    chat.write("test_chat.py", "import no_such_module")
    for arguments in ((), ("--continue-on-collection-errors",), ("-n", "2")):
        ran = chat.cost(*arguments)
        assert ran.status != 0
        assert ran.json["comparison"]["carried"] == ["test_chat.py::test_question"]
        assert ran.json["comparison"]["removed"] == []


def test_a_class_that_cannot_be_collected_removes_none_of_its_tests(chat):
    source = """
        import pytest
        from app import ask

        class TestChat:
            def test_question(self):
                ask()

            @pytest.mark.parametrize("number", {numbers})
            def test_number(self, number):
                pass

        def test_other():
            ask()
    """
    chat.write("test_chat.py", source.format(numbers=[1]))
    chat.update()
    chat.write("test_chat.py", source.format(numbers="None"))
    ran = chat.cost("--continue-on-collection-errors")
    assert ran.json["comparison"]["carried"] == ["test_chat.py::TestChat::test_question"]
    assert ran.json["comparison"]["removed"] == []


def test_tests_in_folders_and_from_elsewhere_have_the_same_names(project, monkeypatch):
    project.configure(
        CHAT.replace("test_chat.py", "tests/unit") + "    [tool.pytest.ini_options]\n    pythonpath = ['.']\n"
    )
    project.write("tests/unit/test_chat.py", ASK)
    project.update()
    for arguments in ((), ("tests",), ("./tests/unit",), (str(project.root / "tests" / "unit" / "test_chat.py"),)):
        ran = project.cost(*arguments)
        assert (ran.samples(), ran.rules()) == ({"chat": 1}, [])
        assert ran.json["comparison"]["removed"] == ran.json["comparison"]["added"] == []


def test_doctests_and_classes_are_tests(project):
    project.configure(
        "[tool.llmcost.features.chat]\ntests = ['shop.py', 'test_chat.py::TestChat']\nrequests_per_month = 1"
    )
    project.write("shop.py", '"""\n>>> from app import ask\n>>> _ = ask()\n"""')
    project.write("test_chat.py", "from app import ask\nclass TestChat:\n    def test_it(self): ask()\n")
    ran = project.cost("--doctest-modules")
    assert ran.samples() == {"chat": 2}


def test_reports_of_every_kind_are_written_where_they_are_asked_for(chat):
    ran = chat.cost(
        "--llmcost-report=term-calls", "--llmcost-report=html:out/a.html", "--llmcost-report=markdown:out/a.md"
    )
    assert ran.status == 0
    assert "<html" in (chat.root / "out" / "a.html").read_text(encoding="utf-8")
    assert "LLM cost" in (chat.root / "out" / "a.md").read_text(encoding="utf-8")
    assert ran.has("test_chat.py::test_question")
    assert ran.has("llmcost: html report written to out/a.html") or ran.has("html report written to out\\a.html")


@pytest.mark.parametrize(("kind", "part"), [("term-tests", "Outcome"), ("term", "Features")])
def test_the_terminal_shows_what_is_asked_for(chat, kind, part):
    assert chat.cost(f"--llmcost-report={kind}").has(part)


def test_nothing_is_drawn_when_nothing_is_asked_for(chat):
    ran = chat.cost("--llmcost-report=none")
    assert not ran.has("LLM cost")


def test_the_run_leaves_the_decimal_context_and_the_warnings_of_the_tests_alone(chat):
    chat.write(
        "test_chat.py",
        """
        import decimal, warnings
        from app import ask

        def test_question():
            decimal.getcontext().prec = 2
            warnings.simplefilter("error")
            ask(usage=(123456, 7891))
            assert decimal.getcontext().prec == 2
        """,
    )
    ran = chat.cost("-W", "error")
    assert ran.json["calls"][0]["cost_usd"] == "0.139238"
    assert ran.status == 0
