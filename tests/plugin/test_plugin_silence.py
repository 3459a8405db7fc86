"""What the baseline knew and a run says no more is a finding: calls, reported usage, output limits, and slack."""

import pytest

FEATURES = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
CHAT = """
    from app import ask

    def test_small():
        ask("small", usage=(8, 1))

    def test_large():
        ask("large", usage=(18, 1))
"""


@pytest.fixture
def known(project):
    """The project with a baseline of two tests, $15.00 a month."""
    project.configure(FEATURES)
    project.write("test_chat.py", CHAT)
    project.update()
    return project


def test_a_test_that_passes_without_its_call_is_silent(known):
    known.write("test_chat.py", CHAT.replace('ask("large", usage=(18, 1))', "pass"))
    ran = known.cost()
    assert (ran.status, ran.rules()) == (1, ["silent"])
    assert ran.finding("silent")["subject"] == "chat"
    assert ran.has("ERROR silent chat", "`test_chat.py::test_large` passed without a call")
    known.update()
    assert known.cost().rules() == []


def test_a_silent_feature_says_that_its_tests_made_no_call(known):
    known.write("test_chat.py", "def test_small(): pass\ndef test_large(): pass")
    ran = known.cost()
    assert ran.rules() == ["unsampled"]
    assert "its 2 tests made no call" in ran.finding("unsampled")["message"]


def test_usage_that_is_reported_no_more_is_told(known):
    app = known.root / "app.py"
    text = app.read_text(encoding="utf-8")
    assert 'if chosen["usage"]:' in text
    app.write_text(text.replace('if chosen["usage"]:', "if False:"), encoding="utf-8")
    ran = known.cost()
    assert "unreported" in ran.rules("warning")
    assert ran.finding("unreported")["location"].startswith("app.py:")
    assert "`test_chat.py::test_large`, `test_chat.py::test_small`" in ran.finding("unreported")["message"]


def test_an_output_limit_that_was_removed_is_told(known):
    """The limit is put into the baseline by hand."""
    file = known.root / "llmcost-baseline.json"
    text = file.read_text(encoding="utf-8")
    assert text.count(",8,null],") == text.count("reported") == 2
    file.write_text(text.replace(",8,null],", ",8,500],"), encoding="utf-8")
    ran = known.cost()
    assert (ran.status, ran.rules()) == (0, ["output-limit"])
    site = ran.finding("output-limit")["location"]
    assert site.startswith("app.py:")
    assert ran.has(f"WARNING output-limit chat: `chat` at {site} no longer limits its output (was 500 tokens)")


def test_a_cheaper_run_asks_for_a_lower_baseline_until_it_has_one(known):
    known.write("test_chat.py", CHAT.replace("(18, 1)", "(8, 1)"))
    ran = known.cost()
    assert (ran.status, ran.rules()) == (0, ["slack"])
    assert ran.has("NOTICE slack total: $5.00 a month below the baseline")
    assert known.update().rules() == []
    assert known.cost().rules() == []
