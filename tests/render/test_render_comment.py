"""The comment on a pull request: what it says in which case."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
import story_reports
from story_reports import PLACE

from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.report import Use
from pytest_llmcost.render.comment import comment, is_unchanged
from pytest_llmcost.render.comment_json import comment_json
from pytest_llmcost.render.place import Place


@pytest.fixture
def changed(rich):
    return story_reports.changed(rich)


@pytest.fixture
def unchanged(rich):
    return story_reports.unchanged(rich)


def first_line(report, place=PLACE):
    return comment(report, place).splitlines()[0]


def moved(report, before, after):
    """The same with one feature that moved."""
    feature = Change(name="chat", before_usd=before, after_usd=after)
    sides = {"before_usd": before, "after_usd": after, "features": (feature,), "gate": (feature,)}
    return replace(report, comparison=replace(report.comparison, **sides))


def finding(rule, severity=Severity.ERROR, **more):
    return Finding(
        **{"rule": rule, "severity": severity, "subject": "chat", "message": f"`chat` breaks {rule}", **more}
    )


def failed(report, *findings):
    return replace(report, verdict=Verdict.FAIL, findings=findings)


def test_there_is_no_marker_and_no_text_beyond_the_limit(report):
    assert "<!--" not in comment(report, PLACE)
    assert len(comment(report, PLACE).encode()) < 59_800


def test_the_first_line_is_the_verdict_the_change_and_what_is_broken(changed):
    assert first_line(changed) == "### ❌ LLM cost +30% · $1,082.00 → $1,411.00 per month · 1 budget exceeded"
    more = failed(changed, *changed.findings, finding("regression"))
    assert first_line(more).endswith(" · 1 budget exceeded · 1 other error")


def test_only_errors_raise_an_alert(changed, unchanged):
    assert "[!CAUTION]" in comment(changed, PLACE)
    assert "[!CAUTION]" not in comment(replace(changed, verdict=Verdict.PASS, findings=()), PLACE)
    assert "[!CAUTION]" not in comment(unchanged, PLACE)


@pytest.mark.parametrize(
    ("rules", "way"),
    [
        (["budget.calls"], "the cost drops or the budget is raised in `pyproject.toml`."),
        (["regression"], "the cost drops or the increase is accepted: `llmcost accept RUN --reason TEXT`."),
        (
            ["budget.calls", "regression"],
            (
                "the cost drops, or the budget is raised in `pyproject.toml`"
                " and the increase is accepted: `llmcost accept RUN --reason TEXT`."
            ),
        ),
        (["unpriced"], "this is repaired."),
        (
            ["budget.calls", "unsampled"],
            "the cost drops or the budget is raised in `pyproject.toml`. What else is named here is to be repaired.",
        ),
    ],
)
def test_an_alert_says_how_to_go_on(changed, rules, way):
    assert f"This check fails until {way}" in comment(failed(changed, *map(finding, rules)), PLACE)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("monthly_usd", "`chat` costs **9** per month, its budget is **5**."),
        ("calls", "`chat` makes **9** calls per request, its limit is **5**."),
        ("input_tokens", "A call of `chat` has **9** input tokens, its limit is **5**."),
        ("run_usd", "This run has spent **9**, its budget is **5**."),
    ],
)
def test_a_broken_budget_is_told_in_words(changed, key, words):
    assert words in comment(failed(changed, finding(f"budget.{key}", limit="5", actual="9")), PLACE)
    whole = failed(changed, finding("budget.monthly_usd", limit="5", actual="9", subject="total"))
    assert "The whole application costs **9** per month" in comment(whole, PLACE)


def test_only_the_first_ten_errors_are_told(changed):
    text = comment(failed(changed, *(finding(f"budget.{number}") for number in range(25))), PLACE)
    assert text.count("> - `chat` breaks") == 10
    assert "> - and 15 more" in text


def test_causes_link_to_their_files_at_the_commit_tested(changed):
    text = comment(changed, PLACE)
    assert f"[`prompts/support.md:12`]({PLACE.files}prompts/support.md#L12)" in text
    assert "](" not in comment(changed, Place())


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("src/a.py:4", "src/a.py#L4"),
        ("prompts/it's (1).md", "prompts/it%27s%20%281%29.md"),
        ("a%2e/b?c#d.py:12", "a%252e/b%3Fc%23d.py#L12"),
        ("é.py", "%C3%A9.py"),
    ],
)
def test_a_link_to_a_file_is_percent_encoded(location, path):
    assert PLACE.url(location) == f"{PLACE.files}{path}"


@pytest.mark.parametrize(
    "location",
    [
        *("/etc/passwd", "../x.py", "a/../../x.py", "./a.py", "a//b.py", "", ":4", "C:\\x.py", "a\\b.py"),
        *("tests/a.py::test_b", "javascript:alert(1)", "a\nb.py", "x" * 500),
    ],
)
def test_what_is_no_file_of_the_repository_is_no_link(location):
    assert PLACE.url(location) is None


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)/", "https://x.org/a b/", "https://x.org/a)/", "https://x.org/a", None]
)
def test_a_place_whose_address_could_break_out_links_nothing(url):
    assert Place(files=url).url("a.py") is None


def test_unchanged_is_one_line_and_the_footer(unchanged):
    lines = comment(unchanged, PLACE).splitlines()
    assert lines[0] == "### ✅ LLM cost unchanged · $1,082.00 / month"
    assert [line for line in lines[1:] if line] == lines[2:] == [lines[-1]]
    assert "no budget exceeded" in lines[-1]
    assert is_unchanged(unchanged)


def test_a_warning_is_not_lost_in_an_unchanged_comment(unchanged):
    text = comment(replace(unchanged, findings=(finding("uncovered", Severity.WARNING),)), PLACE)
    assert "<sub>1 warning · " in text


@pytest.mark.parametrize(
    ("before", "after", "is_small"),
    [("10", "10.99", True), ("10.99", "10", True), ("10", "11", False), ("11", "10", False), ("10", "10", True)],
)
def test_changes_below_what_is_ignored_are_no_reason_to_comment(unchanged, before, after, is_small):
    report = moved(unchanged, Decimal(before), Decimal(after))
    assert is_unchanged(report) is is_small
    assert not is_unchanged(replace(report, ignore_below_usd=Decimal("0.5"))) or before == after


def test_a_small_change_is_told_as_small(unchanged):
    report = moved(unchanged, Decimal(1082), Decimal("1082.4"))
    assert first_line(report) == "### ✅ LLM cost changed by less than $1.00 · $1,082.00 / month"


def test_changes_that_cancel_each_other_are_changes(unchanged):
    features = tuple(
        Change(name=name, before_usd=Decimal(before), after_usd=Decimal(15 - before))
        for name, before in (("a", 5), ("b", 10))
    )
    report = replace(unchanged, comparison=replace(unchanged.comparison, features=features))
    assert not is_unchanged(report)
    assert first_line(report) == "### ✅ LLM cost unchanged · $1,082.00 / month"
    assert "🔴&nbsp;`a`" in comment(report, PLACE)


def test_an_error_is_always_a_reason_to_comment(unchanged):
    assert not is_unchanged(failed(unchanged, finding("unsampled")))


def test_nothing_to_compare_with_is_never_unchanged(unchanged, no_traffic):
    assert not is_unchanged(replace(unchanged, comparison=None))
    assert not is_unchanged(no_traffic)


def test_without_traffic_every_change_counts(per_run):
    assert not is_unchanged(per_run)
    same = tuple(replace(one, after_usd=one.before_usd) for one in per_run.comparison.gate)
    before = per_run.comparison.before_usd
    still = replace(per_run, comparison=replace(per_run.comparison, gate=same, after_usd=before))
    assert is_unchanged(still)
    assert first_line(still) == "### ✅ LLM cost unchanged · $0.050 / run"
    assert "traffic from" not in comment(still, PLACE)


def test_tests_on_one_side_of_a_run_are_a_row_and_the_total_is_that_of_the_headline(per_run):
    came = replace(per_run.comparison, added=("a", "b"), removed=("c",), after_usd=Decimal("1.0601"))
    text = comment(replace(per_run, comparison=came), PLACE)
    assert text.startswith("### ✅ LLM cost +2012% · $0.050 → $1.06 per run")
    assert "| 2 added, 1 removed | **+$1.00** | $0.00&nbsp;→&nbsp;$1.00 |" in text
    assert "| **Total** | **+$1.01**&nbsp;(+2012%) | **$0.050&nbsp;→&nbsp;$1.06** |" in text
    gate = tuple(replace(one, after_usd=one.before_usd) for one in came.gate)
    only = comment(replace(per_run, comparison=replace(came, gate=gate)), PLACE)
    assert "| 2 unchanged |" in only
    assert "| 2 added, 1 removed |" in only


def test_figures_that_are_none_are_names(changed):
    hostile = finding("budget.calls", limit="@octocat", actual="`**x**`")
    assert "makes `` `**x**` `` calls per request, its limit is `@octocat`." in comment(failed(changed, hostile), PLACE)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.org/) ![x](y", "https://x.org", "x", ""])
def test_a_run_whose_address_could_break_out_is_not_linked(changed, url):
    assert "](" not in comment(changed, Place(run=url))


@pytest.mark.parametrize(("before", "after"), [(None, "11"), ("11", None)])
def test_an_unknown_cost_is_a_question_mark_and_never_nothing(changed, before, after):
    report = moved(changed, before and Decimal(before), after and Decimal(after))
    text = comment(report, PLACE)
    sides = f"{f'${before}.00' if before else '?'} → {f'${after}.00' if after else '?'}"
    assert f"LLM cost unknown · {sides} per month" in text
    assert f"| ? | {sides.replace(' ', '&nbsp;')} |" in text
    assert not re.search(r"\$0\.00(?![0-9])", text)
    assert not is_unchanged(replace(report, verdict=Verdict.PASS))


def test_a_month_that_was_unknown_before_and_after_has_not_changed(unchanged):
    report = moved(unchanged, None, None)
    assert is_unchanged(report)


def test_an_uncovered_feature_has_no_cost(rich):
    text = comment(replace(rich, comparison=None, no_comparison="No baseline."), PLACE)
    assert "| `search` | no&nbsp;test | ? |" in text


def test_a_first_run_shows_the_dearest_features_and_says_why(rich):
    text = comment(story_reports.first(rich), PLACE)
    assert text.startswith("### ⚪ LLM cost $1,082.00 / month · nothing to compare with yet\n")
    assert "No baseline yet: --llmcost-update-baseline writes llmcost-baseline.json." in text
    assert "| 7 others |  | $98.00 |" in text


def test_what_a_fork_has_measured_is_marked_in_every_case(rich, changed, unchanged):
    fork = replace(PLACE, is_verified=False)
    for report in (changed, unchanged, story_reports.first(rich)):
        third = comment(report, fork).splitlines()[2]
        assert third.startswith("⚠️ Measured by the code of a fork, not verified.")
        assert "not verified" not in comment(report, PLACE)


def test_a_feature_that_moved_beyond_the_twelfth_is_counted(unchanged):
    features = tuple(Change(name=f"f{n}", before_usd=Decimal(1), after_usd=Decimal(3 + n)) for n in range(30))
    text = comment(replace(unchanged, comparison=replace(unchanged.comparison, features=features)), PLACE)
    assert text.count("| 🔴&nbsp;") == 12
    assert "| 18 more |" in text


def test_reruns_stand_in_no_column_of_the_tests(changed):
    tests = tuple(replace(one, attempts=2) for one in changed.tests)
    assert "`tests/test_support.py::test_handover` | - | - | $0.0098 | $0.015 |" in comment(
        replace(changed, tests=tests), PLACE
    )


def test_more_tests_than_ten_are_in_the_job_summary(changed):
    tests = tuple(Change(name=f"t{n}", before_usd=Decimal(1), after_usd=Decimal(2)) for n in range(13))
    text = comment(replace(changed, comparison=replace(changed.comparison, tests=tests)), PLACE)
    assert "13 of 143 changed" in text
    assert f"3 more in the [job summary]({PLACE.run})." in text


@pytest.mark.parametrize(
    ("actual", "severity", "icon"),
    [("9", Severity.ERROR, "❌"), ("5", Severity.WARNING, "⚠️"), (None, None, "❔"), ("1", None, "✅")],
)
def test_every_budget_has_its_icon(unchanged, actual, severity, icon):
    use = Use(key="monthly_usd", limit=Decimal(6), actual=actual and Decimal(actual), unit="usd")
    found = (finding("budget.monthly_usd", severity, subject="total"),) if severity else ()
    report = replace(moved(unchanged, Decimal(1), Decimal(5)), budgets=(use,), findings=found)
    assert f"| {icon} | whole application per month | $6.00 |" in comment(report, PLACE)


def test_an_accepted_increase_is_shown_with_its_reason_and_only_there(changed):
    message = "+$329.00 a month accepted by Ada on 2026-11-20: the longer prompt pays"
    accepted = finding("accepted", Severity.NOTICE, message=message)
    text = comment(replace(changed, verdict=Verdict.PASS, findings=(accepted,)), PLACE)
    assert "<b>Accepted increases</b> · 1 reason" in text
    assert text.count("the longer prompt pays") == 1


def test_how_old_the_baseline_is_stands_with_how_the_numbers_are_known(changed):
    age = finding("baseline-age", Severity.NOTICE, message="it was last written 4 commits earlier")
    text = comment(replace(changed, findings=(*changed.findings, age), partial=True), PLACE)
    known = text.partition("<b>How the numbers are known</b>")[2]
    assert "- it was last written 4 commits earlier" in known
    assert "317 reported, partial run, no call reached the network" in known
    assert "<b>Findings</b>" not in text


def test_the_data_of_a_comment_are_json(changed):
    data = json.loads(comment_json(changed, PLACE))
    assert data["format"] == "pytest-llmcost/comment"
    assert (data["before_usd"], data["after_usd"], data["change"], data["per"]) == ("1082", "1411", "+30%", "month")
    assert (data["verdict"], data["unchanged"], data["verified"], data["base"]) == ("fail", False, True, "main")
    assert data["changes"][2]["reasons"] == ["system prompt +1,840 tokens per call", "cache hits 82% -> 41%"]
    assert [one["subject"] for one in data["budgets"] if one["broken"]] == ["support_agent"]
    assert data["comparison"]["tests"][0]["name"] == "tests/test_support.py::test_handover"
    assert data["markdown"] == comment(changed, PLACE)


def test_the_data_of_every_report_are_json(report):
    data = json.loads(comment_json(report, Place()))
    assert data["headline"] in data["markdown"] or data["unchanged"]
    assert data["per"] == (report.comparison.per if report.comparison else None)
