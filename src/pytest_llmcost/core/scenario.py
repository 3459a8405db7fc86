"""Scenario: the assumptions under which a month is projected."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Assumptions on top of what the tests measured.

    Attributes:
        name: `measured` is exactly what the tests saw, times traffic.
        traffic: factor on the declared requests per month.
        context_growth: share of input tokens added to every request, at the uncached price.
        caching: False prices cache reads like plain input.
    """

    name: str
    traffic: Decimal = Decimal(1)
    context_growth: Decimal = Decimal(0)
    caching: bool = True


MEASURED = Scenario(name="measured")

DEFAULTS = (
    Scenario(name="base", context_growth=Decimal("0.30")),
    Scenario(name="conservative", traffic=Decimal("0.2")),
    Scenario(name="aggressive", traffic=Decimal(3), context_growth=Decimal("0.50"), caching=False),
)
"""The three scenarios of every run; `[tool.llmcost.scenarios.<name>]` replaces one or adds more."""


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
