import re
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from core_values import money
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.currency import USD
from pytest_llmcost.core.money import dollars, percent, total

fractions = st.fractions(min_value=-(10**12), max_value=10**12)
any_amount = st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False) | st.decimals(
    min_value="-1e-12", max_value="1e-12", allow_nan=False
)


@given(fractions)
def test_dollars_are_within_half_of_the_twelfth_place(amount):
    rounded = dollars(amount)
    assert abs(Fraction(rounded) - amount) <= Fraction(1, 2 * 10**12)
    assert rounded.as_tuple().exponent >= -12


@given(st.integers(-(10**24), 10**24))
def test_dollars_keep_twelve_places_exactly(units):
    amount = Decimal(units).scaleb(-12, Context(prec=60))
    assert dollars(amount) == amount
    assert dollars(Fraction(units, 10**12)) == amount


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.5", "0"), ("1.5", "2"), ("2.5", "2"), ("-0.5", "0"), ("0.51", "1")]
)
def test_a_tie_at_the_twelfth_place_goes_to_the_even_digit(amount, rounded):
    scale = Decimal("1e-12")
    assert dollars(Decimal(amount) * scale) == Decimal(rounded) * scale
    assert dollars(Fraction(Decimal(amount)) / 10**12) == Decimal(rounded) * scale


@given(fractions)
def test_equal_amounts_are_written_alike(amount):
    text = str(dollars(amount))
    assert text == str(dollars(dollars(amount))) == str(dollars(Fraction(dollars(amount))))
    assert "E" not in text or abs(dollars(amount)) < Decimal("1e-6")


@pytest.mark.parametrize(("amount", "text"), [("100", "100"), ("1E+3", "1000"), ("1.500", "1.5"), ("0E-9", "0")])
def test_amounts_are_written_without_exponents_and_trailing_zeros(amount, text):
    assert str(dollars(Decimal(amount))) == text


@given(st.lists(fractions, max_size=20))
def test_rounded_parts_add_up_to_their_total(parts):
    rounded = [dollars(part) for part in parts]
    assert Fraction(total(rounded)) == sum(map(Fraction, rounded), Fraction(0))


def test_a_total_with_an_unknown_part_is_unknown():
    assert total([Decimal(1), None]) is None
    assert total([]) == 0


@pytest.mark.parametrize(
    ("amount", "drawn"),
    [
        ("0", "$0.00"),
        ("1E-12", "$0.0000000000010"),
        ("0.0042", "$0.0042"),
        ("0.00421", "$0.0042"),
        ("0.0999999", "$0.10"),
        ("0.5", "$0.50"),
        ("0.123", "$0.12"),
        ("0.994", "$0.99"),
        ("0.995", "$1.00"),
        ("0.9999999", "$1.00"),
        ("1", "$1.00"),
        ("1.005", "$1.00"),
        ("1.015", "$1.02"),
        ("1234.567", "$1,234.57"),
        ("999999.995", "$1,000,000.00"),
        ("22250", "$22,250.00"),
        ("-0.0042", "-$0.0042"),
        ("-1234.5", "-$1,234.50"),
    ],
)
def test_dollars_are_drawn_with_two_decimals_from_one_up_and_else_with_two_digits(amount, drawn):
    assert USD.draw(Decimal(amount)) == drawn


@given(any_amount)
def test_an_amount_above_zero_is_never_drawn_as_nothing(amount):
    text = USD.draw(amount)
    nothing = not re.search("[1-9]", text)
    assert nothing == (amount == 0)
    assert text.startswith("-") == (amount < 0)


@given(any_amount)
def test_what_is_drawn_is_within_half_of_its_last_digit(amount):
    text = USD.draw(amount)
    drawn = Fraction(text.replace("$", "").replace(",", ""))
    places = len(text.partition(".")[2])
    assert abs(drawn - Fraction(amount)) <= Fraction(1, 2 * 10**places)
    assert abs(amount) >= 1 or drawn == 1 or len(text.partition(".")[2].lstrip("0")) <= 2


def test_a_sign_is_drawn_when_it_is_asked_for():
    assert USD.draw(Decimal("3.1"), sign=True) == "+$3.10"
    assert USD.draw(Decimal("-3.1"), sign=True) == "-$3.10"
    assert USD.draw(Decimal(0), sign=True) == "$0.00"


def test_an_unknown_amount_is_a_question_mark():
    assert USD.draw(None) == "?"


@pytest.mark.parametrize(
    ("before", "after", "drawn"),
    [
        ("100", "118", "+18%"),
        ("100", "99.6", "-0.4%"),
        ("100", "100", "0%"),
        ("100", "100.0001", "+<0.1%"),
        ("100", "99.9999", "-<0.1%"),
        ("1000", "1000.9", "+<0.1%"),
        ("1000", "1001", "+0.1%"),
        ("100", "109.9", "+9.9%"),
        ("100", "110", "+10%"),
        ("3", "0", "-100%"),
        ("1", "1000", "+99900%"),
        ("0", "5", None),
    ],
)
def test_a_change_is_drawn_as_one_percentage(before, after, drawn):
    assert percent(Decimal(before), Decimal(after)) == drawn


@given(money, money)
def test_a_change_in_dollars_is_never_drawn_as_no_change(before, after):
    drawn = percent(before, after)
    assert (drawn is None) == (before == 0)
    assert drawn is None or (drawn == "0%") == (before == after)
    assert drawn is None or (drawn[0] == "+") == (after > before)


@given(any_amount, money, money)
def test_the_callers_decimal_context_changes_no_figure(amount, before, after):
    def figures():
        return (
            USD.draw(amount),
            percent(before, after),
            total([before, after]),
            dollars(before),
            dollars(Fraction(after)),
        )

    expected = figures()
    with localcontext(Context(prec=5, rounding="ROUND_UP", Emin=-9, Emax=9)):
        assert figures() == expected
