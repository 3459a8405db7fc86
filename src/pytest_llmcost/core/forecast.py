"""Forecast: the months to come, from today's: traffic grows, prices fall, and fixed costs stay."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable

_MONTHS = 12
"""In a year."""


def forecast(
    usd: Decimal,
    *,
    growth_percent: Decimal,
    decline_percent: Decimal = ZERO,
    flat_usd: Decimal = ZERO,
    months: int = 12,
) -> tuple[Decimal, ...]:
    """Return US dollars of each of the months 1 to `months` from now.

    Month m is usd x (1 + growth / 100)^m x (1 - decline / 100)^(m / 12) + flat_usd: compound interest, per month for
    traffic and per year for prices. What usd is multiplied by is kept to 60 digits: for whole years of decline it
    is exact. Rounding to 12 places comes last, so no error is carried from month to month.

    Args:
        usd: today's month, in US dollars: inference and the shares of it.
        growth_percent: of traffic, per month; above -100.
        decline_percent: by how much prices fall per year; from 0 to below 100.
        flat_usd: US dollars per month that neither grow nor fall: fixed costs.
        months: how many; none for 0.
    """
    factors = _factors(growth_percent, decline_percent, months)
    return tuple(dollars(CONTEXT.fma(usd, factor, flat_usd)) for factor in factors)


def year(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of the months of a forecast, in US dollars; exact."""
    return dollars(sum(map(Fraction, amounts), Fraction(0)))


@lru_cache(maxsize=256)
def _factors(growth_percent: Decimal, decline_percent: Decimal, months: int) -> tuple[Decimal, ...]:
    """Return what each month is times today's; kept, since many features and scenarios grow alike."""
    growth = 1 + Fraction(growth_percent) / 100
    kept = 1 - Fraction(decline_percent) / 100
    return tuple(_decimal(growth**month * _after(kept, month)) for month in range(1, months + 1))


def _after(kept: Fraction, months: int) -> Fraction:
    """Return what is left of a price after so many months, `kept` being left after twelve."""
    years, rest = divmod(months, _MONTHS)
    if not rest or kept == 1:
        return kept**years
    return kept**years * Fraction(CONTEXT.power(_decimal(kept), CONTEXT.divide(Decimal(rest), Decimal(_MONTHS))))


def _decimal(amount: Fraction) -> Decimal:
    return CONTEXT.divide(Decimal(amount.numerator), Decimal(amount.denominator))
