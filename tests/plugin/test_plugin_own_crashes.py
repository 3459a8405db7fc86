"""A bug of ours never changes the outcome of a test: it is a finding, or a line that there is no verdict."""

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""
BUG = """
    import pytest
    import {module} as place

    def bug(*_, **__):
        raise ZeroDivisionError("Sesame")

    place.{name} = bug
"""


def _run(project, module, name, *arguments, source=None):
    project.configure(CHAT)
    project.write("conftest.py", BUG.format(module=module, name=name))
    project.write("test_chat.py", source or "from app import ask\ndef test_it(): ask()\ndef test_no_call(): pass\n")
    return project.cost(*arguments)


@pytest.mark.parametrize(
    ("module", "name", "mode"),
    [
        ("pytest_llmcost.capture.dialects.openai_chat", "request_of", ()),
        ("pytest_llmcost.process.pipeline", "Pipeline.read", ("-n", "2")),
        ("pytest_llmcost.tokens", "Counter.count", ()),
        ("pytest_llmcost.plugin.reading", "Reading.finish", ("-n", "2")),
        ("pytest_llmcost.capture.patches.httpx", "recognised", ()),
    ],
)
def test_a_bug_in_reading_calls_is_an_internal_finding(project, module, name, mode):
    ran = _run(project, module, name, *mode)
    assert ran.has("2 passed")
    assert "internal" in ran.rules()
    assert not ran.has("Traceback")
    assert not ran.has("INTERNALERROR")
    assert not ran.has("Sesame")  # the message of an error may hold the user's text
    assert ran.line("internal", "please report")


@pytest.mark.parametrize(
    ("module", "name", "mode"),
    [
        ("pytest_llmcost.core.compose", "feature_report", ()),
        ("pytest_llmcost.core.compose", "check", ("-n", "2")),
        ("pytest_llmcost.pricing", "PriceBook.__call__", ()),
    ],
)
def test_a_bug_in_judging_is_no_verdict_and_no_pass(project, module, name, mode):
    ran = _run(project, module, name, *mode)
    assert ran.has("2 passed")
    assert ran.status == 1
    assert ran.report is None
    assert ran.line("llmcost:", "ZeroDivisionError", "no verdict")
    assert not ran.has("Traceback")
    assert not ran.has("Sesame")
    assert not ran.has("LLM cost check: pass")


def test_a_bug_in_judging_leaves_a_run_that_only_records_alone(project):
    ran = _run(project, "pytest_llmcost.core.compose", "check", "--llmcost-record-only")
    assert ran.status == 0
    assert ran.line("llmcost:", "no verdict")


def test_a_bug_in_drawing_is_said_and_the_verdict_stands(project):
    ran = _run(project, "pytest_llmcost.render.terminal", "lines")
    assert (ran.status, ran.json["verdict"]) == (0, "pass")
    assert ran.line("llmcost:", "could not be drawn")


def test_a_bug_in_writing_is_no_pass(project):
    ran = _run(project, "pytest_llmcost.render.run_json", "chunks")
    assert ran.status == 1
    assert ran.report is None
    assert not ran.has("Traceback")


LIMITED = """
    import pytest
    from app import ask

    @pytest.mark.llmcost(max_calls=5)
    def test_marked():
        ask()

    def test_block(llmcost):
        with llmcost.limit(max_calls=5):
            ask()
"""


@pytest.mark.parametrize(
    ("module", "name"), [("pytest_llmcost.plugin.reading", "settle"), ("pytest_llmcost.plugin.reading", "broken")]
)
def test_a_bug_in_limits_fails_no_test(project, module, name):
    ran = _run(project, module, name, source=LIMITED)
    assert ran.has("2 passed")
    assert "internal" in ran.rules()


@pytest.mark.parametrize("name", ["begin", "note", "finish", "rest", "owner"])
def test_a_bug_in_a_hook_fails_no_test(project, name):
    ran = _run(project, "pytest_llmcost.plugin.recording", f"Recording.{name}")
    assert ran.has("2 passed")
    assert not ran.has("INTERNALERROR")
    assert not ran.has("Traceback")
    assert ran.has("internal") or ran.has("no verdict")


FIXTURE = """
    import pytest
    from app import ask

    @pytest.fixture(scope="module")
    def shared():
        return ask()

    @pytest.mark.llmcost(max_calls=5)
    def test_it(shared):
        ask()

    def test_no_call():
        pass
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("pytest_llmcost.capture.owner", "Owners.during"),
        ("pytest_llmcost.capture.owner", "Owners._be"),
        ("pytest_llmcost.plugin.marker", "_number"),
        ("pytest_llmcost.plugin.session", "Session.check_claims"),
        ("pytest_llmcost.plugin.ledger", "Ledger.add"),
        ("pytest_llmcost.plugin.recording", "Recording.attempt"),
        ("pytest_llmcost.plugin.recording", "Recording.enforce_marker"),
    ],
)
def test_a_bug_around_a_test_fails_no_test(project, module, name):
    ran = _run(project, module, name, source=FIXTURE)
    assert ran.has("2 passed")
    assert not ran.has("INTERNALERROR")
    assert not ran.has("Traceback")
    assert ran.has("internal") or ran.has("no verdict")


def test_a_bug_in_patching_a_library_fails_no_test(project):
    ran = _run(project, "pytest_llmcost.capture.patches.httpx", "replaced")
    assert ran.has("2 passed")
    assert "internal" in ran.rules()
