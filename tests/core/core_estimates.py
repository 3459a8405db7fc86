"""Estimates for the tests of core: declared usage and traffic, with the prices that the published examples name."""

from dataclasses import replace
from decimal import Decimal

from core_values import EXACT, rates

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.compose import Book
from pytest_llmcost.core.declared import Declared
from pytest_llmcost.core.estimate import estimate
from pytest_llmcost.core.explanation import INPUT, READ, WRITE
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.settings import Settings
from pytest_llmcost.core.traffic import Traffic

RATES = {
    "gpt-4o": rates("2.50", 10, read="1.25"),
    "gpt-4o-mini": rates("0.15", "0.60", read="0.075"),
    "gpt-4": rates(30, 60),
    "claude-sonnet": rates(3, 15, read="0.30", write="3.75"),
    "claude-sonnet-without-premium": rates(3, 15, read="0.30", write=3),
    "claude-third": rates(1, 5, read="0.10", write="1.25"),
    "text-embedding-3-small": rates("0.02", 0),
}
"""USD per million tokens; a batch costs half of it."""


def price(product, usage):
    found = RATES[product.model](product, usage)
    return found if product.service_tier != "batch" else replace(found, usd=EXACT.divide(found.usd, 2))


BOOK = Book(price=price, prices=Prices(source="book", version="1", as_of="2026-11-21"))


def monthly(requests):
    return Traffic(requests_per_month=Decimal(requests))


def daily(requests):
    return Traffic(requests_per_day=Decimal(requests))


def declared(model="gpt-4o", tokens=(2_000, 300), traffic=None, served=None, **changes):
    """A feature of 500,000 requests a month unless said otherwise; `served` are fields of its production."""
    return Declared(
        name="chat",
        product=Product("anthropic" if model.startswith("claude") else "openai", model),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        traffic=traffic or monthly(500_000),
        production=Production(**{key: exact(value) for key, value in (served or {}).items()}),
        **changes,
    )


def exact(value):
    """Numbers of a production are decimals; whole ones, texts and tuples stay as they are."""
    return Decimal(value) if isinstance(value, str) else value


def estimated(*of, settings=None, **changes):
    """The report of an estimate."""
    return estimate(declared(*of, **changes), settings or Settings(), BOOK).report


def headline(*of, **changes):
    """The month of the headline scenario, everything together."""
    report = estimated(*of, **changes)
    return report.scenarios[report.headline]


def month(*of, scenario="measured", **changes):
    return estimated(*of, **changes).scenarios[scenario].monthly_usd


def units(*of, **changes):
    return estimated(*of, **changes).features[0].units


def bought(*of, kinds=(INPUT, READ, WRITE), **changes):
    """How many tokens a month buys, of whatever model: those of the whole input unless said otherwise."""
    return sum(one.amount for one in estimated(*of, **changes).features[0].bought if one.kind in kinds)
