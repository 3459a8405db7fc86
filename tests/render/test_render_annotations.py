"""Annotations, read as the runner of GitHub Actions reads its commands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.render.anchors import anchored
from pytest_llmcost.render.annotations import annotations

_ESCAPES = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def plain(text):
    for escape, char in _ESCAPES.items():
        text = text.replace(escape, char)
    return text.replace("%25", "%")


def read(line):
    """Read `::name key=value,key=value::data`: the first `::` after the name ends the properties."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    name, _, told = head.partition(" ")
    pairs = dict(pair.split("=", 1) for pair in told.split(","))
    return name, {key: plain(value) for key, value in pairs.items()}, plain(data)


def finding(number=0, **changes):
    values = {
        "rule": "unpriced",
        "severity": Severity.WARNING,
        "subject": f"model-{number}",
        "message": f"1 call of `model-{number}`",
        "location": f"src/a.py:{number + 1}",
    }
    return Finding(**(values | changes))


def of(report, *findings):
    return replace(report, findings=findings)


def test_each_finding_is_told_where_it_is(rich):
    lines = list(annotations(rich))
    assert lines[0] == (
        "::error file=src/app/support.py,line=41,title=LLM cost%3A budget.monthly_usd::"
        "`support_chat` uses $2,870.50 of $2,800.00 (dollars a month)"
    )
    assert lines[1] == (
        "::warning title=LLM cost%3A uncovered::"
        "`search` declares traffic and no test samples it, so its cost is in no total"
    )
    assert read(lines[2])[1] == {"file": "src/app/support.py", "line": "41", "title": "LLM cost: unpriced"}
    assert {read(line)[0] for line in lines[3:]} == {"notice"}


def test_the_worst_come_first_whatever_their_order(rich):
    report = of(rich, finding(1), finding(2, severity=Severity.NOTICE), finding(3, severity=Severity.ERROR))
    assert [read(line)[0] for line in annotations(report)] == ["error", "warning", "notice"]


@pytest.mark.parametrize(("there", "told"), [(9, 9), (10, 10), (11, 10), (300, 10)])
def test_at_most_ten_are_told(there, told, rich):
    assert len(list(annotations(of(rich, *map(finding, range(there)))))) == told


def test_the_tenth_counts_the_others(rich):
    errors = (finding(number, severity=Severity.ERROR) for number in range(10))
    *shown, last = annotations(of(rich, *map(finding, range(3)), *errors))
    assert [read(line)[0] for line in shown] == ["error"] * 9
    assert last == "::error title=LLM cost::1 error, 3 warnings more: see the job summary"


def test_a_notice_without_a_place_is_not_told(rich):
    assert list(annotations(of(rich, finding(severity=Severity.NOTICE, location=None)))) == []


def test_what_a_message_does_not_name_is_named(rich):
    live = finding(rule="live", subject="tests/test_a.py::test_b", message="1 call reached the network", location=None)
    assert list(annotations(of(rich, live))) == [
        "::warning file=tests/test_a.py,title=LLM cost%3A live::tests/test_a.py::test_b: 1 call reached the network"
    ]


@pytest.mark.parametrize(
    ("location", "path", "line"),
    [
        ("src/a.py:12", "src/a.py", 12),
        ("prompts/support.md", "prompts/support.md", None),
        ("prompts/support.md:3-9", "prompts/support.md", 3),
        ("src\\app\\a.py:12", "src/app/a.py", 12),
        ("tests/test_a.py::test_b[x:1]", "tests/test_a.py", None),
        ("tests/test_a.py::test_b:7", "tests/test_a.py", None),
        ("a:b.py:4", "a:b.py", 4),
        ("src/a.py:0", "src/a.py", None),
        ("src/a\n.py:4", "src/a .py", 4),
        ("/etc/passwd:1", None, None),
        ("C:\\a.py:4", None, None),
        ("../a.py:4", None, None),
        ("https://example.org/a.py:4", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_location_becomes_a_path_and_a_line(location, path, line, rich):
    (one,) = anchored(of(rich, finding(location=location)))
    assert (one.path, one.line) == (path, line)


def test_paths_are_those_of_the_repository(rich):
    (line,) = annotations(of(rich, finding()), "services/shop/")
    assert read(line)[1]["file"] == "services/shop/src/a.py"


def test_an_increase_points_to_its_largest_cause(kept_run):
    report = of(kept_run, finding(rule="regression", subject="total", location=None))
    assert [one.path for one in anchored(report)] == ["prompts/support.md"]
    (line,) = annotations(report)
    assert line.endswith("; here: system prompt +412 tokens per call, +$700.50 a month")


def test_a_monthly_budget_points_to_the_largest_cause_of_its_feature(kept_run):
    budget = finding(rule="budget.monthly_usd", subject="support_chat", location=None)
    assert [one.path for one in anchored(of(kept_run, budget))] == ["prompts/support.md"]


def test_a_cause_that_only_a_test_shows_points_to_its_file(kept_run):
    change = kept_run.comparison.features[1]
    cause = replace(change.causes[0], location=None)
    comparison = replace(kept_run.comparison, features=(replace(change, causes=(cause,)),))
    report = replace(of(kept_run, finding(rule="regression", subject="total", location=None)), comparison=comparison)
    assert [one.path for one in anchored(report)] == ["tests/test_support.py"]


def test_a_saving_is_no_cause_of_an_increase(kept_run):
    change = kept_run.comparison.features[1]
    cause = replace(change.causes[0], monthly_usd=-change.causes[0].monthly_usd)
    comparison = replace(kept_run.comparison, features=(replace(change, causes=(cause,)),))
    report = replace(of(kept_run, finding(rule="regression", subject="total", location=None)), comparison=comparison)
    assert [one.path for one in anchored(report)] == [None]


def test_a_budget_without_causes_points_to_the_dearest_call(rich):
    dear = replace(rich.calls[0], call=replace(rich.calls[0].call, call_site="src/dear.py:7"))
    dear = replace(dear, cost=replace(dear.cost, usd=dear.cost.usd * 2))
    budget = finding(rule="budget.request_usd", subject="support_chat", location=None)
    report = replace(of(rich, budget), calls=(*rich.calls, dear), comparison=None)
    assert [(one.path, one.line) for one in anchored(report)] == [("src/dear.py", 7)]


@pytest.mark.parametrize("nasty", ["\n::error::x\n", "%0A::error::x", "a,title=b", "::stop-commands::t", "\r\n##[x]"])
def test_nothing_foreign_ends_a_command_or_begins_one(nasty, rich):
    report = of(rich, finding(message=nasty, subject=nasty, location=f"{nasty}:4", rule=nasty))
    (line,) = annotations(report, prefix=f"{nasty}/")
    assert line.splitlines() == [line]
    name, properties, data = read(line)
    assert name == "warning"
    assert properties.keys() <= {"file", "line", "title"}
    assert data == nasty.replace("\n", " ").replace("\r", " ")


def test_every_foreign_text_of_a_report_stays_in_its_place(report, spoiled):
    for line in annotations(spoiled(report, "\n::error::%,\u202e")):
        assert line.splitlines() == [line]
        assert read(line)[0] in {"error", "warning", "notice"}


def test_a_message_of_any_length_is_cut(rich):
    (line,) = annotations(of(rich, finding(message="x" * 100_000)))
    assert len(line) < 1200
