"""Bootstrap: the means of the resamples, in their exact order; what noise makes of them is in `test_core_noise`."""

from decimal import Decimal
from fractions import Fraction
from math import sqrt
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.bootstrap import _FEW, _RESAMPLES, ENOUGH, _draws, _kept, table
from pytest_llmcost.core.money import dollars

usd = st.fractions(min_value=-10, max_value=10, max_denominator=60)
weights = st.sampled_from([Decimal(1), Decimal(3), Decimal("0.25")])
some_rows = st.lists(st.tuples(usd, weights), min_size=ENOUGH, max_size=8)


@given(some_rows)
def test_the_bounds_are_means_of_resamples_in_the_order_of_exact_fractions(rows):
    """Redone here with fractions alone."""
    exact = sorted((Fraction(weight), Fraction(weight) * amount) for amount, weight in rows)
    means = sorted(
        sum(exact[pick][1] for pick in draw) / sum(exact[pick][0] for pick in draw) for draw in _draws(len(rows))
    )
    expected = [dollars(means[number] * 3) for number in (49, 1950, 1899)]
    assert list(table(rows, Fraction(3)).bounds()) == expected


@given(some_rows)
def test_the_mean_is_the_weighted_one_and_exact(rows):
    whole = sum(Fraction(weight) for _, weight in rows)
    mean = sum(Fraction(weight) * amount for amount, weight in rows) / whole
    assert table(rows, Fraction(1, 3)).mean_usd == mean / 3


@pytest.mark.parametrize("count", [1, 7, _FEW, _FEW + 1, 300])
def test_each_resample_draws_as_many_rows_as_there_are(count):
    draws = list(_draws(count))
    assert len(draws) == _RESAMPLES
    assert {len(draw) for draw in draws} == {count}
    assert {pick for draw in draws for pick in draw} == set(range(count))


def test_draws_that_are_kept_are_those_that_are_drawn():
    assert _kept(6) == tuple(_draws(6))


@pytest.mark.parametrize("count", [_FEW, _FEW + 1, 500, 501])
def test_the_bounds_of_many_rows_are_those_of_a_normal_mean(count):
    """Up to 500 rows they are drawn, above they are computed; both must say much the same."""
    amounts = [Decimal((number * 37) % 101) for number in range(count)]
    low, high, p95 = table([(amount, Decimal(2)) for amount in amounts], Fraction(1)).bounds()
    error, mean = stdev(map(float, amounts)) / sqrt(count), float(sum(amounts)) / count
    for bound, errors in ((low, -1.96), (high, 1.96), (p95, 1.645)):
        assert float(bound) == pytest.approx(mean + errors * error, abs=error / 4)
