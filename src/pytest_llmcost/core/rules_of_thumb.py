"""Rules of thumb: what is published about costs that no test shows; to check a month against, never to make one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from pytest_llmcost.core.money import dollars

SOURCE = "four published articles on production LLM cost, 2025-2026"
AS_OF = "2026-11-27"
"""The day on which the sums below were done again by hand."""


class Part(NamedTuple):
    """One part of the published factor: its name, and how many times a naive estimate it is."""

    name: str
    times: Decimal


PARTS = (
    Part("retries", Decimal("1.5")),
    Part("evaluation", Decimal("0.3")),
    Part("staging", Decimal("0.5")),
    Part("monitoring", Decimal("0.2")),
)
GROWTH = Decimal("1.5")
"""Times the sum of the parts."""


class Typical(NamedTuple):
    """The range that is published for one overhead; both ends are the same where one figure is."""

    name: str
    low: Decimal
    high: Decimal


TYPICAL_SHARES = (
    Typical("retries", Decimal("0.10"), Decimal("0.30")),
    Typical("evaluation", Decimal("0.10"), Decimal("0.20")),
    Typical("monitoring", Decimal("0.05"), Decimal("0.15")),
    Typical("buffer", Decimal("0.30"), Decimal("0.30")),
)
"""Shares of the inference cost of a month."""

DEVELOPMENT = Typical("development", Decimal(2), Decimal(3))
"""Times the first month in production; paid once."""


def factor(parts: tuple[Part, ...] = PARTS, growth: Decimal = GROWTH) -> Decimal:
    """Return what a naive estimate is multiplied by: the sum of the parts x growth; exact.

    As published that is (1.5 + 0.3 + 0.5 + 0.2) x 1.5 = 3.75, "about four times" in the article.
    """
    whole = sum((Fraction(part.times) for part in parts), Fraction(0))
    return dollars(whole * Fraction(growth))


def from_naive(usd: Decimal | None) -> Decimal | None:
    """Return what the published factor makes of US dollars of a naive month; None while that is unknown."""
    return None if usd is None else dollars(Fraction(usd) * Fraction(factor()))
