"""Noise: how far the outputs of live calls move a month by chance, and whether this run's move is more than that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import shake_256
from itertools import islice
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, dollars

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENOUGH_PAIRS = 5
"""With fewer tests the resamples of a bootstrap are too much alike to say anything about chance."""

_RESAMPLES = 2_000
_TAIL = 50
"""2.5% of the resamples are cut off at each end."""
_MOST_RESAMPLED = 500
"""Above so many tests the mean is normally distributed as near as matters, and resampling would take seconds."""
_TWO_SIDED_95 = Decimal("1.96")
_POWER_80 = Decimal("0.84")
"""Quantiles of the normal distribution: 0.975 and 0.80."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How outputs of live calls moved a feature, in US dollars per month (or per run), and how sure that is.

    Attributes:
        feature: its name; `total` where no month is compared.
        low_usd, high_usd: percentile interval of a paired bootstrap over tests, 95% (B. Efron, "Bootstrap methods:
            another look at the jackknife", Annals of Statistics 7, 1979); None for fewer than `ENOUGH_PAIRS` tests.
        seen_usd: the move in this run; below 0 for a saving.
        detectable_usd: the smallest move that would be told from chance four times in five: (1.96 + 0.84) x the
            standard error of the weighted mean (J. Cohen, "Statistical power analysis for the behavioral sciences",
            2nd ed., 1988: 5% two-sided, power 80%); None with the interval.
        pairs: tests on both sides with live calls.
    """

    feature: str
    low_usd: Decimal | None
    high_usd: Decimal | None
    seen_usd: Decimal
    detectable_usd: Decimal | None
    pairs: int

    @property
    def is_chance(self) -> bool:
        """True when an interval is known and holds 0: a move like this one is to be expected without any change."""
        return self.low_usd is not None and self.high_usd is not None and self.low_usd <= 0 <= self.high_usd


@dataclass(frozen=True, slots=True)
class Move:
    """What outputs of live calls moved the cost of one test, in US dollars per request, and the test's weight."""

    usd: Decimal
    weight: Decimal = Decimal(1)


def measure(feature: str, moves: Sequence[Move], times: Fraction) -> Noise | None:
    """Return the noise of a feature from the moves of its tests; None when nothing moved.

    `times` is what turns the weighted mean of the moves into dollars a month (or a run). Moves without weight count for
    nothing. The result does not depend on the order of the moves.
    """
    weighty = [move for move in moves if move.weight]
    if not any(move.usd for move in weighty):
        return None
    table = _table(weighty, times)
    low, high = table.interval() if len(weighty) >= ENOUGH_PAIRS else (None, None)
    return Noise(
        feature=feature,
        low_usd=low,
        high_usd=high,
        seen_usd=dollars(table.mean * table.unit),
        detectable_usd=None if low is None else dollars(CONTEXT.multiply(_TWO_SIDED_95 + _POWER_80, table.error_usd())),
        pairs=len(weighty),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The moves as whole numbers, so that sums are exact and fast; `unit` is US dollars for a mean of 1."""

    weights: list[int]
    amounts: list[int]
    """Weight x move."""
    unit: Fraction

    @property
    def mean(self) -> Fraction:
        return Fraction(sum(self.amounts), sum(self.weights))

    def error_usd(self) -> Decimal:
        """Return the standard error of the weighted mean, a ratio of two sums; s / sqrt(n) for equal weights."""
        count, mean = len(self.amounts), self.mean
        squares = sum(amount * amount for amount in self.amounts)
        products = sum(amount * weight for amount, weight in zip(self.amounts, self.weights, strict=True))
        whole = sum(self.weights)
        spread = squares - 2 * mean * products + mean**2 * sum(weight * weight for weight in self.weights)
        variance = spread * count / (count - 1) / whole**2 * self.unit**2
        return CONTEXT.sqrt(CONTEXT.divide(Decimal(variance.numerator), Decimal(variance.denominator)))

    def interval(self) -> tuple[Decimal, Decimal]:
        if len(self.amounts) > _MOST_RESAMPLED:
            middle, half = dollars(self.mean * self.unit), CONTEXT.multiply(_TWO_SIDED_95, self.error_usd())
            return dollars(CONTEXT.subtract(middle, half)), dollars(CONTEXT.add(middle, half))
        means = sorted(self._resampled())
        return dollars(means[_TAIL - 1] * self.unit), dollars(means[-_TAIL] * self.unit)

    def _resampled(self) -> Iterator[Fraction]:
        count, picks = len(self.amounts), _picks(len(self.amounts))
        equal = count * self.weights[0] if len(set(self.weights)) == 1 else None
        for _ in range(_RESAMPLES):
            chosen = list(islice(picks, count))
            weight = equal or sum(map(self.weights.__getitem__, chosen))
            yield Fraction(sum(map(self.amounts.__getitem__, chosen)), weight)


def _table(moves: Sequence[Move], times: Fraction) -> _Table:
    rows = sorted((move.weight, CONTEXT.multiply(move.weight, move.usd)) for move in moves)
    weights, weight_places = _whole([weight for weight, _ in rows])
    amounts, places = _whole([amount for _, amount in rows])
    return _Table(weights, amounts, times * Fraction(10) ** (weight_places - places))


def _whole(amounts: Sequence[Decimal]) -> tuple[list[int], int]:
    """Return the amounts without their decimal places, and how many these were."""
    exponents = [exponent for amount in amounts if isinstance(exponent := amount.as_tuple().exponent, int)]
    places = max(0, -min(exponents))
    return [int(CONTEXT.scaleb(amount, places)) for amount in amounts], places


def _picks(count: int) -> Iterator[int]:
    """Yield the numbers, from 0 to below `count`, of what each resample draws.

    They stand in for chance. A run must say the same whenever and wherever it is judged, so the numbers come from a
    hash, not from a generator with a seed of its own: each is three bytes of one long digest, scaled down to `count`.
    """
    digest = shake_256(b"paired bootstrap over %d tests" % count).digest(3 * count * _RESAMPLES)
    for high, middle, low in zip(digest[::3], digest[1::3], digest[2::3], strict=True):
        yield (high << 16 | middle << 8 | low) * count >> 24
