"""A reply that cannot belong to its request is noticed without a baseline; a plausible one is not."""

import pytest

TEXT = " ".join(["The quick brown fox jumps over the lazy dog."] * 40)  # 400 words, one token each


def _run(project, usage, *, text=TEXT, top="", model="gpt-4"):
    project.configure(f"[tool.llmcost]\n{top}")
    project.write("test_it.py", f"from app import ask\ndef test_it(): ask({text!r}, usage={usage}, model={model!r})")
    return project.cost()


@pytest.mark.parametrize("reported", [395, 407, 420])
def test_a_usage_that_fits_its_request_is_not_mentioned(project, reported):
    ran = _run(project, (reported, 10))
    assert ran.rules() == []
    assert ran.json["calls"][0]["usage"]["input_tokens"] == reported


@pytest.mark.parametrize("reported", [1, 100, 600, 90_000])
def test_a_usage_that_does_not_fit_is_left_and_noticed(project, reported):
    ran = _run(project, (reported, 10))
    assert ran.status == 0
    assert ran.rules() == ["stale-reply"]
    call = ran.json["calls"][0]
    assert (call["usage"]["input_tokens"], call["usage_source"]) == (reported, "reported")
    assert ran.finding("stale-reply")["severity"] == "notice"
    assert ran.line("NOTICE stale-reply test_it.py:", "left as reported", "of `test_it.py::test_it`", "app.py:31")


def test_a_small_difference_of_a_small_prompt_is_not_mentioned(project):
    assert _run(project, (20, 2), text="Hello").rules() == []


def test_it_can_fail_the_run(project):
    ran = _run(project, (1, 10), top="fail_on = ['stale-reply']")
    assert (ran.status, ran.rules("error")) == (1, ["stale-reply"])


def test_several_replies_of_a_test_are_one_notice(project):
    project.write(
        "test_it.py", f"from app import ask\ndef test_it():\n    for n in (1, 2, 3): ask({TEXT!r}, usage=(n, 1))\n"
    )
    ran = project.cost()
    assert "3 replies" in ran.finding("stale-reply")["message"]
