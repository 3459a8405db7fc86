"""The exit status and what is printed say the same."""

import pytest

FEATURE = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
    [tool.llmcost.features.chat.budget]
    monthly_usd = {budget}
"""
CHAT = """
    from app import ask

    def test_question():
        ask()
"""
MODES = pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])


@MODES
def test_a_pass_exits_0_and_says_pass(project, mode):
    project.configure(FEATURE.format(budget="0.03"))
    project.write("test_chat.py", CHAT)
    ran = project.cost(*mode)
    assert ran.status == 0
    assert ran.line("LLM cost check") == "LLM cost check: pass"
    assert ran.json["verdict"] == "pass"
    assert ran.feature("chat")["monthly_usd"]["measured"] == "0.024"


@MODES
def test_a_fail_exits_1_and_says_fail_although_all_tests_passed(project, mode):
    project.configure(FEATURE.format(budget="0.02"))
    project.write("test_chat.py", CHAT)
    ran = project.cost(*mode)
    assert ran.status == 1
    assert ran.line("LLM cost check") == "LLM cost check: fail (1 error)"
    assert ran.line("1 failed, 1 passed")  # the verdict is one more failure
    assert ran.json["verdict"] == "fail"
    assert ran.finding("budget.monthly_usd") == {
        "severity": "error",
        "subject": "chat",
        "limit": "$0.020",
        "actual": "$0.024",
        "message": "`chat` uses $0.024 of $0.020 (dollars a month)",
        "location": None,
    }


@MODES
def test_recording_only_exits_0_and_gives_no_verdict(project, mode):
    project.configure(FEATURE.format(budget="0.02"))
    project.write("test_chat.py", CHAT)
    ran = project.cost("--llmcost-record-only", *mode)
    assert ran.status == 0
    assert not ran.has("LLM cost check:")
    assert ran.line("recorded only: the verdict is left to llmcost check")
    assert ran.line("1 passed")
    assert not ran.has("1 failed")


def test_recording_only_still_fails_for_failed_tests(project):
    project.write("test_chat.py", "def test_wrong(): assert False")
    assert project.cost("--llmcost-record-only").status == 1


def test_a_failed_test_exits_1_although_the_verdict_is_pass(project):
    project.configure(FEATURE.format(budget="0.03"))
    project.write("test_chat.py", f"{CHAT}\n    def test_wrong():\n        assert False\n")
    ran = project.cost()
    assert ran.status == 1
    assert ran.line("LLM cost check") == "LLM cost check: pass"


def test_a_verdict_drawn_nowhere_still_decides(project):
    project.configure(FEATURE.format(budget="0.02"))
    project.write("test_chat.py", CHAT)
    ran = project.cost("--llmcost-report=none")
    assert ran.status == 1
    assert ran.json["verdict"] == "fail"


def test_a_report_that_cannot_be_written_in_the_end_fails_the_run(project):
    project.configure(FEATURE.format(budget="0.03"))
    project.write(
        "test_chat.py",
        """
        import pathlib, shutil

        from app import ask

        def test_question():
            ask()
            shutil.rmtree("reports")
            pathlib.Path("reports").write_text("in the way")
        """,
    )
    (project.root / "reports").mkdir()
    ran = project.cost("--llmcost-report=markdown:reports/cost.md")
    assert ran.status == 1
    assert ran.has("the markdown report was not written")
    assert ran.line("LLM cost check") == "LLM cost check: fail (1 error)"
