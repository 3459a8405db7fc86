"""JUnit: what each test cost, in the file of pytest's own --junitxml."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
TESTS = """
    import pytest
    from app import ask

    def test_two_calls():
        ask(usage=(20, 2))
        ask(usage=(30, 3))

    def test_no_call():
        pass

    @pytest.mark.skip
    def test_skipped():
        ask()

    def test_without_a_price(record_property):
        record_property("mine", "first")
        ask(model="gpt-4-of-nobody", url="https://api.groq.com/openai/v1/chat/completions")
"""


def figures(element):
    """Return the properties of a test or of the whole suite, without the prefix that all of ours have."""
    found = {one.get("name"): one.get("value") for one in element.iterfind("properties/property")}
    return {name.removeprefix("llmcost."): value for name, value in found.items()}


@pytest.fixture
def cases(project):
    """Run pytest with --junitxml; give name and properties of each test of the file, in its order."""

    def run(*arguments):
        ran = project.run("--junitxml=junit.xml", *arguments)
        root = ET.parse(project.root / "junit.xml").getroot()
        run.suite = figures(root.find("testsuite"))
        run.ran = ran
        return [(case.get("name"), figures(case)) for case in root.iter("testcase")]

    project.configure(CHAT)
    project.write("test_chat.py", TESTS)
    return run


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_each_test_tells_its_figures(family, mode, cases):
    found = dict(cases("--llmcost", f"-ojunit_family={family}", "-W", "ignore::pytest.PytestWarning", *mode))
    assert found == {
        "test_two_calls": {
            "calls": "2",
            "cost_usd": "0.00006",
            "input_tokens": "50",
            "output_tokens": "5",
            "models": "openai/gpt-4",
            "provenance": "reported",
        },
        "test_no_call": {},
        "test_skipped": {},
        "test_without_a_price": {
            "mine": "first",
            "calls": "1",
            "unpriced_calls": "1",
            "input_tokens": "20",
            "output_tokens": "2",
            "models": "groq/gpt-4-of-nobody",
            "provenance": "reported",
        },
    }


def test_the_suite_tells_those_of_the_run(cases, project):
    cases("--llmcost", "--deselect=test_chat.py::test_without_a_price")
    assert cases.suite == {
        "verdict": "pass",
        "calls": "2",
        "cost_usd": "0.00006",
        "monthly_usd": "60",
        "scenario": "measured",
    }
    cases("--llmcost", "--llmcost-record-only")
    assert cases.suite == {"calls": "3", "unpriced_calls": "1", "scenario": "measured"}


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_each_attempt_of_a_rerun_is_a_test_of_its_own(mode, cases, project):
    project.write(
        "test_chat.py",
        """
        import pathlib
        from app import ask

        def test_third_time_lucky():
            file = pathlib.Path("attempts")
            file.write_text(file.read_text() + "x" if file.exists() else "x")
            attempt = len(file.read_text())
            ask(usage=(100 * attempt, 0))
            assert attempt == 3
        """,
    )
    found = cases("--llmcost", "--reruns=4", *mode)
    assert [(one.get("attempt"), one["calls"], one["input_tokens"]) for _, one in found] == [
        (None, "1", "100"),
        ("2", "1", "200"),
        ("3", "1", "300"),
    ]
    assert cases.suite["calls"] == "3"


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_tests_that_fail_anywhere_tell_theirs_once(mode, cases, project):
    project.write(
        "test_chat.py",
        """
        import pytest
        from app import ask

        @pytest.fixture
        def early():
            ask(usage=(1, 0))
            assert 0

        @pytest.fixture
        def late():
            yield
            ask(usage=(100, 0))
            assert 0

        def test_in_setup(early):
            pass

        def test_in_teardown(late):
            ask(usage=(10, 0))

        def test_in_call():
            ask(usage=(10, 0))
            assert 0

        def test_in_both(late):
            ask(usage=(10, 0))
            assert 0
        """,
    )
    found = cases("--llmcost", *mode)
    tokens = sorted((name, one.get("input_tokens")) for name, one in found if one)
    assert tokens == [
        ("test_in_both", "110"),
        ("test_in_call", "10"),
        ("test_in_setup", "1"),
        ("test_in_teardown", "110"),
    ]


def test_a_reply_that_is_older_than_its_request_is_counted_as_in_the_report(cases, project):
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask('Hello ' * 30, usage=(40, 2))\n")
    project.update()
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask('Hello ' * 90, usage=(40, 2))\n")
    ((_, found),) = cases("--llmcost")
    (call,) = cases.ran.json["calls"]
    assert (found["provenance"], call["usage_source"]) == ("adjusted", "adjusted")
    assert found["input_tokens"] == str(call["usage"]["input_tokens"])
    assert int(found["input_tokens"]) > 80


def test_calls_that_judge_the_product_are_not_the_tests(cases, project):
    project.configure('[tool.llmcost]\nevaluation = ["judge.py"]')
    project.write("judge.py", "from app import ask\ndef judge():\n    ask(usage=(500, 0))\n")
    project.write(
        "test_chat.py",
        """
        from app import ask
        from judge import judge

        def test_it():
            ask(usage=(20, 0))
            judge()

        def test_judged_only():
            judge()
        """,
    )
    found = dict(cases("--llmcost"))
    assert (found["test_it"]["input_tokens"], found["test_judged_only"]) == ("20", {})


def test_a_name_that_xml_cannot_hold_is_cleaned(cases, project):
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask(model='gpt\\x00\\x1b-4<&\"')\n")
    ((_, found),) = cases("--llmcost")
    assert found["models"] == 'openai/gpt-4<&"'


def test_without_llmcost_nothing_is_told(cases):
    assert all(set(found) <= {"mine"} for _, found in cases())
    assert cases.suite == {}


def test_without_a_file_nothing_is_added_and_nothing_is_loaded(project):
    project.write(
        "conftest.py",
        """
        import sys

        def pytest_runtest_logreport(report):
            assert report.user_properties == []
            assert "pytest_llmcost.plugin.junit" not in sys.modules
        """,
    )
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask()\n")
    assert project.cost().line("1 passed")


def test_a_bug_of_ours_costs_the_properties_only(cases, project):
    project.write(
        "conftest.py",
        """
        import pytest_llmcost.plugin.junit as junit

        def broken(*_, **__):
            raise ZeroDivisionError

        junit.of_test = junit.of_run = broken
        """,
    )
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask()\n")
    assert cases("--llmcost") == [("test_it", {})]
    assert cases.suite == {}
    assert cases.ran.status == 0
    assert cases.ran.samples() == {"chat": 1}
    assert cases.ran.rules() == ["internal"]


def test_without_pytests_own_plugin_nothing_breaks(project):
    project.write("test_chat.py", "from app import ask\ndef test_it():\n    ask()\n")
    assert project.cost("-p", "no:junitxml").status == 0
