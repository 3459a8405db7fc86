"""Scenario: the assumptions under which a month is projected."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


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
