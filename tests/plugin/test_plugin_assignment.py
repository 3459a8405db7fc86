"""To which feature calls belong: by call site, marker and pattern; and what belongs to none is listed apart."""

CHAT = """
    [tool.llmcost]
    evaluation = ["judge.py"]
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""


def _run(project, source, *arguments, toml=CHAT):
    project.configure(toml)
    project.write("test_chat.py", source)
    return project.cost(*arguments)


def test_what_belongs_to_no_sample_is_listed_apart(project):
    project.write("judge.py", "from app import ask\n\ndef grade():\n    ask()\n")
    project.write(
        "test_other.py",
        """
        from app import ask
        ask("while this module is collected")

        def test_without_feature():
            ask()
        """,
    )
    ran = _run(
        project,
        """
        import pytest
        from app import ask
        from judge import grade

        @pytest.fixture(scope="module")
        def index():
            ask("set-up")
            yield
            ask("teardown")

        @pytest.fixture
        def own():
            ask()
            yield
            ask()

        def test_with_shared_fixture(index):
            ask()

        def test_with_own_fixture(own):
            ask()

        def test_judged():
            ask()
            grade()

        def test_excludes(llmcost):
            ask()
            with llmcost.exclude():
                ask(), ask()
        """,
    )
    assert ran.samples() == {"chat": 4}
    assert ran.feature("chat")["calls_per_request"] == 1.5  # 1, 3, 1 and 1
    assert ran.groups() == {"collection": 1, "evaluation": 3, "no feature": 1, "shared": 2}
    assert ran.json["totals"]["calls"] == 13
    phases = [one["phase"] for one in ran.json["calls"] if one["test"] == "test_chat.py::test_with_own_fixture"]
    assert phases == ["setup", "call", "teardown"]
    assert all(one["feature"] is None for one in ran.json["calls"] if one["test"] is None)


def test_a_call_site_claims_calls_of_any_test(project):
    project.write(
        "search.py", "from app import client, URL\nfrom app import ask as _ask\n\ndef search():\n    _ask()\n"
    )
    ran = _run(
        project,
        """
        from app import ask
        from search import search

        def test_both():
            ask()
            search()
        """,
        toml="""
        [tool.llmcost.features.chat]
        tests = ["test_chat.py"]
        requests_per_month = 1000
        [tool.llmcost.features.any]
        call_sites = ["app.py"]
        requests_per_month = 1000
        """,
    )
    assert [one["feature"] for one in ran.json["calls"]] == ["any", "any"]
    assert ran.samples() == {"chat": 0, "any": 1}
    assert ran.rules() == ["uncovered"]
    assert ran.status == 0
    assert ran.feature("chat")["uncovered"] is True


def test_the_longest_pattern_wins_and_a_marker_wins_over_it(project):
    project.write("tests/deep/test_x.py", "from app import ask\ndef test_turn(): ask()\ndef test_other(): ask()\n")
    ran = _run(
        project,
        """
        import pytest
        from app import ask

        @pytest.mark.llmcost(feature="glob")
        def test_marked():
            ask()
        """,
        "-p",
        "no:cacheprovider",
        toml="""
        [tool.pytest.ini_options]
        pythonpath = ["."]
        [tool.llmcost.features.wide]
        tests = ["tests/"]
        [tool.llmcost.features.glob]
        tests = ["tests/*/test_x.py::test_tu*"]
        [tool.llmcost.features.chat]
        tests = ["test_chat.py"]
        """,
    )
    assert ran.samples() == {"wide": 1, "glob": 2, "chat": 0}
