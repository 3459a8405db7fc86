"""Figures as words: rounded, and never to a lie."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.currency import USD
from pytest_llmcost.core.report import Use
from pytest_llmcost.render.figures import amount, change, count, pair, per_thousand, share, shares, tokens, worst

MEANS = st.decimals(min_value=0, max_value=10**9, places=12)
SHARES = st.decimals(min_value=0, max_value=1, places=12)


def use(limit, actual, unit="usd", key="monthly_usd"):
    return Use(key=key, limit=Decimal(limit), actual=None if actual is None else Decimal(actual), unit=unit)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        ("0.01", "<0.1"),
        ("0.5", "0.5"),
        ("1.333333333333", "1.3"),
        ("9.96", "10.0"),
        ("1645.333333333333", "1,645"),
        (500_000, "500,000"),
        ("1E+3", "1,000"),
    ],
)
def test_a_mean_has_the_digits_that_matter(value, text):
    assert count(None if value is None else Decimal(value)) == text


def test_tokens_are_in_and_out():
    assert tokens(1234, 56) == "1,234 -> 56"
    assert tokens(None, None) == "-"


def test_a_request_is_drawn_per_1000():
    assert per_thousand(Decimal("0.005741"), USD) == "$5.74"
    assert per_thousand(None, USD) == "?"
    assert amount(use("0.02", "0.01", key="request_usd"), Decimal("0.02"), USD) == "$20.00"
    assert amount(use("0.02", "0.01"), Decimal("0.02"), USD) == "$0.020"
    assert amount(use(4000, None, "tokens"), None, USD) == "?"


@pytest.mark.parametrize(
    ("limit", "actual", "text"),
    [
        (100, 0, "0%"),
        (100, "0.1", "<1%"),
        (100, "99.999", "99%"),
        (100, 100, "100%"),
        (100, "100.001", "101%"),
        (100, 123_456, "123,456%"),
        (0, 1, ">100%"),
        (0, 0, "0%"),
        (100, None, "?"),
    ],
)
def test_a_share_tells_whether_the_limit_holds(limit, actual, text):
    assert share(use(limit, actual)) == text


def test_the_worst_budget_is_the_fullest_and_an_unknown_one_is_worse_than_a_kept_one():
    assert worst([use(10, 1), use(10, 7)]) == "70%"
    assert worst([use(10, 1), use(10, None)]) == "?"
    assert worst([use(10, 11), use(10, None)]) == "110%"
    assert worst([]) == "-"


@pytest.mark.parametrize(
    ("before", "after", "drawn"),
    [
        ("2310", "4150.2", ("2,310", "4,150")),
        ("1", "2", ("1", "2")),
        ("1200.04", "1200.01", ("1,200.04", "1,200.01")),
        ("9.96", "10", ("9.96", "10.00")),
        ("1234.4", "1234.4", ("1,234", "1,234")),
        ("0", "0.00004", ("0", "<0.1")),
        ("0.01", "0.02", ("0.01", "0.02")),
        (None, "212", ("-", "212")),
        (None, None, ("-", "-")),
    ],
)
def test_two_means_have_the_digits_that_tell_them_apart(before, after, drawn):
    assert pair(*(None if value is None else Decimal(value) for value in (before, after))) == drawn


@pytest.mark.parametrize(
    ("before", "after", "drawn"),
    [
        ("0.82", "0.41", ("82%", "41%")),
        ("0", "0.003", ("0%", "<1%")),
        ("0.0001", "0.004", ("<0.1%", "0.4%")),
        ("0.999", "1", (">99%", "100%")),
        ("0.821", "0.824", ("82.1%", "82.4%")),
        ("0.5", "0.5", ("50%", "50%")),
        (None, "0.5", ("-", "50%")),
    ],
)
def test_two_shares_are_told_apart_and_never_nothing_for_something_or_all_for_less(before, after, drawn):
    assert shares(*(None if value is None else Decimal(value) for value in (before, after))) == drawn


@given(before=MEANS, after=MEANS)
def test_two_means_are_drawn_alike_only_when_they_are_equal(before, after):
    first, second = pair(before, after)
    assert (first == second) == (before == after)


@given(before=SHARES, after=SHARES)
def test_two_shares_are_drawn_alike_only_when_they_are_equal(before, after):
    first, second = shares(before, after)
    assert (first == second) == (before == after)
    for value, drawn in ((before, first), (after, second)):
        assert (drawn.rstrip("0%") in {"", "0."}) == (value == 0)
        assert drawn.startswith("100") == (value == 1)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("2310", "4150.2", "+1,840"),
        ("3", "2.5", "-0.5"),
        ("0", "0.0321", "+0.03"),
        ("0.096", "0", "-0.1"),
        ("7", "7", "0"),
    ],
)
def test_a_difference_has_its_sign_and_is_never_0_for_something(before, after, text):
    assert change(Decimal(before), Decimal(after)) == text
