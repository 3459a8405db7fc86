"""Bootstrap: what a weighted mean could have been by chance, by drawing again and again from what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from hashlib import shake_256
from itertools import islice
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import CONTEXT, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENOUGH = 5
"""With fewer rows the resamples are too much alike to say anything about chance."""

_RESAMPLES = 2_000
_TAIL = 50
"""2.5% of the resamples are cut off at each end."""
_UP_TO_P95 = 1_900
"""95% of the resamples are no larger than the last of these."""
_MOST_RESAMPLED = 500
"""Above so many rows the mean is normally distributed as near as matters, and resampling would take seconds."""
_FEW = 50
"""Up to so many rows the draws are kept: at most 1 MB of them for each number of rows."""
_TWO_SIDED_95 = Decimal("1.96")
_ONE_SIDED_95 = Decimal("1.645")
"""Quantiles of the normal distribution: 0.975 and 0.95."""


class Bounds(NamedTuple):
    """What a weighted mean could have been, in US dollars.

    Attributes:
        low_usd, high_usd: percentile interval of the bootstrap, 95% (B. Efron, "Bootstrap methods: another look at the
            jackknife", Annals of Statistics 7, 1979).
        p95_usd: the smallest resampled mean that 95% of them do not exceed.
    """

    low_usd: Decimal
    high_usd: Decimal
    p95_usd: Decimal


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a weighted mean as whole numbers, so that sums are exact and fast; `table` makes it."""

    weights: Sequence[int]
    amounts: Sequence[int]
    """Weight x amount."""
    unit: Fraction
    """US dollars for a mean of 1."""

    @property
    def mean_usd(self) -> Fraction:
        """The weighted mean of what was seen, in US dollars; exact."""
        return self._mean * self.unit

    @property
    def _mean(self) -> Fraction:
        return Fraction(sum(self.amounts), sum(self.weights))

    def error_usd(self) -> Decimal:
        """Return the standard error of the weighted mean, a ratio of two sums; s / sqrt(n) for equal weights."""
        count, mean = len(self.amounts), self._mean
        squares = sum(amount * amount for amount in self.amounts)
        products = sum(amount * weight for amount, weight in zip(self.amounts, self.weights, strict=True))
        whole = sum(self.weights)
        spread = squares - 2 * mean * products + mean**2 * sum(weight * weight for weight in self.weights)
        variance = spread * count / (count - 1) / whole**2 * self.unit**2
        return CONTEXT.sqrt(CONTEXT.divide(Decimal(variance.numerator), Decimal(variance.denominator)))

    def bounds(self) -> Bounds:
        """Return what the mean could have been; that of a normal mean for very many rows."""
        if len(self.amounts) > _MOST_RESAMPLED:
            middle, error = dollars(self.mean_usd), self.error_usd()
            half = CONTEXT.multiply(_TWO_SIDED_95, error)
            upper = CONTEXT.fma(_ONE_SIDED_95, error, middle)
            return Bounds(*map(dollars, (CONTEXT.subtract(middle, half), CONTEXT.add(middle, half), upper)))
        means = self._resampled()
        chosen = (means[number] for number in (_TAIL - 1, -_TAIL, _UP_TO_P95 - 1))
        return Bounds(*(dollars(Fraction(*mean) * self.unit) for mean in chosen))

    def _resampled(self) -> list[tuple[int, int]]:
        """Return the means of the resamples from the lowest on, each as a sum of amounts and one of weights.

        They are put in order as whole numbers: fractions would take ten times as long.
        """
        count = len(self.amounts)
        draws = _kept(count) if count <= _FEW else _draws(count)
        amount, weight = self.amounts.__getitem__, self.weights.__getitem__
        if len(set(self.weights)) == 1:
            whole = count * self.weights[0]
            return [(each, whole) for each in sorted(sum(map(amount, draw)) for draw in draws)]
        sums = [(sum(map(amount, draw)), sum(map(weight, draw))) for draw in draws]
        shift = 2 * (count * max(self.weights)).bit_length()  # two means that differ do so by more than 2^-shift
        return sorted(sums, key=lambda mean: (mean[0] << shift) // mean[1])


def table(rows: Iterable[tuple[Decimal | Fraction, Decimal]], times: Fraction) -> Table:
    """Return the table of some (amount in US dollars, weight above 0); at least one, and their order does not matter.

    `times` is what turns the weighted mean into the figure that is asked for: requests per month, for one.
    """
    exact = sorted((Fraction(weight), Fraction(weight) * Fraction(usd)) for usd, weight in rows)
    weights, per_weight = _whole([weight for weight, _ in exact])
    amounts, per_amount = _whole([amount for _, amount in exact])
    return Table(weights, amounts, times * Fraction(per_weight, per_amount))


def _whole(amounts: Sequence[Fraction]) -> tuple[list[int], int]:
    """Return the amounts in the largest unit that makes whole numbers of them all, and how many of it are 1."""
    unit = lcm(*(amount.denominator for amount in amounts))
    return [amount.numerator * (unit // amount.denominator) for amount in amounts], unit


@lru_cache(maxsize=8)
def _kept(count: int) -> tuple[tuple[int, ...], ...]:
    """Return the draws of a few rows: many features have as many tests, and drawing takes longer than adding up."""
    return tuple(_draws(count))


def _draws(count: int) -> Iterator[tuple[int, ...]]:
    """Yield which rows, numbered from 0 to below `count`, each resample draws.

    They stand in for chance. A run must say the same whenever and wherever it is judged, so the numbers come from a
    hash, not from a generator with a seed of its own: each is three bytes of one long digest, scaled down to `count`.
    """
    digest = shake_256(b"paired bootstrap over %d tests" % count).digest(3 * count * _RESAMPLES)
    triples = zip(digest[::3], digest[1::3], digest[2::3], strict=True)
    picks = ((high << 16 | middle << 8 | low) * count >> 24 for high, middle, low in triples)
    for _ in range(_RESAMPLES):
        yield tuple(islice(picks, count))
