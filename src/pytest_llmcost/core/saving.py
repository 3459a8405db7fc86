"""Saving: what some changed calls of a feature save in a month."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import CONTEXT, ZERO, dollars

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.asked import Serving
    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.proposal import Bought


class Saving(NamedTuple):
    """US dollars a month, and the position of the call that shows most of it."""

    monthly_usd: Decimal
    shown_by: int


class Month:
    """The month of one feature: its calls, its requests per month, and the scenario that they are priced under.

    Args:
        serving: the calls.
        now: the scenario, requests per month before the scenario's own factor, and the price book.
    """

    def __init__(self, serving: Serving, now: Assumptions) -> None:
        self._serving = serving
        self._meter = now.meter(serving.feature, serving.samples)
        requests = now.requests[serving.feature] * Fraction(now.scenario.traffic)
        self._per_sample = requests / (self._meter.requests or 1)
        self._now: dict[int, Decimal | None] = {}

    def saving(self, changed: Mapping[int, Bought | None]) -> Saving | None:
        """Return what it saves when calls change, by their position; None stands for a call that is not made.

        That is the month of the averaged samples as they are, minus that of the samples with the changed calls: all
        other calls cost the same on both sides. None where a price is unknown, or nothing is saved.
        """
        sums: dict[Decimal, Decimal] = {}
        most: dict[Decimal, tuple[Decimal, int]] = {}
        for position, bought in changed.items():
            before = self._cost_now(position)
            after = ZERO if bought is None else self._meter(*bought)
            if before is None or after is None:
                return None
            less = CONTEXT.subtract(before, after)
            weight = self._serving.asked[position].weight
            sums[weight] = CONTEXT.add(sums.get(weight, ZERO), less)
            if weight not in most or less > most[weight][0]:
                most[weight] = less, position
        each = sum((Fraction(weight) * Fraction(usd) for weight, usd in sums.items()), Fraction(0))
        if each <= 0:
            return None
        _, shown_by = max((CONTEXT.multiply(less, weight), position) for weight, (less, position) in most.items())
        return Saving(dollars(each * self._per_sample / Fraction(self._serving.weight)), shown_by)

    def _cost_now(self, position: int) -> Decimal | None:
        if position not in self._now:
            profile = self._serving.asked[position].profile
            self._now[position] = self._meter(profile.product, profile.usage)
        return self._now[position]
