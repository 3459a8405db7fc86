"""Break-even: machines and training by hand, and what holds at and around the point itself."""

from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.break_even import Hosting, Machine, months_to_pay_back, self_hosting

GPU = Machine(usd_per_month=Decimal(3_000), tokens_per_day=Decimal(100_000_000))
DAYS = Decimal(30)

bills = st.decimals(min_value="0.01", max_value=10**6, places=2)
tokens = st.fractions(min_value=1, max_value=10**12, max_denominator=30)
machines = st.builds(
    Machine,
    usd_per_month=bills,
    tokens_per_day=st.decimals(min_value=10**5, max_value=10**9, places=0),
)


def test_case_23_a_gpu_against_an_api_at_fifteen_thousand_dollars():
    got = self_hosting(Decimal(15_000), Fraction(100_000_000 * 30), GPU, DAYS)
    assert got == Hosting(
        machines=1,
        usd=Decimal(3_000),
        saving_usd=Decimal(12_000),
        break_even=Fraction(20_000_000),
        is_within_reach=True,
    )


def test_case_23_the_break_even_is_where_the_bill_of_the_api_passes_that_of_the_machine():
    """$5 per million tokens: 20 million tokens a day are 600 million a month, and $3,000."""
    assert self_hosting(Decimal(3_000), Fraction(600_000_000), GPU, DAYS).saving_usd == 0
    assert self_hosting(Decimal(3_005), Fraction(601_000_000), GPU, DAYS).saving_usd == 5
    assert self_hosting(Decimal(2_995), Fraction(599_000_000), GPU, DAYS).saving_usd == -5


@pytest.mark.parametrize(
    ("per_day", "number"), [(0, 1), (1, 1), (100_000_000, 1), (100_000_001, 2), (200_000_000, 2), (950_000_000, 10)]
)
def test_machines_are_whole_and_at_least_one(per_day, number):
    got = self_hosting(Decimal(15_000), Fraction(per_day * 30), GPU, DAYS)
    assert (got.machines, got.usd) == (number, 3_000 * number)
    assert got.saving_usd == 15_000 - 3_000 * number


def test_a_break_even_beyond_what_a_machine_serves_is_out_of_reach():
    """$0.50 per million tokens: $3,000 buy 200 million tokens a day, twice what the machine serves."""
    got = self_hosting(Decimal(1_500), Fraction(3_000_000_000), GPU, DAYS)
    assert (got.break_even, got.is_within_reach) == (200_000_000, False)


def test_an_api_that_costs_nothing_is_never_passed():
    got = self_hosting(Decimal(0), Fraction(3_000_000_000), GPU, DAYS)
    assert (got.machines, got.saving_usd) == (1, -3_000)
    assert (got.break_even, got.is_within_reach) == (None, False)


def test_a_break_even_is_exact():
    assert self_hosting(Decimal(7), Fraction(1), GPU, Decimal(30)).break_even == Fraction(100, 7)


@given(bills, tokens, machines)
def test_at_the_break_even_the_api_costs_what_one_machine_costs(usd, month, machine):
    even = self_hosting(usd, month, machine, DAYS).break_even
    assert Fraction(usd) / month * even * 30 == machine.usd_per_month


@given(bills, tokens, machines)
def test_one_machine_saves_something_just_above_the_break_even_where_that_is_within_reach(usd, month, machine):
    got = self_hosting(usd, month, machine, DAYS)
    if got.machines == 1:
        assert (got.saving_usd > 0) == (month / 30 > got.break_even)
    if not got.is_within_reach:
        assert got.saving_usd < 0


@given(bills, tokens, tokens, machines)
def test_more_tokens_never_take_fewer_machines_nor_less_money(usd, one, other, machine):
    few, many = (self_hosting(usd, month, machine, DAYS) for month in sorted((one, other)))
    assert few.machines <= many.machines
    assert few.usd <= many.usd


@given(bills, bills, tokens, machines)
def test_a_dearer_api_saves_no_less_and_breaks_even_no_later(one, other, month, machine):
    cheap, dear = (self_hosting(usd, month, machine, DAYS) for usd in sorted((one, other)))
    assert cheap.saving_usd <= dear.saving_usd
    assert dear.break_even <= cheap.break_even


@given(bills, tokens, machines, st.integers(1, 50))
def test_so_many_times_the_bill_for_so_many_times_the_tokens_breaks_even_at_the_same_point(usd, month, machine, times):
    one, many = (self_hosting(usd * n, month * n, machine, DAYS) for n in (1, times))
    assert one.break_even == many.break_even


@given(bills, tokens, machines)
def test_no_figure_is_a_float_or_changes_with_the_context(usd, month, machine):
    expected = self_hosting(usd, month, machine, DAYS)
    assert [type(getattr(expected, name)) for name in Hosting.__slots__] == [int, Decimal, Decimal, Fraction, bool]
    with localcontext(Context(prec=4, rounding="ROUND_UP")):
        assert self_hosting(usd, month, machine, DAYS) == expected


@pytest.mark.parametrize(
    ("once", "saving", "months"),
    [
        ("600", "200", Fraction(3)),
        ("500", "200", Fraction(5, 2)),
        ("100", "300", Fraction(1, 3)),
        ("0", "200", Fraction(0)),
        ("0", "0", Fraction(0)),
        ("600", "0", None),
        ("600", "-1", None),
        ("0", "-1", None),
    ],
)
def test_training_is_paid_back_by_what_it_saves_each_month(once, saving, months):
    assert months_to_pay_back(Decimal(once), Decimal(saving)) == months


@given(bills, bills, bills)
def test_dearer_training_and_smaller_savings_are_paid_back_no_sooner(once, saving, more):
    months = months_to_pay_back(once, saving)
    assert type(months) is Fraction
    assert months <= months_to_pay_back(once + more, saving)
    assert months_to_pay_back(once, saving + more) <= months


@given(bills, bills, st.integers(1, 1_000))
def test_so_many_times_both_amounts_take_as_long(once, saving, times):
    assert months_to_pay_back(once * times, saving * times) == months_to_pay_back(once, saving)
