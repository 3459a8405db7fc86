"""What a month costs, and what it grows with; the published cases are in test_core_worked_examples."""

from dataclasses import replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from core_values import GPT_4O, PRICE, monthly, profile, rates, sample_of, unpriced, usages
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.projection import cost_per_request, costs_per_request
from pytest_llmcost.core.sample import average
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario, under
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.core.usage import FIELDS, Usage

BASE = DEFAULTS[0]
SONNET = rates(3, 15, read="0.30", write="3.75")
A_MONTH = Decimal(30)


def request(input_tokens, output_tokens=0, **parts):
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens, **parts)
    return average([sample_of(profile(usage=usage))])


def month(of, requests, scenario=MEASURED, price=PRICE):
    return monthly(of, Fraction(requests), scenario, price)


@pytest.mark.parametrize(
    ("traffic", "requests"),
    [
        (Traffic(requests_per_month=Decimal("1.5")), Fraction(3, 2)),
        (Traffic(requests_per_day=Decimal(10)), 300),
        (Traffic(monthly_users=Decimal(3), sessions_per_user=Decimal("0.1")), Fraction(3, 10)),
        (Traffic(monthly_users=Decimal(3), sessions_per_user=Decimal(2), turns_per_session=Decimal(4)), 24),
    ],
)
def test_traffic_is_declared_in_one_of_three_forms(traffic, requests):
    assert traffic.monthly(A_MONTH) == requests


scenarios = st.builds(
    Scenario,
    name=st.just("any"),
    traffic=st.decimals(0, 100, places=3),
    context_growth=st.decimals(0, 5, places=3),
    caching=st.booleans(),
)
sizes = st.integers(0, 10**6)


@given(sizes, sizes, sizes, scenarios)
def test_a_month_grows_with_its_tokens(tokens, more, output, scenario):
    assert month(request(tokens, output), 1_000, scenario) <= month(request(tokens + more, output), 1_000, scenario)
    assert month(request(output, tokens), 1_000, scenario) <= month(request(output, tokens + more), 1_000, scenario)


@given(sizes, sizes, sizes, scenarios)
def test_a_month_grows_with_its_traffic_in_proportion(tokens, requests, more, scenario):
    one = request(tokens, 100)
    assert month(one, requests, scenario) <= month(one, requests + more, scenario)
    triple = replace(scenario, traffic=scenario.traffic * 3)
    assert abs(month(one, requests, triple) - 3 * month(one, requests, scenario)) <= Decimal("2e-12")


@given(usages, scenarios)
def test_no_traffic_costs_nothing(usage, scenario):
    one = average([sample_of(profile(usage=usage))])
    assert month(one, 0, scenario) == 0
    assert month(one, 1_000, replace(scenario, traffic=Decimal(0))) == 0


@given(usages)
def test_measured_is_exactly_what_the_tests_saw(usage):
    assert under(usage, MEASURED) is usage


@given(usages, scenarios)
def test_a_scenario_changes_input_and_caching_only(usage, scenario):
    changed = under(usage, scenario)
    kept = set(FIELDS) - {"input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"}
    assert all(getattr(changed, name) == getattr(usage, name) for name in kept)
    grown = usage.input_tokens * (1 + Fraction(scenario.context_growth))
    assert abs(changed.input_tokens - grown) <= Fraction(1, 2)
    if scenario.caching:
        assert changed.cache_read_tokens == usage.cache_read_tokens
        assert changed.cache_write_tokens == usage.cache_write_tokens
        assert changed.cache_write_1h_tokens == usage.cache_write_1h_tokens
    else:
        assert not changed.cache_read_tokens
        assert not changed.cache_write_tokens
        assert not changed.cache_write_1h_tokens


def test_growth_is_paid_at_the_uncached_price():
    cached = request(3_000, cache_read_tokens=3_000)
    assert month(cached, 1_000_000, BASE, SONNET) == 900 + 2_700
    assert month(cached, 1_000_000, replace(BASE, caching=False), SONNET) == 9_000 + 2_700


def test_without_caching_neither_reads_nor_writes_are_priced_as_such():
    plain = replace(MEASURED, caching=False)
    for part in ("cache_read_tokens", "cache_write_tokens"):
        assert month(request(3_000, **{part: 3_000}), 500_000, plain, SONNET) == 4_500


def test_one_call_without_a_price_makes_the_month_unknown():
    def sometimes(product, usage):
        return (unpriced if usage.output_tokens == 7 else PRICE)(product, usage)

    both = average([sample_of(profile(), profile(10, 7))])
    assert cost_per_request(both, Meter(sometimes, MEASURED)) is None
    assert month(both, 1, price=sometimes) is None
    assert month(both, 0, price=sometimes) is None


def test_calls_are_priced_one_by_one_because_prices_have_tiers():
    def tiered(_product, usage):
        return Cost(Decimal(2 if usage.input_tokens > 1_000 else 1), "by size")

    assert cost_per_request(average([sample_of(profile(800), profile(800))]), Meter(tiered, MEASURED)) == 2
    assert cost_per_request(average([sample_of(profile(800))]), Meter(tiered, BASE)) == 2


def test_scenarios_that_differ_in_traffic_only_are_priced_once():
    asked = []

    def price(product, usage):
        asked.append(usage.input_tokens)
        return PRICE(product, usage)

    costs = costs_per_request(request(1_000), (MEASURED, *DEFAULTS), price)
    assert asked == [1_000, 1_300, 1_500]
    assert list(costs) == ["measured", "base", "conservative", "aggressive"]
    assert costs == {one.name: cost_per_request(request(1_000), Meter(PRICE, one)) for one in (MEASURED, *DEFAULTS)}


def test_scenarios_that_differ_in_caching_are_not_taken_for_each_other():
    cached = request(3_000, cache_read_tokens=3_000)
    plain = Scenario(name="plain", caching=False)
    costs = costs_per_request(cached, (MEASURED, plain), SONNET)
    assert costs == {"measured": Fraction(9, 10_000), "plain": Fraction(90, 10_000)}


weights = st.decimals(min_value=0, max_value=1_000, places=6)
samples = st.lists(
    st.builds(
        lambda weight, calls: sample_of(*(profile(*call) for call in calls), weight=weight),
        weights,
        st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3)), max_size=4),
    ),
    max_size=6,
)


@given(samples)
def test_samples_are_averaged_by_weight_exactly(many):
    whole = sum(Fraction(sample.weight) for sample in many)
    one = average(many)
    if not whole:
        assert one is None
        return

    def mean(amount):
        return sum(Fraction(s.weight) * amount(p.usage) for s in many for p in s.profiles) / whole

    assert one.calls == mean(lambda _: 1)
    assert one.input_tokens == mean(lambda usage: usage.input_tokens)
    assert one.output_tokens == mean(lambda usage: usage.output_tokens)
    assert cost_per_request(one, Meter(PRICE, MEASURED)) == mean(lambda usage: Fraction(PRICE(GPT_4O, usage).usd))


@given(samples)
def test_the_order_of_samples_does_not_matter_to_the_dollar(many):
    costs = [one and cost_per_request(one, Meter(PRICE, BASE)) for one in (average(many), average(many[::-1]))]
    assert costs[0] == costs[1]


def test_a_sample_without_calls_counts_as_a_request():
    assert average([sample_of(profile()), sample_of()]).calls == Fraction(1, 2)
    assert average([]) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), scenarios)
def test_the_callers_decimal_context_changes_no_month(tokens, requests, scenario):
    expected = month(request(tokens, 77), requests, scenario)
    with localcontext(Context(prec=5)):
        assert month(request(tokens, 77), requests, scenario) == expected
