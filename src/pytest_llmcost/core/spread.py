"""Spread: how much requests of a feature differ in cost, and how sure its month is for that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.bootstrap import ENOUGH, table
from pytest_llmcost.core.money import ZERO, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MEDIAN = Fraction(50, 100)
P95 = Fraction(95, 100)


class SampleCost(NamedTuple):
    """What one sample costs, in US dollars per request, and the weight of its test; None while it has no price."""

    usd: Decimal | Fraction | None
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How much the samples of a feature differ, and what its month could be for that.

    Attributes:
        samples: how many have weight.
        p50_usd, p95_usd: US dollars per request: the smallest cost of a sample whose cumulated weight, from the
            cheapest sample on, reaches 50% and 95% of the whole (the inverse of the empirical distribution: definition
            1 of R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996).
        low_usd, high_usd: US dollars per month: percentile interval of the bootstrap of the weighted mean, 95%; None
            for fewer than `ENOUGH` samples.
        month_p95_usd: US dollars per month that 95% of the resampled means do not exceed; None with the interval.
    """

    samples: int
    p50_usd: Decimal
    p95_usd: Decimal
    low_usd: Decimal | None
    high_usd: Decimal | None
    month_p95_usd: Decimal | None


def spread(costs: Iterable[SampleCost], times: Fraction) -> Spread | None:
    """Return the spread of a feature from the costs of its samples; None while one of them is unknown, or without any.

    `times` makes a month of the mean cost of a request: requests per month x traffic of the scenario x (1 + overheads).
    Samples without weight count for nothing. The result does not depend on the order of the samples.
    """
    weighty = [cost for cost in costs if cost.weight]
    known = [(cost.usd, cost.weight) for cost in weighty if cost.usd is not None]
    if not known or len(known) < len(weighty):
        return None
    bounds = table(known, times).bounds() if len(known) >= ENOUGH else None
    return Spread(
        samples=len(known),
        p50_usd=dollars(percentile(known, MEDIAN)),
        p95_usd=dollars(percentile(known, P95)),
        low_usd=bounds and max(ZERO, bounds.low_usd),  # of very many samples it is computed, and could be below 0
        high_usd=bounds and bounds.high_usd,
        month_p95_usd=bounds and bounds.p95_usd,
    )


def percentile(costs: Sequence[tuple[Decimal | Fraction, Decimal]], share: Fraction) -> Fraction:
    """Return the smallest cost of some (cost, weight above 0) whose cumulated weight reaches a share of the whole.

    At least one cost; the share is above 0 and at most 1.
    """
    rising = sorted((Fraction(usd), Fraction(weight)) for usd, weight in costs)
    reached = tuple(accumulate(weight for _, weight in rising))
    return next(usd for (usd, _), weight in zip(rising, reached, strict=True) if weight >= share * reached[-1])
