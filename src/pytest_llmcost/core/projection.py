"""Projection: from what one request costs to what a month costs, under a scenario."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, dollars, total
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.scenario import Scenario


def under(usage: Usage, scenario: Scenario) -> Usage:
    """Return the usage of one call under a scenario: grown input is uncached, and without caching all input is."""
    cached = usage.cache_read_tokens or usage.cache_write_tokens or usage.cache_write_1h_tokens
    keeps = scenario.caching or not cached
    if keeps and not scenario.context_growth:
        return usage
    growth = CONTEXT.to_integral_value(CONTEXT.multiply(scenario.context_growth, usage.input_tokens))
    return Usage(  # spelled out: `replace` takes twice as long, and this runs for every call and scenario
        input_tokens=usage.input_tokens + int(growth),
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens if keeps else 0,
        cache_write_tokens=usage.cache_write_tokens if keeps else 0,
        cache_write_1h_tokens=usage.cache_write_1h_tokens if keeps else None,
        reasoning_tokens=usage.reasoning_tokens,
        input_audio_tokens=usage.input_audio_tokens,
        output_audio_tokens=usage.output_audio_tokens,
        image_count=usage.image_count,
        web_searches=usage.web_searches,
        rerank_searches=usage.rerank_searches,
        document_pages=usage.document_pages,
        audio_seconds=usage.audio_seconds,
        input_characters=usage.input_characters,
    )


def cost_per_request(request: Request, scenario: Scenario, price: Price) -> Fraction | None:
    """Return exact US dollars per request; None while any of its calls has no price."""
    each = Fraction(0)
    for share, parts in request.by_share():
        usd = total(price(product, under(usage, scenario)).usd for product, usage, _ in parts)
        if usd is None:
            return None
        each += Fraction(usd) * share
    return each


def costs_per_request(request: Request, scenarios: Iterable[Scenario], price: Price) -> dict[str, Fraction | None]:
    """Return `cost_per_request` by scenario; those that differ in traffic only are priced once."""
    known: dict[tuple[Decimal, bool], Fraction | None] = {}
    costs: dict[str, Fraction | None] = {}
    for scenario in scenarios:
        key = scenario.context_growth, scenario.caching
        if key not in known:
            known[key] = cost_per_request(request, scenario, price)
        costs[scenario.name] = known[key]
    return costs


def together(overheads: Mapping[str, Decimal]) -> Fraction:
    """Return the sum of some overheads, as one share of the inference cost."""
    return sum(map(Fraction, overheads.values()), Fraction(0))


def monthly(
    request: Request, requests: Fraction, scenario: Scenario, price: Price, overheads: Fraction = Fraction(0)
) -> Decimal | None:
    """Return US dollars per month: requests per month x the scenario's traffic x cost per request x (1 + overheads)."""
    return month(cost_per_request(request, scenario, price), requests, scenario, overheads)


def month(
    each: Fraction | None, requests: Fraction, scenario: Scenario, overheads: Fraction = Fraction(0)
) -> Decimal | None:
    """Return US dollars per month from what one request costs; inference alone unless a share of overheads is given."""
    return None if each is None else dollars(each * requests * Fraction(scenario.traffic) * (1 + overheads))
