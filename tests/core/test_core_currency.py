"""What amounts are drawn in: signs and codes, decimals, and that nothing is drawn as less than it is."""

import re
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.currency import USD, Currency

amounts = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=12)
rates = st.decimals(min_value="1e-9", max_value=10**9, allow_nan=False, places=9)


def of(code, rate="1"):
    return Currency(code=code, per_usd=Decimal(rate))


@pytest.mark.parametrize(
    ("currency", "usd", "drawn"),
    [
        (of("EUR", "0.92"), "100", "€92.00"),
        (of("EUR", "0.92"), "-1234.5", "-€1,135.74"),
        (of("EUR", "0.92"), "0.0042", "€0.0039"),
        (of("EUR", "0.92"), "0", "€0.00"),
        (of("GBP", "0.75"), "2", "£1.50"),
        (of("JPY", "155"), "1234.5", "¥191,348"),
        (of("JPY", "155"), "0.0101", "¥1.6"),
        (of("JPY", "155"), "0.064", "¥9.9"),
        (of("JPY", "155"), "0.0645", "¥10"),
        (of("JPY", "155"), "0.0001", "¥0.016"),
        (of("JPY", "155"), "0", "¥0"),
        (of("KWD", "0.307"), "10", "KWD 3.070"),
        (of("KWD", "0.307"), "0", "KWD 0.000"),
        (of("CHF", "0.8"), "15", "CHF 12.00"),
        (of("CHF", "0.8"), "-15", "-CHF 12.00"),
        (of("CNY", "7"), "2", "CNY 14.00"),
    ],
)
def test_an_amount_has_the_sign_and_the_decimals_of_its_currency(currency, usd, drawn):
    assert currency.draw(Decimal(usd)) == drawn


def test_a_sign_stands_before_the_currency():
    assert of("CHF", "0.8").draw(Decimal(15), sign=True) == "+CHF 12.00"
    assert of("EUR").draw(Decimal(0), sign=True) == "€0.00"
    assert of("EUR").draw(None) == "?"


@given(amounts, rates, st.sampled_from(["EUR", "JPY", "KWD", "CHF"]))
def test_what_is_drawn_is_the_amount_at_its_rate_to_the_last_digit_shown(usd, rate, code):
    currency = Currency(code=code, per_usd=rate)
    text = currency.draw(usd)
    assert (re.search("[1-9]", text) is not None) == (usd != 0)
    assert text.startswith("-") == (usd < 0)
    shown = Fraction(re.sub(r"[^0-9.\-]", "", text))
    places = len(text.partition(".")[2])
    assert abs(shown - Fraction(usd) * Fraction(rate)) <= Fraction(1, 2 * 10**places)


def test_the_global_decimal_context_changes_nothing():
    with localcontext() as context:
        context.prec = 3
        assert of("EUR", "0.912345").draw(Decimal("123456.78")) == "€112,635.18"
        assert of("EUR", "0.912345").draw_whole(Decimal("123456.78")) == "€112,635"


def test_without_cents_it_is_whole_and_a_hundred_is_a_hundred_of_the_currency():
    assert of("EUR", "0.5").draw_whole(Decimal(-2469)) == "-€1,234"
    assert of("CHF", "0.5").draw_whole(Decimal(1001)) == "CHF 500"
    assert of("EUR", "0.5").worth_100(Decimal(200))
    assert not of("EUR", "0.5").worth_100(Decimal("199.99"))


def test_the_rate_is_told_as_declared_and_dollars_need_none():
    euro = Currency(code="EUR", per_usd=Decimal("0.920"), as_of=date(2026, 11, 2))
    assert euro.basis == "amounts in EUR at 0.92 per USD, declared, as of 2026-11-02"
    assert of("JPY", "150").basis == "amounts in JPY at 150 per USD, declared"
    assert USD.basis is None
    assert (USD.sign, USD.word) == ("$", "dollars")
    assert (euro.sign, euro.word) == ("€", "EUR")


@pytest.mark.parametrize(
    ("currency", "usd", "drawn"),
    [
        (USD, "2.5", "$2.50"),
        (USD, "0.0000001234", "$0.0000001234"),
        (USD, "0", "$0.00"),
        (of("EUR", "0.912345"), "0.1275", "€0.1163239875"),
        (of("JPY", "150"), "2.5", "¥375"),
        (of("JPY", "150"), "0.0001", "¥0.015"),
        (of("KWD", "0.5"), "3", "KWD 1.500"),
        (of("EUR", "0.7"), "0.33333333333333333333", "€0.233333333333"),
    ],
)
def test_a_rate_is_drawn_with_all_its_digits(currency, usd, drawn):
    assert currency.draw_exactly(Decimal(usd)) == drawn
