"""Economics: unit costs by hand, and what holds for all of them."""

from dataclasses import astuple, fields, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.economics import Business, UnitCosts, at_users, unit_costs

usd = st.decimals(min_value=0, max_value=10**7, places=6)
positive = st.decimals(min_value="0.01", max_value=10**7, places=2)
businesses = st.builds(
    Business,
    requests=st.fractions(min_value=1, max_value=10**8, max_denominator=30),
    turns_per_session=st.decimals(min_value=1, max_value=50, places=1),
    users=positive,
    conversion_rate=st.decimals(min_value="0.001", max_value=1, places=3),
    revenue_usd=positive,
)
NAMES = [field.name for field in fields(UnitCosts)]
SUPPORT = Business(
    requests=Fraction(500_000),
    turns_per_session=Decimal(10),
    users=Decimal(20_000),
    conversion_rate=Decimal("0.04"),
    revenue_usd=Decimal(16_000),
)


def test_a_month_is_shared_out_among_all_that_is_declared():
    assert unit_costs(Decimal(4_000), SUPPORT) == UnitCosts(
        per_request=Decimal("0.008"),
        per_session=Decimal("0.08"),
        per_user=Decimal("0.2"),
        per_conversion=Decimal(2),
        share_of_revenue=Decimal("0.25"),
    )
    assert (SUPPORT.sessions, SUPPORT.conversions) == (50_000, 2_000)


def test_case_8_the_same_cost_per_user_for_more_users():
    assert unit_costs(Decimal(840), Business(users=Decimal(2_000))).per_user == Decimal("0.42")
    assert at_users(Decimal(840), users=Decimal(2_000), other=Decimal(50_000)) == 21_000


def test_case_10_ten_times_the_users_cost_ten_times_as_much():
    agents = Business(requests=Fraction(10_000 * 10 * 30), users=Decimal(10_000))
    costs = unit_costs(Decimal(15_000), agents)
    assert (costs.per_request, costs.per_user) == (Decimal("0.005"), Decimal("1.5"))
    assert at_users(Decimal(15_000), users=Decimal(10_000), other=Decimal(100_000)) == 150_000


def test_case_21_four_cents_a_session_of_which_two_percent_convert():
    shop = Business(requests=Fraction(3_000), turns_per_session=Decimal(3), conversion_rate=Decimal("0.02"))
    costs = unit_costs(Decimal(40), shop)
    assert (costs.per_session, costs.per_conversion) == (Decimal("0.04"), 2)


@pytest.mark.parametrize(
    ("undeclared", "unknown"),
    [
        ("requests", {"per_request", "per_session", "per_conversion"}),
        ("turns_per_session", {"per_session", "per_conversion"}),
        ("users", {"per_user"}),
        ("conversion_rate", {"per_conversion"}),
        ("revenue_usd", {"share_of_revenue"}),
    ],
)
@pytest.mark.parametrize("value", [None, 0])
def test_what_is_not_declared_or_not_there_leaves_its_own_units_unknown(undeclared, unknown, value):
    nothing = Fraction(0) if undeclared == "requests" else Decimal(0)
    costs = unit_costs(Decimal(4_000), replace(SUPPORT, **{undeclared: None if value is None else nothing}))
    assert {name for name in NAMES if getattr(costs, name) is None} == unknown


def test_an_unknown_month_leaves_every_unit_unknown():
    assert set(astuple(unit_costs(None, SUPPORT))) == {None}
    assert at_users(None, users=Decimal(1), other=Decimal(2)) is None
    assert at_users(Decimal(1), users=None, other=Decimal(2)) is None
    assert at_users(Decimal(1), users=Decimal(0), other=Decimal(2)) is None


def test_as_many_users_as_before_cost_the_same_to_the_last_digit():
    """A cost per user that is rounded first would give another sum."""
    assert at_users(Decimal(1), users=Decimal(7), other=Decimal(7)) == 1


@given(businesses)
def test_a_month_that_costs_nothing_costs_nothing_per_unit(business):
    assert set(astuple(unit_costs(Decimal(0), business))) == {0}


@given(usd, usd, businesses)
def test_a_dearer_month_is_no_cheaper_per_unit(one, other, business):
    low, high = (astuple(unit_costs(amount, business)) for amount in sorted((one, other)))
    assert all(a <= b for a, b in zip(low, high, strict=True))


@given(usd, businesses, st.integers(1, 1_000))
def test_a_cost_that_grows_with_its_units_is_the_same_per_unit(amount, business, times):
    grown = replace(
        business,
        requests=business.requests * times,
        users=business.users * times,
        revenue_usd=business.revenue_usd * times,
    )
    assert unit_costs(Decimal(times) * amount, grown) == unit_costs(amount, business)


@given(usd, businesses)
def test_units_and_what_each_costs_give_the_month_again(amount, business):
    costs = unit_costs(amount, business)
    units = (business.requests, business.sessions, business.users, business.conversions, business.revenue_usd)
    for cost, number in zip(astuple(costs), units, strict=True):
        assert abs(Fraction(cost) * Fraction(number) - Fraction(amount)) <= Fraction(number) / (2 * 10**12)


@given(usd, positive, st.integers(1, 1_000))
def test_so_many_times_the_users_cost_exactly_so_many_times_as_much(amount, users, times):
    assert at_users(amount, users=users, other=users * times) == Fraction(amount) * times


@given(usd, businesses)
def test_every_amount_is_a_decimal_that_other_contexts_do_not_change(amount, business):
    expected = unit_costs(amount, business)
    assert {type(cost) for cost in astuple(expected)} == {Decimal}
    with localcontext(Context(prec=4, rounding="ROUND_UP")):
        assert unit_costs(amount, business) == expected
