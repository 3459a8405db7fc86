"""What is estimated is held to a limit by its bound, and every figure that rests on it says so."""

from decimal import Decimal

import pytest
from core_values import PRICE, TEST, block, call, feature, profile, report, rules, run, settings

from pytest_llmcost.core.bounds import extra, matters, raised
from pytest_llmcost.core.budget import FeatureBudget, Limits, RunBudget
from pytest_llmcost.core.call import Cost, Origin, PricedCall
from pytest_llmcost.core.limits import broken
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.usage import Provenance, Usage


def estimated(given=1_000, upper=1_500, made=100, **changes):
    """Return the profile of an estimated call: $0.0035 as estimated, $0.00475 at its bound."""
    return profile(given, made, usage_source=Provenance.SCALED, input_tokens_upper=upper, **changes)


def budget(**limits):
    return settings(feature(budget=FeatureBudget(**limits)))


@pytest.mark.parametrize(
    ("key", "upper", "estimate"),
    [
        ("input_tokens", 1_500, 1_000),
        ("output_tokens", 130, 100),
        ("system_tokens", 600, 400),
        ("request_usd", "0.00505", "0.0035"),
        ("monthly_usd", "5050", "3500"),
    ],
)
def test_a_budget_is_held_against_the_upper_bound_of_an_estimate(key, upper, estimate):
    blocks = (block(Segment.SYSTEM, 400), block(Segment.USER, 600))
    calls = [call(estimated(output_tokens_upper=130, blocks=blocks))]
    limit = Decimal(upper)
    (use,) = report(run(*calls), budget(**{key: limit})).features[0].budgets
    assert (use.actual, use.estimate, use.is_broken) == (limit, Decimal(estimate), False)
    over = report(run(*calls), budget(**{key: limit * Decimal("0.999")}))
    found = next(one for one in over.findings if one.rule == f"budget.{key}")
    assert found.severity == "error"
    assert "at most; " in found.message
    assert "as estimated" in found.message


@pytest.mark.parametrize("source", [one for one in Provenance if one is not Provenance.SCALED])
def test_what_is_no_estimate_is_held_to_its_figure(source):
    known = profile(1_000, 100, usage_source=source, input_tokens_upper=1_500, output_tokens_upper=200)
    (use,) = report(run(call(known)), budget(input_tokens=1_000)).features[0].budgets
    assert (use.actual, use.estimate, use.is_broken) == (1_000, None, False)
    assert raised(known) is known.usage


def test_a_month_has_an_upper_bound_where_estimates_are_in_it():
    limits = RunBudget(monthly_usd=Decimal(1))
    one = report(run(call(estimated())), settings(overheads={"retries": Decimal("0.1")}, budget=limits))
    assert one.features[0].monthly_usd["measured"] == 3_500
    assert one.features[0].monthly_upper_usd == 4_750
    assert (one.budgets[0].estimate, one.budgets[0].actual) == (3_850, 5_225)
    (found,) = [each for each in one.findings if each.rule == "estimated"]
    assert found.message.endswith("so a month of $3,500.00 may be up to $4,750.00")


def test_a_month_of_reported_calls_has_no_bound():
    one = report(run(call(profile())))
    assert one.features[0].monthly_upper_usd is None
    assert "estimated" not in dict(rules(one))


def test_a_bound_too_close_to_matter_is_not_told():
    one = report(run(call(estimated(upper=1_001))))
    (found,) = [each for each in one.findings if each.rule == "estimated"]
    assert "may be up to" not in found.message


def test_the_dearest_test_and_the_spend_are_at_their_bound_too():
    live = call(estimated(), origin=Origin.LIVE)
    one = report(run(live), settings(budget=RunBudget(run_usd=Decimal("0.0047"), test_usd=Decimal("0.0047"))))
    assert [(use.key, use.actual, use.estimate) for use in one.budgets] == [
        ("run_usd", Decimal("0.00475"), Decimal("0.0035")),
        ("test_usd", Decimal("0.00475"), Decimal("0.0035")),
    ]
    assert {"budget.run_usd", "budget.test_usd"} <= dict(rules(one)).keys()


def test_an_estimate_that_judges_the_product_is_spent_and_is_no_part_of_its_test():
    judge = call(estimated(), evaluation=True, origin=Origin.LIVE)
    more = extra([PricedCall(judge, None, PRICE(judge.profile.product, judge.profile.usage))], PRICE)
    assert more.spend > 0
    assert more.tests == {}


def test_an_estimate_without_a_price_adds_nothing():
    unknown = PricedCall(call(estimated()), None, Cost(None, "no price"))
    assert extra([unknown], PRICE) == (0, {})


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (Limits(max_input_tokens=1_499), "1,500 tokens at most, 1,000 as estimated"),
        (Limits(max_output_tokens=129), "130 tokens at most, 100 as estimated"),
        (Limits(max_cost=Decimal("0.0036")), "$0.0050 at most, $0.0035 as estimated"),
    ],
)
def test_a_limit_of_a_test_is_held_against_the_bound_and_says_so(limit, said):
    (found,) = broken(limit, [call(estimated(output_tokens_upper=130))], PRICE, TEST)
    assert said in found.message


def test_a_limit_at_the_bound_passes():
    limits = Limits(max_input_tokens=1_500, max_output_tokens=130, max_cost=Decimal("0.00505"))
    assert not list(broken(limits, [call(estimated(output_tokens_upper=130))], PRICE, TEST))


def test_cached_tokens_stay_as_they_are_at_the_bound():
    usage = Usage(input_tokens=1_000, output_tokens=10, cache_read_tokens=400)
    one = profile(usage=usage, usage_source=Provenance.SCALED, input_tokens_upper=1_200)
    assert raised(one) == Usage(input_tokens=1_200, output_tokens=10, cache_read_tokens=400)


@pytest.mark.parametrize(
    ("estimate", "upper", "expected"),
    [(None, 1, False), (1, None, False), (100, 100, False), (100, 100.9, False), (100, 101, True), (0, 1, True)],
)
def test_a_bound_matters_from_one_percent_on(estimate, upper, expected):
    def amount(value):
        return None if value is None else Decimal(str(value))

    assert matters(amount(estimate), amount(upper)) is expected
