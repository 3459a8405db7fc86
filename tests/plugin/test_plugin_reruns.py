"""Reruns: each attempt is spend, the last one is the sample; with pytest-rerunfailures, in one process and in two."""

import pytest

FLAKY = """
    import pathlib

    import pytest
    from app import ask

    def _attempt(name):
        file = pathlib.Path(name)
        file.write_text(file.read_text() + "x" if file.exists() else "x")
        return len(file.read_text())

    def test_third_time_lucky():
        attempt = _attempt("lucky")
        ask(usage=(100 * attempt, 0))
        assert attempt == 3

    def test_never():
        ask(usage=(7, 0))
        assert False

    @pytest.mark.llmcost(max_input_tokens=50)
    def test_small_enough_at_last():
        attempt = _attempt("small")
        ask(usage=(100 // attempt, 0))

    def test_at_once():
        ask(usage=(300, 0))
"""
CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1000
"""


@pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_every_attempt_is_spend_and_the_last_is_the_sample(project, mode):
    project.configure(CHAT)
    project.write("test_chat.py", FLAKY)
    ran = project.cost("--reruns=2", *mode)
    attempts = {}
    for one in ran.json["calls"]:
        attempts.setdefault(one["test"].rpartition("::")[2], []).append((one["attempt"], one["usage"]["input_tokens"]))
    assert attempts == {
        "test_at_once": [(1, 300)],
        "test_never": [(1, 7), (2, 7), (3, 7)],
        "test_small_enough_at_last": [(1, 100), (2, 50)],
        "test_third_time_lucky": [(1, 100), (2, 200), (3, 300)],
    }
    assert ran.json["totals"]["usage"]["input_tokens"] == 300 + 21 + 150 + 600
    assert ran.samples() == {"chat": 3}
    assert ran.feature("chat")["input_tokens"] == pytest.approx((300 + 50 + 300) / 3)
    assert {one["test"].rpartition("::")[2]: one["attempts"] for one in ran.json["tests"]} == {
        "test_at_once": 1,
        "test_never": 3,
        "test_small_enough_at_last": 2,
        "test_third_time_lucky": 3,
    }
    assert ran.line("1 failed, 3 passed")
    assert ran.rules("error") == []
    assert ran.groups() == {"not a sample": 6}


def test_the_fixture_sees_the_present_attempt_only(project):
    project.write(
        "test_chat.py",
        """
        from app import ask

        seen = []

        def test_it(llmcost):
            ask()
            seen.append(len(llmcost.calls))
            assert len(seen) == 3
            assert seen == [1, 1, 1]
        """,
    )
    assert project.cost("--reruns=2").status == 0
