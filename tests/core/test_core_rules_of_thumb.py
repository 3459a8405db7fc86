"""Rules of thumb: the published figures as they were published, and what is made of them."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.rules_of_thumb import DEVELOPMENT, GROWTH, PARTS, TYPICAL_SHARES, Part, factor, from_naive

usd = st.decimals(min_value=0, max_value=10**9, places=6)
some_parts = st.lists(st.builds(Part, st.just("x"), st.decimals(min_value=0, max_value=5, places=2))).map(tuple)
growths = st.decimals(min_value=0, max_value=9, places=2)


def test_case_17_a_naive_estimate_is_multiplied_by_three_and_three_quarters():
    assert [(part.name, str(part.times)) for part in PARTS] == [
        ("retries", "1.5"),
        ("evaluation", "0.3"),
        ("staging", "0.5"),
        ("monitoring", "0.2"),
    ]
    assert Decimal("1.5") == GROWTH
    assert factor() == Decimal("3.75")
    assert from_naive(Decimal(4_000)) == 15_000


def test_other_parts_make_another_factor():
    assert factor((*PARTS, Part("experiments", Decimal("0.5")))) == Decimal("4.5")
    assert factor(PARTS, Decimal(1)) == Decimal("2.5")
    assert factor(()) == 0


def test_the_ranges_are_those_that_were_published():
    assert [(one.name, str(one.low), str(one.high)) for one in TYPICAL_SHARES] == [
        ("retries", "0.10", "0.30"),
        ("evaluation", "0.10", "0.20"),
        ("monitoring", "0.05", "0.15"),
        ("buffer", "0.30", "0.30"),
    ]
    assert (DEVELOPMENT.low, DEVELOPMENT.high) == (2, 3)
    assert all(one.low <= one.high for one in (*TYPICAL_SHARES, DEVELOPMENT))


def test_an_estimate_that_is_not_known_stays_unknown():
    assert from_naive(None) is None
    assert from_naive(Decimal(0)) == 0


@given(usd, usd)
def test_a_larger_estimate_is_no_smaller_afterwards(one, other):
    low, high = sorted((one, other))
    assert low <= from_naive(low) <= from_naive(high)


@given(usd, st.integers(1, 1_000))
def test_so_many_times_the_estimate_is_exactly_so_many_times_as_much(amount, times):
    assert from_naive(amount * times) == Fraction(from_naive(amount)) * times


@given(some_parts, some_parts, growths)
def test_the_parts_of_a_factor_add_up_exactly(these, those, growth):
    assert factor(these + those, growth) == Fraction(factor(these, growth)) + Fraction(factor(those, growth))


@given(usd, some_parts, growths)
def test_every_figure_is_a_decimal_that_other_contexts_do_not_change(amount, parts, growth):
    expected = factor(parts, growth), from_naive(amount)
    assert {type(figure) for figure in expected} == {Decimal}
    with localcontext(Context(prec=3, rounding="ROUND_UP")):
        assert (factor(parts, growth), from_naive(amount)) == expected
