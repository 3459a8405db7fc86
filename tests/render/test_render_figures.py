"""Figures as words: rounded, and never to a lie."""

from decimal import Decimal

import pytest

from pytest_llmcost.core.report import Use
from pytest_llmcost.render.figures import amount, count, per_thousand, share, tokens, worst


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
    assert per_thousand(Decimal("0.005741")) == "$5.74"
    assert per_thousand(None) == "?"
    assert amount(use("0.02", "0.01", key="request_usd"), Decimal("0.02")) == "$20.00"
    assert amount(use("0.02", "0.01"), Decimal("0.02")) == "$0.020"
    assert amount(use(4000, None, "tokens"), None) == "?"


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
