"""Dollars: the one rule for rounding them. How they are drawn, and in which currency, is in `currency`."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ZERO = Decimal(0)

PLACES = Decimal("1e-12")
"""Amounts are kept to 12 decimal places, so that parts add up to their total exactly."""

CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Our own arithmetic: a test that changes the global decimal context must not change a bill."""


def dollars(amount: Fraction | Decimal) -> Decimal:
    """Round an exact amount to 12 decimal places, half to even.

    The result is normalized: equal amounts are written alike, whatever arithmetic led to them.
    """
    if isinstance(amount, Fraction):
        scaled = round(amount * 10**12)
        return plain(CONTEXT.scaleb(Decimal(scaled), -12))
    return plain(CONTEXT.quantize(amount, PLACES))


def plain(amount: Decimal) -> Decimal:
    """Drop trailing zeros without falling into exponent notation."""
    normal = CONTEXT.normalize(amount)
    exponent = normal.as_tuple().exponent
    return CONTEXT.quantize(normal, Decimal(1)) if isinstance(exponent, int) and exponent > 0 else normal


def percent(before: Decimal, after: Decimal) -> str | None:
    """Draw a change as one percentage: `+18%`, `-0.4%`; None when there is nothing to compare with."""
    if not before:
        return None
    change = (Fraction(after) - Fraction(before)) / Fraction(before) * 100
    size = abs(change)
    mark = "-" if change < 0 else "+"
    if size == 0:
        return "0%"
    if size < Fraction(1, 10):
        return f"{mark}<0.1%"
    return f"{mark}{float(size):.{0 if size >= 10 else 1}f}%"  # noqa: PLR2004 - one decimal below ten


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add dollars exactly; None when any of them is unknown."""
    whole = ZERO
    for amount in amounts:
        if amount is None:
            return None
        whole = CONTEXT.add(whole, amount)
    return plain(whole)
