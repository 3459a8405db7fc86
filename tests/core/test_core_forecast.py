"""Forecast: growth, falling prices and fixed costs, by hand and as properties."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.forecast import forecast, year

usd = st.decimals(min_value=0, max_value=10**7, places=6)
growths = st.decimals(min_value=-99, max_value=100, places=1)
declines = st.decimals(min_value=0, max_value=99, places=1)
assumptions = st.fixed_dictionaries({"growth_percent": growths, "decline_percent": declines})
ROUNDING = Fraction(1, 10**12)


def of(amount, growth=0, decline=0, flat=0, months=12):
    return forecast(
        Decimal(amount),
        growth_percent=Decimal(growth),
        decline_percent=Decimal(decline),
        flat_usd=Decimal(flat),
        months=months,
    )


@pytest.mark.parametrize(("decline", "month"), [(40, 6_000), (60, 4_000)])
def test_case_24_ten_thousand_dollars_after_a_year_of_falling_prices(decline, month):
    assert of(10_000, decline=decline)[-1] == month


def test_growth_is_compounded_from_the_first_month_to_come():
    assert of(100, growth=10, months=3) == (110, 121, Decimal("133.1"))


def test_traffic_that_falls_is_a_growth_below_zero():
    assert of(800, growth=-50, months=3) == (400, 200, 100)


def test_prices_fall_by_the_twelfth_root_of_a_year_each_month():
    """The square root of a quarter is a half: half a year of a decline of 75%."""
    months = of(1_000, decline=75, months=24)
    assert months[5] == 500
    assert months[11] == 250
    assert months[17] == 125
    assert months[23] == Decimal("62.5")
    # 0.25 ** (1 / 12) = 2 ** (-1 / 6) = 0.890898718140339...
    assert months[0] == Decimal("890.898718140339")


def test_growth_and_decline_are_multiplied_and_fixed_costs_are_added_as_they_are():
    months = of(1_000, growth=100, decline=75, flat=500)
    assert months[5] == 1_000 * 2**6 / 2 + 500
    assert months[11] == 1_000 * 2**12 / 4 + 500


def test_without_growth_and_decline_each_month_is_like_today():
    assert of("1234.56", flat="0.44") == (1_235,) * 12
    assert year(of("1234.56", flat="0.44")) == 14_820


def test_as_many_months_as_are_asked_for():
    assert [len(of(1, months=months)) for months in (0, 1, 36)] == [0, 1, 36]
    assert year(()) == 0


@given(assumptions)
def test_nothing_today_is_nothing_later(rates):
    months = forecast(Decimal(0), **rates)
    assert months == (0,) * 12
    assert year(months) == 0


@given(usd, usd, assumptions)
def test_fixed_costs_are_in_each_month_once(amount, flat, rates):
    alone, both = forecast(amount, **rates), forecast(amount, flat_usd=flat, **rates)
    assert [Fraction(month) + Fraction(flat) for month in alone] == list(both)
    assert year(both) == Fraction(year(alone)) + 12 * Fraction(flat)


@given(usd, usd, assumptions)
def test_a_larger_month_today_is_no_smaller_later(one, other, rates):
    low, high = sorted((one, other))
    assert all(a <= b for a, b in zip(forecast(low, **rates), forecast(high, **rates), strict=True))


@given(usd, growths, growths, declines, declines)
def test_more_growth_never_costs_less_and_more_decline_never_more(amount, growth, more, decline, steeper):
    least = of(amount, min(growth, more), max(decline, steeper))
    most = of(amount, max(growth, more), min(decline, steeper))
    assert all(a <= b for a, b in zip(least, most, strict=True))


@given(usd, st.integers(1, 1_000), assumptions)
def test_so_many_times_the_month_is_so_many_times_the_forecast(amount, times, rates):
    """Exactly so before rounding: half of the last place on each side is all that lies between."""
    for one, many in zip(forecast(amount, **rates), forecast(Decimal(times) * amount, **rates), strict=True):
        assert abs(Fraction(many) - Fraction(one) * times) <= ROUNDING / 2 * (times + 1)


@given(usd, declines, st.integers(1, 24))
def test_a_year_of_decline_is_exact_from_any_month(amount, decline, month):
    """Month m + 12 is month m a year later, whatever root month m needed."""
    months = of(amount, 0, decline, months=36)
    left = 1 - Fraction(decline) / 100
    assert abs(Fraction(months[month + 11]) - Fraction(months[month - 1]) * left) <= ROUNDING


@given(usd, assumptions)
def test_every_amount_is_a_decimal_that_other_contexts_do_not_change(amount, rates):
    expected = forecast(amount, flat_usd=Decimal("0.1"), **rates)
    assert {type(month) for month in (*expected, year(expected))} == {Decimal}
    with localcontext(Context(prec=5, rounding="ROUND_UP")):
        assert forecast(amount, flat_usd=Decimal("0.1"), **rates) == expected
        assert year(expected) == year(forecast(amount, flat_usd=Decimal("0.1"), **rates))
