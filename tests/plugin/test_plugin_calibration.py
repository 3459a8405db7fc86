"""Calls that state no usage are estimated by what the replies of their model report."""

TALES = ["The quick brown fox jumps over the lazy dog. " * times for times in (20, 40, 80)]
MODEL = "deepseek-chat"


def _test(name, text, usage):
    return f"def test_{name}(): ask({text!r}, usage={usage}, model={MODEL!r})"


def _run(project, told):
    """Three prompts, told to have so many tokens a sentence, and one that nobody tells of."""
    tests = [_test(number, text, (round(told * text.count(".")), 5)) for number, text in enumerate(TALES)]
    project.write("test_it.py", "\n".join(["from app import ask", *tests, _test("silent", TALES[1], None)]))
    return project.cost()


def test_an_estimate_follows_what_is_reported_and_the_report_says_from_how_much(project):
    plain, more = (_run(project, told) for told in (10, 10.5))
    one, other = (ran.json["calls"][-1]["usage"]["input_tokens"] for ran in (plain, more))
    assert other > one
    (ratio,) = more.json["calibration"]
    assert (ratio["model"], ratio["content"], ratio["prompts"], ratio["calls"]) == (MODEL, "text", 3, 1)
    assert more.line("estimates: 1 call of deepseek-chat scaled by", "as learned from 3 prompts with reported usage")
    call = more.json["calls"][-1]
    assert call["usage_source"] == "scaled"
    assert call["input_tokens_upper"] > other
