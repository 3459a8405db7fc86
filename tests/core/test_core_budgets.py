from dataclasses import replace
from decimal import Context, Decimal, localcontext

import pytest
from core_values import (
    OTHER,
    PRICE,
    TEST,
    block,
    call,
    feature,
    profile,
    ran,
    rates,
    report,
    rules,
    run,
    settings,
    unpriced,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.budget import FeatureBudget, Limits, RunBudget
from pytest_llmcost.core.call import Origin, Outcome, Product
from pytest_llmcost.core.currency import Currency
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.core.limits import broken
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.report import Use
from pytest_llmcost.core.usage import Provenance, Usage
from pytest_llmcost.render.tables import features

MANY = [
    call(profile(1_000, 50, blocks=(block(Segment.SYSTEM, 300), block(Segment.TOOLS, 100), block(Segment.USER, 600)))),
    call(profile(4_000, 20), call_site="src/app.py:40"),
    call(profile(10, 800), test=OTHER, call_site="src/app.py:80"),
]
"""A test of two calls and one of one; at $2.50 and $10 a million: $0.0132 and $0.008025, on average $0.0106125."""

FEATURE_BUDGETS = [
    ("monthly_usd", "10612.5", "0.01", None),
    ("request_usd", "0.0106125", "0.000001", None),
    ("input_tokens", "4000", "1", "src/app.py:40"),
    ("system_tokens", "400", "1", "src/app.py:7"),
    ("output_tokens", "800", "1", "src/app.py:80"),
    ("calls", "2", "1", TEST),
]


def with_budget(**limits):
    return settings(feature(budget=FeatureBudget(**limits)), warn_at_percent=Decimal(90))


@pytest.mark.parametrize(("key", "actual", "step", "location"), FEATURE_BUDGETS)
def test_equal_to_the_limit_passes_and_a_little_more_fails(key, actual, step, location):
    equal = report(run(*MANY), with_budget(**{key: Decimal(actual)}))
    (use,) = equal.features[0].budgets
    assert (use.key, use.actual, use.share, use.is_broken, use.location) == (key, Decimal(actual), 1, False, location)
    assert rules(equal) == [(f"budget.{key}", "notice")]
    assert equal.verdict is Verdict.PASS
    over = report(run(*MANY), with_budget(**{key: Decimal(actual) - Decimal(step)}))
    assert rules(over) == [(f"budget.{key}", "error")]
    assert over.verdict is Verdict.FAIL
    assert over.findings[0].location == location


@pytest.mark.parametrize(("key", "actual", "step", "location"), FEATURE_BUDGETS)
def test_a_budget_that_is_not_in_fail_on_is_a_warning(key, actual, step, location):
    limit = Decimal(actual) - Decimal(step)
    got = report(run(*MANY), replace(with_budget(**{key: limit}), fail_on=("regression",)))
    assert rules(got) == [(f"budget.{key}", "warning")]
    assert got.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("limit", "severity"), [(4_001, "warning"), (4_444, "warning"), (4_445, None), (10**6, None), (4_000, "notice")]
)
def test_a_budget_that_is_nearly_used_up_is_a_warning_from_90_percent_on(limit, severity):
    got = report(run(*MANY), with_budget(input_tokens=limit))
    assert rules(got) == ([("budget.input_tokens", severity)] if severity else [])


@pytest.mark.parametrize(("tokens", "severity"), [(9_000, "warning"), (8_999, None)])
def test_the_warning_begins_at_exactly_90_percent(tokens, severity):
    got = report(run(call(profile(tokens))), with_budget(input_tokens=10_000))
    assert rules(got) == ([("budget.input_tokens", severity)] if severity else [])


def test_a_request_is_drawn_per_thousand():
    (finding,) = report(run(*MANY), with_budget(request_usd=Decimal("0.01"))).findings
    assert (finding.limit, finding.actual) == ("$10.00", "$10.61")
    assert finding.message == "`chat` uses $10.61 of $10.00 (dollars per 1,000 requests)"


def test_a_budget_of_nothing_is_broken_by_anything():
    assert rules(report(run(*MANY), with_budget(calls=0))) == [("budget.calls", "error")]
    assert rules(report(run(*MANY), with_budget(monthly_usd=Decimal(0)), price=rates(0, 0))) == []


def test_a_month_that_is_not_known_is_no_pass():
    got = report(run(*MANY), with_budget(monthly_usd=Decimal(1)), price=unpriced)
    assert got.features[0].budgets[0].actual is None
    assert rules(got) == [("unpriced", "error")]


def test_the_month_of_a_budget_is_that_of_the_headline_scenario():
    chosen = with_budget(monthly_usd=Decimal("10612.5"))
    assert report(run(*MANY), chosen).verdict is Verdict.PASS
    assert report(run(*MANY), replace(chosen, scenario="base")).verdict is Verdict.FAIL
    assert report(run(*MANY), replace(chosen, scenario="conservative")).verdict is Verdict.PASS


def test_calls_that_are_in_no_sample_use_no_budget():
    judge = call(profile(10**6), evaluation=True)
    assert report(run(*MANY, judge), with_budget(input_tokens=5_000)).verdict is Verdict.PASS


def of_the_run(**limits):
    return settings(budget=RunBudget(**limits))


def test_the_whole_application_has_a_month():
    two = (feature(tests=(TEST,)), feature("more", tests=(OTHER,)))
    limit = Decimal(13_200) + Decimal(8_025)
    for step, severity in ((Decimal(0), "notice"), (Decimal("0.01"), "error")):
        got = report(run(*MANY), settings(*two, budget=RunBudget(monthly_usd=limit - step)))
        assert rules(got) == [("budget.monthly_usd", severity)]
        assert got.findings[0].subject == "total"


def test_the_spend_of_a_run_is_what_reached_a_real_socket():
    calls = [
        replace(one, origin=origin) for one, origin in zip(MANY, (Origin.LIVE, Origin.LOCAL, Origin.FAKE), strict=True)
    ]
    got = report(run(*calls), of_the_run(run_usd=Decimal("0.0131")))
    assert got.totals.spend_usd == Decimal("0.0132")
    assert rules(got) == [("budget.run_usd", "error")]
    assert report(run(*calls), of_the_run(run_usd=Decimal("0.0132"))).verdict is Verdict.PASS


def test_any_one_test_can_break_the_budget_of_a_test():
    got = report(run(*MANY), of_the_run(test_usd=Decimal("0.0131")))
    assert rules(got) == [("budget.test_usd", "error")]
    assert got.findings[0].location == TEST
    assert report(run(*MANY), of_the_run(test_usd=Decimal("0.0132"))).verdict is Verdict.PASS


def test_a_test_without_a_price_hides_no_other_that_breaks_the_budget():
    strange = call(profile(product=Product("acme", "secret")), test="tests/other.py::test_x")

    def price(product, usage):
        return (unpriced if product.provider == "acme" else PRICE)(product, usage)

    chosen = settings(feature(tests=("tests/test_chat.py",)), budget=RunBudget(test_usd=Decimal("0.01")))
    got = report(run(strange, *MANY), chosen, price=price)
    assert ("budget.test_usd", "error") in rules(got)
    alone = report(run(strange, MANY[2]), chosen, price=price)
    assert alone.budgets[0].actual is None
    assert alone.budgets[0].location == "tests/other.py::test_x"


def test_a_run_without_tests_uses_no_budget():
    got = report(run(), of_the_run(test_usd=Decimal(0), run_usd=Decimal(0)))
    assert [(use.key, use.actual, use.is_broken) for use in got.budgets] == [
        ("run_usd", 0, False),
        ("test_usd", 0, False),
    ]


@given(st.decimals(0, 10**9, places=9), st.decimals(0, 10**9, places=9))
def test_a_share_does_not_depend_on_the_callers_decimal_context(limit, actual):
    use = Use(key="monthly_usd", limit=limit, actual=actual, unit="usd")
    expected = use.share, use.is_broken
    with localcontext(Context(prec=3)):
        assert (use.share, use.is_broken) == expected
    assert (use.share is None) == (limit == 0 and actual > 0)
    assert use.share is None or (use.share > 1) == use.is_broken


def test_the_share_of_what_is_not_known_is_unknown():
    use = Use(key="monthly_usd", limit=Decimal(1), actual=None, unit="usd")
    assert (use.share, use.is_broken) == (None, False)


LIMITS = [
    ("max_cost", Decimal("0.0132"), Decimal("0.000001"), "$0.013", "src/app.py:40"),
    ("max_input_tokens", 4_000, 1, "4,000 tokens", "src/app.py:40"),
    ("max_output_tokens", 50, 1, "50 tokens", "src/app.py:7"),
    ("max_calls", 2, 1, "2 calls", "src/app.py:40"),
]


@pytest.mark.parametrize(("key", "limit", "step", "actual", "site"), LIMITS)
def test_a_limit_of_a_test_holds_up_to_its_figure(key, limit, step, actual, site):
    own = MANY[:2]
    assert list(broken(Limits(**{key: limit}), own, PRICE, TEST)) == []
    (finding,) = broken(Limits(**{key: limit - step}), own, PRICE, TEST)
    assert (finding.rule, finding.severity.value, finding.subject) == (f"limit.{key}", "error", TEST)
    assert (finding.actual, finding.location) == (actual, site)
    assert finding.message == f"llmcost: {key}={finding.limit}, but {actual} at {site}"
    assert "\n" not in finding.message


def test_every_broken_limit_is_told():
    limits = Limits(max_cost=Decimal(0), max_input_tokens=0, max_output_tokens=0, max_calls=0)
    assert [finding.rule for finding in broken(limits, MANY, PRICE, TEST)] == [
        "limit.max_calls",
        "limit.max_input_tokens",
        "limit.max_output_tokens",
        "limit.max_cost",
    ]


def test_a_test_without_calls_breaks_no_limit():
    limits = Limits(max_cost=Decimal(0), max_input_tokens=0, max_output_tokens=0, max_calls=0)
    assert list(broken(limits, [], PRICE, TEST)) == []
    assert list(broken(Limits(), MANY, unpriced, TEST)) == []


def test_a_limit_in_dollars_never_passes_because_a_price_is_missing():
    (finding,) = broken(Limits(max_cost=Decimal(1_000)), MANY, unpriced, TEST)
    assert finding.actual == "a call without a price (no price: nobody knows it)"


def test_a_refused_call_costs_nothing_even_without_a_price():
    refused = call(profile(usage=Usage()), outcome=Outcome.REFUSED)
    assert list(broken(Limits(max_cost=Decimal(0)), [refused], unpriced, TEST)) == []
    got = report(run(refused, tests=[ran()]), settings(feature(tests=("elsewhere",))), price=unpriced)
    assert (got.calls[0].cost.usd, got.totals.unpriced_calls) == (0, 0)


def test_limits_do_not_depend_on_the_callers_decimal_context():
    own = [call(profile(1_234_567, 1)), call(profile(1, 0))]  # $3.0864275 + $0.0000025
    with localcontext(Context(prec=5)):
        assert list(broken(Limits(max_cost=Decimal("3.08643")), own, PRICE, TEST)) == []
        assert len(list(broken(Limits(max_cost=Decimal("3.086429")), own, PRICE, TEST))) == 1


def test_bounds_of_estimates_are_told_in_the_currency():
    half = Currency(code="EUR", per_usd=Decimal("0.5"))
    guessed = profile(usage_source=Provenance.SCALED, input_tokens_upper=2_000)  # $0.0035, at most $0.006
    chosen = settings(budget=RunBudget(monthly_usd=Decimal(5_000)), currency=half)
    got = report(run(call(guessed)), chosen)
    (budget,) = [one.message for one in got.findings if one.rule == "budget.monthly_usd"]
    assert budget == "`total` uses €3,000.00 of €2,500.00 (EUR a month, at most; €1,750.00 as estimated)"
    (told,) = [one.message for one in got.findings if one.rule == "estimated"]
    assert told.endswith("so a month of €1,750.00 may be up to €3,000.00")
    (row,) = features(got).rows
    assert "€1,750.00 to €3,000.00" in row
    (limit,) = broken(Limits(max_cost=Decimal("0.004")), [call(guessed)], PRICE, TEST, half)
    assert (limit.limit, limit.actual) == ("€0.0020", "€0.0030 at most, €0.0018 as estimated")
