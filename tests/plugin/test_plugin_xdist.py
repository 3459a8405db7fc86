"""pytest-xdist: the same report whatever process ran what, in whatever order; a lost worker is said to be lost."""

import pytest

MANY = """
    import pytest
    from app import ask

    @pytest.mark.parametrize("number", range({tests}))
    def test_it(number):
        for turn in range({calls}):
            ask(f"Question {{number}}, turn {{turn}}", usage=(10 + number, turn))
"""
SHUFFLE = """
    import os, random

    def pytest_collection_modifyitems(items):
        if "SEED" in os.environ:
            random.Random(os.environ["SEED"]).shuffle(items)
        if "REVERSED" in os.environ:
            items.reverse()
"""
CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_many.py"]
    requests_per_month = 1_000_000
"""


def _section(text, key, following):
    return text[text.index(f'"{key}":') : text.index(f'"{following}":')]


def _result(project):
    text = (project.root / "llmcost.json").read_text(encoding="utf-8")
    return [_section(text, "totals", "calls"), _section(text, "calls", "tests"), text[text.index('"tests":[') :]]


def test_two_thousand_calls_give_the_same_bytes_in_any_order_and_any_process(project, monkeypatch):
    project.configure(CHAT)
    project.write("conftest.py", SHUFFLE)
    project.write("test_many.py", MANY.format(tests=200, calls=10))
    ran = project.cost("-q")
    assert ran.json["totals"]["calls"] == len(ran.json["calls"]) == 2000
    assert ran.samples() == {"chat": 200}
    expected = _result(project)
    for variable, value, mode in (("REVERSED", "1", ()), ("SEED", "7", ("-n", "2")), ("SEED", "8", ())):
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            project.cost("-q", *mode)
        assert _result(project) == expected


@pytest.mark.parametrize("dist", ["loadfile", "worksteal", "loadgroup"])
def test_the_way_of_distribution_changes_nothing(project, dist):
    project.configure(CHAT)
    project.write("test_many.py", MANY.format(tests=8, calls=2).replace("    @pytest", "    pytestmark = "
                  "pytest.mark.xdist_group('g')\n    @pytest", 1))  # fmt: skip
    project.cost()
    expected = _result(project)
    assert project.cost("-n", "2", f"--dist={dist}").status == 0
    assert _result(project) == expected


def test_a_worker_that_dies_loses_the_calls_of_its_test_only_and_this_is_said(project):
    project.configure(CHAT)
    project.write(
        "test_many.py",
        """
        import os
        import pytest
        from app import ask

        @pytest.mark.parametrize("number", range(10))
        def test_it(number):
            ask()
            if number == 5:
                os._exit(1)
        """,
    )
    ran = project.cost("-n", "2")
    assert ran.status == 1
    assert ran.line("1 failed, 9 passed")
    assert ran.json["totals"]["calls"] == 9
    assert ran.samples() == {"chat": 9}
    finding = ran.finding("lost-worker")
    assert (finding["subject"], finding["severity"]) == ("test_many.py::test_it[5]", "warning")
    assert ran.line("WARNING lost-worker", "test_it[5]")
    assert ran.json["verdict"] == "pass"


def test_a_test_that_took_its_worker_along_is_carried(project):
    project.configure(CHAT)
    source = """
        import os
        import pytest
        from app import ask

        @pytest.mark.parametrize("number", range(4))
        def test_it(number):
            ask()
            {end}
    """
    project.write("test_many.py", source.format(end=""))
    project.update()
    project.write("test_many.py", source.format(end="number == 2 and os._exit(1)"))
    ran = project.cost("-n", "2")
    assert ran.json["comparison"]["carried"] == ["test_many.py::test_it[2]"]
    assert ran.json["comparison"]["removed"] == []
    assert ran.json["comparison"]["monthly_before_usd"] == ran.json["comparison"]["monthly_after_usd"]


def test_a_test_that_every_worker_runs_is_spend_each_time_and_one_sample(project):
    project.configure(CHAT)
    project.write("test_many.py", MANY.format(tests=2, calls=2))
    ran = project.cost("-n", "2", "--dist=each")
    assert ran.json["totals"]["calls"] == 8
    assert ran.samples() == {"chat": 2}
    assert ran.feature("chat")["calls_per_request"] == 2
    assert sorted({call["attempt"] for call in ran.json["calls"]}) == [1, 2]


def test_calls_of_shared_fixtures_and_faults_arrive_from_workers_too(project):
    project.configure(CHAT)
    project.write(
        "test_many.py",
        """
        import pytest
        from app import ask

        @pytest.fixture(scope="session", autouse=True)
        def index():
            ask("index")
            yield
            ask("drop")

        def test_one():
            ask()
        """,
    )
    ran = project.cost("-n", "1")
    assert ran.groups() == {"shared": 2}
    assert ran.samples() == {"chat": 1}


def test_what_workers_send_is_taken_off_before_other_plugins_see_a_report(project):
    project.write(
        "conftest.py",
        """
        def pytest_runtest_logreport(report):
            if hasattr(report, "node"):  # in the controller
                assert not hasattr(report, "llmcost")
        """,
    )
    project.write("test_it.py", "from app import ask\ndef test_it(llmcost):\n    ask()\n    assert llmcost.cost > 0\n")
    assert project.cost("-n", "1").status == 0
    assert project.run("-n", "1").status == 0
