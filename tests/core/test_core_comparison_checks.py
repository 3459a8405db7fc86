"""Limits on increases, and slack."""

from decimal import Decimal

import pytest
from core_values import OTHER, TEST, baseline, call, feature, profile, report, rules, run, settings

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.finding import Verdict


def risen(after, before=100_000, requests: int | None = 1_000_000, **changes):
    """A month of $250 that rises (by $2.50 for each 1,000 tokens), or one run."""
    of, known = run(call(profile(after, 0))), baseline({TEST: [profile(before, 0)]}, requests)
    return report(of, settings(feature(requests=requests), **changes), known)


@pytest.mark.parametrize(
    ("after", "changes", "fails"),
    [
        (110_000, {}, False),
        (110_001, {}, True),
        (99_999, {}, False),
        (110_001, {"max_increase_percent": None}, False),
        (110_001, {"max_increase_percent": Decimal("10.001")}, False),
        (110_002, {"max_increase_percent": Decimal("10.001")}, True),
        (110_000, {"max_increase_usd": Decimal(25_000)}, False),
        (110_000, {"max_increase_usd": Decimal("24999.99")}, True),
        (900_000, {"max_increase_percent": Decimal(1_000), "max_increase_usd": Decimal(10**9)}, False),
    ],
)
def test_a_rise_above_either_limit_fails_and_one_equal_to_it_does_not(after, changes, fails):
    got = risen(after, **changes)
    assert rules(got) == ([("regression", "error")] if fails else [])


def test_a_regression_says_by_how_much_and_where():
    got = risen(120_000, max_increase_usd=Decimal(500))
    (finding,) = got.findings
    assert finding.message == (
        "$250,000.00 → $300,000.00 a month (+20%), more than +10% and +$500.00 allowed:"
        " `chat` $250,000.00 → $300,000.00"
    )
    assert (finding.limit, finding.actual) == ("+10%", "+$50,000.00 (+20%)")
    assert rules(risen(120_000, fail_on=())) == [("regression", "warning")]


@pytest.mark.parametrize(("after", "fails"), [(399, False), (401, True)])
def test_a_month_that_changes_by_less_than_is_worth_a_word_is_no_finding(after, fails):
    """From $0 on: what tests first cost is a rise without a percentage."""
    got = risen(after, before=0, ignore_below_usd=Decimal(1_000))
    assert rules(got) == ([("regression", "error")] if fails else [])


@pytest.mark.parametrize(
    ("after", "before", "changes", "tells"),
    [
        (99_000, 100_000, {}, False),
        (98_999, 100_000, {}, True),
        (98_999, 100_000, {"ignore_below_usd": Decimal("2502.50")}, False),
        (98_999, 100_000, {"ignore_below_usd": Decimal("2502.49")}, True),
        (98_999, 100_000, {"requests": None}, True),
        (1, 2, {"requests": None}, True),
        (100_000, 100_000, {"ignore_below_usd": Decimal(0)}, False),
        (0, 0, {"ignore_below_usd": Decimal(0)}, False),
    ],
)
def test_a_baseline_that_is_more_than_one_percent_too_high_is_slack(after, before, changes, tells):
    got = risen(after, before, **changes)
    assert [one for one in rules(got) if one[0] != "no-traffic"] == ([("slack", "notice")] if tells else [])
    assert got.verdict is Verdict.PASS


def test_slack_says_how_much_and_what_to_do():
    (finding,) = risen(90_000).findings
    assert (finding.subject, finding.actual) == ("total", "-$25,000.00")
    assert finding.message == (
        "$25,000.00 a month below the baseline: write it down with --llmcost-update-baseline,"
        " or the next increase can use it up"
    )


def test_shorter_live_outputs_within_noise_are_no_slack():
    def falls(origin):
        tests = [f"tests/a.py::test_{number}" for number in range(6)]
        calls = [call(profile(1_000, 0 if test == tests[0] else 100), test=test, origin=origin) for test in tests]
        return [rule for rule, _ in rules(report(run(*calls), against=baseline({test: [profile()] for test in tests})))]

    assert falls(Origin.LIVE) == ["noise"]
    assert falls(Origin.REPLAYED) == ["slack"]


def test_per_run_no_change_is_too_small():
    assert ("regression", "error") in rules(risen(2, before=1, requests=None))


def test_added_and_removed_samples_are_outside_of_the_gate():
    of = run(call(), call(profile(900_000), test=OTHER))
    assert rules(report(of, against=baseline({TEST: [profile()]}))) == []
