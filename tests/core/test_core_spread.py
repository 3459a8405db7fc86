"""Spread: percentiles by hand, and what the bounds of a month keep to."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.spread import MEDIAN, P95, SampleCost, percentile, spread

MONTH = Fraction(100_000)
usd = st.decimals(min_value=0, max_value=1, places=6)
weights = st.sampled_from([Decimal(1), Decimal(2), Decimal("0.5")])
some_costs = st.lists(st.builds(SampleCost, usd, weights), min_size=1, max_size=8)
enough_costs = st.lists(st.builds(SampleCost, usd, weights), min_size=5, max_size=8)
FIGURES = ("p50_usd", "p95_usd", "low_usd", "high_usd", "month_p95_usd")


def of(*amounts, weight=1):
    return [SampleCost(Decimal(amount), Decimal(weight)) for amount in amounts]


def figures(one):
    return [getattr(one, name) for name in FIGURES]


def test_percentiles_are_costs_that_were_seen():
    got = spread(of("0.04", "0.01", "0.03", "0.02"), MONTH)
    assert (got.samples, got.p50_usd, got.p95_usd) == (4, Decimal("0.02"), Decimal("0.04"))


def test_of_twenty_samples_the_nineteenth_is_the_95th_percentile():
    got = spread(of(*range(1, 21)), MONTH)
    assert (got.p50_usd, got.p95_usd) == (10, 19)
    assert spread(of(*range(1, 22)), MONTH).p95_usd == 20


def test_weights_move_percentiles():
    """Of a whole of 10 the cheap sample is 5, exactly the half; one more for the dear ones, and it is none."""
    assert spread([*of("0.01", weight=5), *of("0.09", weight=5)], MONTH).p50_usd == Decimal("0.01")
    assert spread([*of("0.01", weight=5), *of("0.09", weight=6)], MONTH).p50_usd == Decimal("0.09")
    assert spread([*of("0.01", weight=95), *of("0.09", weight=5)], MONTH).p95_usd == Decimal("0.01")


def test_shares_of_a_session_are_kept_exact_until_they_are_rounded():
    costs = [SampleCost(Fraction(1, 3)), SampleCost(Fraction(2, 3))]
    assert percentile([(cost.usd, cost.weight) for cost in costs], MEDIAN) == Fraction(1, 3)
    assert spread(costs, MONTH).p95_usd == Decimal("0.666666666667")


def test_the_bounds_are_those_of_the_mean_in_a_month():
    """Drawn once and written down; the mean is $0.03 a request, $3,000 a month."""
    got = spread(of("0.01", "0.02", "0.03", "0.04", "0.05"), MONTH)
    assert (got.low_usd, got.month_p95_usd, got.high_usd) == (1_800, 4_000, 4_200)


def test_fewer_than_five_samples_have_percentiles_and_no_interval():
    got = spread([*of("1", "2", "3", "4"), *of("9", weight=0)], MONTH)
    assert figures(got) == [2, 4, None, None, None]
    assert got.samples == 4


def test_samples_that_cost_the_same_leave_no_doubt():
    assert figures(spread(of(*["0.02"] * 5), MONTH)) == [Decimal("0.02")] * 2 + [2_000] * 3


def test_a_cost_that_is_not_known_leaves_all_unknown():
    assert spread([*of("1", "2", "3", "4", "5"), SampleCost(None)], MONTH) is None
    assert spread([*of("1"), SampleCost(None, Decimal(0))], MONTH).p50_usd == 1


@pytest.mark.parametrize("costs", [[], of("1", "2", weight=0)])
def test_without_samples_there_is_no_spread(costs):
    assert spread(costs, MONTH) is None


def test_a_month_of_very_many_samples_is_never_below_nothing():
    """One of 501 costs anything: the interval of a normal mean would begin below 0."""
    got = spread(of("1", *["0"] * 500), MONTH)
    assert got.low_usd == 0
    assert 0 < got.month_p95_usd < got.high_usd


@given(some_costs)
def test_no_traffic_is_no_month_and_no_cost_is_no_spread(costs):
    still = spread(costs, Fraction(0))
    assert {still.low_usd, still.high_usd, still.month_p95_usd} <= {0, None}
    free = spread([cost._replace(usd=Decimal(0)) for cost in costs], MONTH)
    assert set(figures(free)) <= {0, None}


@given(some_costs)
def test_percentiles_are_in_order_and_among_the_costs(costs):
    got = spread(costs, MONTH)
    assert min(cost.usd for cost in costs) <= got.p50_usd <= got.p95_usd <= max(cost.usd for cost in costs)
    assert {got.p50_usd, got.p95_usd} <= {cost.usd for cost in costs}


@given(some_costs, st.sampled_from([MEDIAN, P95]))
def test_a_percentile_is_the_smallest_cost_that_reaches_its_share(costs, share):
    whole = sum(Fraction(cost.weight) for cost in costs)

    def reached(usd):
        return sum(Fraction(cost.weight) for cost in costs if cost.usd <= usd) / whole

    got = percentile([(cost.usd, cost.weight) for cost in costs], share)
    assert reached(got) >= share
    assert all(reached(cost.usd) < share for cost in costs if cost.usd < got)


@given(enough_costs)
def test_the_bounds_are_in_order_and_between_the_cheapest_and_the_dearest(costs):
    got = spread(costs, MONTH)
    cheapest, dearest = (pick(cost.usd for cost in costs) * 100_000 for pick in (min, max))
    assert cheapest <= got.low_usd <= got.month_p95_usd <= got.high_usd <= dearest


@given(some_costs, st.randoms())
def test_the_order_of_samples_changes_nothing(costs, random):
    assert spread(costs, MONTH) == spread(random.sample(costs, len(costs)), MONTH)


@given(enough_costs, st.integers(1, 1_000))
def test_so_much_more_traffic_is_so_much_more_of_a_month_and_the_same_per_request(costs, times):
    """Exactly so before rounding: half of the last place on each side is all that lies between."""
    one, many = spread(costs, MONTH), spread(costs, MONTH * times)
    assert figures(one)[:2] == figures(many)[:2]
    for before, after in zip(figures(one)[2:], figures(many)[2:], strict=True):
        assert abs(Fraction(after) - Fraction(before) * times) <= Fraction(times + 1, 2 * 10**12)


@given(st.lists(st.tuples(usd, usd), min_size=5, max_size=8))
def test_dearer_samples_never_make_a_cheaper_figure(pairs):
    cheap, dear = of(*(min(pair) for pair in pairs)), of(*(max(pair) for pair in pairs))
    assert all(a <= b for a, b in zip(figures(spread(cheap, MONTH)), figures(spread(dear, MONTH)), strict=True))


@given(enough_costs)
def test_every_amount_is_a_decimal_that_other_contexts_do_not_change(costs):
    expected = spread(costs, MONTH / 7)
    assert {type(figure) for figure in figures(expected)} == {Decimal}
    with localcontext(Context(prec=4, rounding="ROUND_UP")):
        assert spread(costs, MONTH / 7) == expected
