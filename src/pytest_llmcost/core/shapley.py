"""Shapley: a difference with several causes at once, shared out among them without an order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import factorial
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    Name = TypeVar("Name")
    Ordered = TypeVar("Ordered", bound=str)

_GRAIN = Decimal("1e-30")
"""Dollars: parts inside of one call are cut to this, so that sums of many stay short."""


@lru_cache(maxsize=8)
def gains(players: int) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Return, for each player, how often it joins which others: (others, others and it, times of all orders).

    Others are a bit mask; the times are in 1/players!.
    """
    return tuple(
        tuple(
            (others, others | 1 << one, factorial(others.bit_count()) * factorial(players - 1 - others.bit_count()))
            for others in range(1 << players)
            if not others >> one & 1
        )
        for one in range(players)
    )


def exact(values: Sequence[Fraction]) -> list[Fraction]:
    """Share `values[-1] - values[0]` out among players, each with what it adds on average over all orders of joining.

    `values[mask]` is the value when the players whose bits are set have moved from their old to their new figure.
    Source: L. S. Shapley, A value for n-person games (1953). The parts add up to the difference exactly, and swapping
    old and new negates each of them.
    """
    players = len(values).bit_length() - 1
    orders = factorial(players)
    return [
        sum(((values[b] - values[a]) * Fraction(n, orders) for a, b, n in one), Fraction(0)) for one in gains(players)
    ]


def shapley(values: Sequence[Decimal]) -> list[Decimal]:
    """Share dollars out as `exact` does; the parts are cut to a small grain, and still add up exactly."""
    players = len(values).bit_length() - 1
    if players == 1:
        return [values[1] - values[0]]
    orders = factorial(players)
    parts = [sum(((values[b] - values[a]) * n for a, b, n in one), ZERO) / orders for one in gains(players)]
    return fit(parts, values[-1] - values[0])


def fit(parts: Sequence[Decimal], whole: Decimal) -> list[Decimal]:
    """Cut parts to a small grain, and give the largest of them what is left, so that they add up to `whole`.

    Of equal parts the first one gets it. Negated parts of a negated whole give the negated result.
    """
    cut = [part.quantize(_GRAIN, context=CONTEXT) for part in parts]
    sizes = [abs(part) for part in cut]
    largest = sizes.index(max(sizes))
    cut[largest] += whole - sum(cut, ZERO)
    return cut


def in_proportion(whole: Decimal, weights: Mapping[Ordered, int]) -> dict[Ordered, Decimal]:
    """Share dollars out in proportion to weights of one sign, at least one of which is not 0."""
    total = sum(weights.values())
    return dict(zip(weights, fit([whole * weight / total for weight in weights.values()], whole), strict=True))
