"""The badge: what shields.io takes as an endpoint."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.render.badge import badge

WARNING = Finding(rule="uncovered", severity=Severity.WARNING, subject="search", message="no test")
NOTICE = replace(WARNING, severity=Severity.NOTICE)


def of(report, *, month="1082.4", verdict=Verdict.PASS, findings=()):
    usd = None if month is None else Decimal(month)
    months = report.scenarios | {report.headline: replace(report.scenarios[report.headline], monthly_usd=usd)}
    return replace(report, scenarios=months, verdict=verdict, findings=findings)


def shown(report):
    drawn = json.loads(badge(report))
    assert list(drawn) == ["schemaVersion", "label", "message", "color"]
    assert (drawn["schemaVersion"], drawn["label"]) == (1, "LLM cost")
    return drawn["message"], drawn["color"]


@pytest.mark.parametrize(
    ("month", "message"),
    [
        ("1082.4", "$1,082/month"),
        ("1234567.5", "$1,234,568/month"),
        ("100", "$100/month"),
        ("99.996", "$100.00/month"),
        ("6.4", "$6.40/month"),
        ("0.0000004", "$0.00000040/month"),
        ("0", "$0.00/month"),
        (None, "unknown"),
    ],
)
def test_a_month_is_drawn(month, message, rich):
    assert shown(of(rich, month=month))[0] == message


@pytest.mark.parametrize(
    ("changes", "color"),
    [
        ({}, "brightgreen"),
        ({"findings": (NOTICE,)}, "brightgreen"),
        ({"findings": (WARNING,)}, "yellow"),
        ({"verdict": Verdict.FAIL, "findings": (WARNING,)}, "red"),
        ({"month": None}, "lightgrey"),
        ({"month": None, "verdict": Verdict.FAIL}, "red"),
    ],
)
def test_the_color_is_that_of_the_verdict(changes, color, rich):
    assert shown(of(rich, **changes))[1] == color


def test_without_traffic_it_is_the_cost_of_a_run(no_traffic):
    assert shown(no_traffic) == ("$0.055/run", "brightgreen")
    unpriced = replace(no_traffic, totals=replace(no_traffic.totals, unpriced_calls=1))
    assert shown(unpriced) == ("unknown", "lightgrey")


def test_features_without_a_sample_make_an_unknown_month(rich):
    empty = tuple(replace(feature, samples=0) for feature in rich.features)
    assert shown(replace(of(rich), features=empty))[0] == "unknown"


def test_no_text_of_others_is_on_it(report, spoiled):
    assert "FOREIGN" not in badge(spoiled(report, "FOREIGN"))
