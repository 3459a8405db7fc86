"""Noise: how far the outputs of live calls move a month by chance, and whether this run's move is more than that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.bootstrap import ENOUGH, table
from pytest_llmcost.core.money import CONTEXT, dollars

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

_DETECTABLE = Decimal("1.96") + Decimal("0.84")
"""Standard errors: the quantiles of the normal distribution at 0.975 and at 0.80."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How outputs of live calls moved a feature, in US dollars per month (or per run), and how sure that is.

    Attributes:
        feature: its name; `total` where no month is compared.
        low_usd, high_usd: percentile interval of a paired bootstrap over tests, 95% (B. Efron, "Bootstrap methods:
            another look at the jackknife", Annals of Statistics 7, 1979); None for fewer than `ENOUGH` tests.
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
    moved = table(((move.usd, move.weight) for move in weighty), times)
    bounds = moved.bounds() if len(weighty) >= ENOUGH else None
    return Noise(
        feature=feature,
        low_usd=bounds and bounds.low_usd,
        high_usd=bounds and bounds.high_usd,
        seen_usd=dollars(moved.mean_usd),
        detectable_usd=bounds and dollars(CONTEXT.multiply(_DETECTABLE, moved.error_usd())),
        pairs=len(weighty),
    )
