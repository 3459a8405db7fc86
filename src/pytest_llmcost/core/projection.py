"""Projection: from what one request costs to what a month costs, under a scenario."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO, dollars

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.usage import Usage


def under(usage: Usage, scenario: Scenario) -> Usage:
    """Return the usage of one call under a scenario: grown input is uncached, and without caching all input is."""
    if scenario.context_growth:
        grown = round(usage.input_tokens * Fraction(scenario.context_growth))
        usage = replace(usage, input_tokens=usage.input_tokens + grown)
    if not scenario.caching and (usage.cache_read_tokens or usage.cache_write_tokens):
        usage = replace(usage, cache_read_tokens=0, cache_write_tokens=0, cache_write_1h_tokens=None)
    return usage


def cost_per_request(request: Request, scenario: Scenario, price: Price) -> Fraction | None:
    """Return exact US dollars per request; None while any of its calls has no price."""
    sums: dict[Fraction, Decimal] = {}
    for product, usage, share in request.parts:
        usd = price(product, under(usage, scenario)).usd
        if usd is None:
            return None
        sums[share] = CONTEXT.add(sums.get(share, ZERO), usd)
    return sum((Fraction(usd) * share for share, usd in sums.items()), Fraction(0))


def monthly(request: Request, requests: Fraction, scenario: Scenario, price: Price) -> Decimal | None:
    """Return US dollars per month: requests per month x the scenario's traffic x cost per request."""
    each = cost_per_request(request, scenario, price)
    return None if each is None else dollars(each * requests * Fraction(scenario.traffic))
