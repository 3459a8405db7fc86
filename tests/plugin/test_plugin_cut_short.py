"""A run that is cut short: what was seen is reported all the same."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""
THREE = """
    import pytest
    from app import ask

    def test_1():
        ask()

    def test_2({fixture}):
        ask()
        {middle}

    def test_3():
        ask()
"""


def _run(project, middle, *arguments, fixture=""):
    project.configure(CHAT)
    project.write("test_chat.py", THREE.format(middle=middle, fixture=fixture))
    return project.cost(*arguments)


@pytest.mark.parametrize("fixture", ["", "llmcost"])
@pytest.mark.parametrize(
    ("middle", "status"), [("raise KeyboardInterrupt", 2), ("pytest.exit('enough')", 2), ("pytest.exit('x', 7)", 7)]
)
def test_after_an_interruption_the_report_is_written(project, middle, status, fixture):
    ran = _run(project, f"{fixture and 'llmcost.calls'}\n        {middle}", fixture=fixture)
    assert ran.status == status
    assert ran.json["totals"]["calls"] == 2
    assert ran.json["totals"]["partial"] is True
    assert ran.samples() == {"chat": 1}
    assert ran.groups() == {"not a sample": 1}
    # With an exit status of the user's own, pytest draws no summary at all.
    assert ran.has("some tests did not run") == (status == 2)


@pytest.mark.parametrize("mode", [("-x",), ("-x", "-n", "2"), ("--maxfail=1",)])
def test_after_the_first_failure_the_report_is_written(project, mode):
    ran = _run(project, "assert False", *mode)
    assert ran.status in {1, 2}
    assert ran.json["totals"]["calls"] >= 2
    assert ran.json["totals"]["partial"] is (ran.json["totals"]["calls"] < 3)
    assert ran.line("LLM cost check")


def test_an_interruption_in_a_worker_still_writes_the_report(project):
    ran = _run(project, "raise KeyboardInterrupt", "-n", "1")
    assert ran.status != 0
    assert ran.json["totals"]["calls"] >= 1


def test_an_interrupted_run_fails_as_interrupted_although_the_verdict_is_fail(project):
    project.configure(CHAT + "    [tool.llmcost.features.chat.budget]\n    input_tokens = 1")
    project.write("test_chat.py", THREE.format(middle="raise KeyboardInterrupt", fixture=""))
    ran = project.cost()
    assert (ran.status, ran.json["verdict"]) == (2, "fail")


def test_an_interruption_while_collecting_writes_nothing_and_says_nothing(project):
    project.configure(CHAT)
    project.write("test_chat.py", "raise KeyboardInterrupt")
    ran = project.cost()
    assert ran.status == 2
    assert not ran.has("llmcost:", "could not be made")
