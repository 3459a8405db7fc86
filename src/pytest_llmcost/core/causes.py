"""Causes: the difference of a feature's month, split exactly into terms that do not depend on any order."""

from __future__ import annotations

from dataclasses import replace
from decimal import localcontext
from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.content import Content, matched
from pytest_llmcost.core.ledger import Ledger, rounded
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars
from pytest_llmcost.core.served import served
from pytest_llmcost.core.shapley import exact, gains
from pytest_llmcost.core.wording import worded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario

_KINDS = list(Kind)


class Side(NamedTuple):
    """One side of a comparison: the samples of a feature, and what turns them into a month."""

    name: str
    """Of the feature."""
    samples: tuple[Sample, ...]
    assumptions: Assumptions
    requests: Fraction | None
    """Declared per month; None where the feature is not declared."""
    production: Production
    """How production serves it, with what the samples tell about it."""

    def month(self) -> Fraction | None:
        """Return exact US dollars per month; None while a call has no price."""
        if not self.samples or self.requests is None:
            return Fraction(0)
        each = self.assumptions.cost_per_request(self.name, self.samples)
        factors = self.requests * Fraction(self.assumptions.scenario.traffic) * (1 + self.assumptions.overheads)
        return None if each is None else each * factors

    @property
    def terms(self) -> tuple[Decimal, bool, Production]:
        """What, beside its samples, decides on the cost of a request."""
        scenario = self.assumptions.scenario
        return scenario.context_growth, scenario.caching, self.production

    @property
    def declared(self) -> tuple[Scenario, Production]:
        """The scenario, whatever its name is, and production without what is measured."""
        return replace(self.assumptions.scenario, name=""), replace(self.production, user_tokens=ZERO, fit=None)


class _Split(NamedTuple):
    """Exact US dollars per month of both sides, and the causes of the difference."""

    before: Fraction
    after: Fraction
    ledger: Ledger


def causes(
    name: str, base: Sequence[Sample], head: Sequence[Sample], then: Assumptions, now: Assumptions
) -> tuple[Cause, ...]:
    """Split the difference of one feature between two sides into causes, the largest first.

    They add up exactly to its month after minus its month before, both rounded to 12 places, and swapping the sides
    negates each of them. None has an amount of 0. Empty where a side has a call without a price. A side has at most
    one sample of a test.

    The method is that of nested Shapley values, which do not depend on an order of causes: a month is requests x
    traffic of the scenario x (1 + overheads) x cost of a request; the part of the last is split over samples (share x
    cost), that of a sample over its calls, that of a call over model, input, cache and output, and that of the input
    over segments.
    Sources: L. S. Shapley, A value for n-person games (1953); G. Owen, Values of games with a priori unions (1977).
    """
    with localcontext(CONTEXT):
        old, new = _side(name, base, then), _side(name, head, now)
        split = _all(Kind.TRAFFIC, old, new) if None in (old.requests, new.requests) else _split(old, new)
        if split is None:
            return ()
        amounts = rounded(split.ledger.lines, dollars(split.after) - dollars(split.before))
        found = [worded(key, split.ledger.lines[key], usd, (name, old, new)) for key, usd in amounts.items() if usd]
        return tuple(sorted(found, key=lambda one: (-abs(one.monthly_usd), _KINDS.index(one.kind), one.subject)))


def _side(name: str, samples: Sequence[Sample], assumptions: Assumptions) -> Side:
    """Samples without any weight stand for nothing."""
    kept = tuple(samples) if any(sample.weight for sample in samples) else ()
    return Side(name, kept, assumptions, assumptions.requests.get(name), assumptions.served(name, kept))


def _all(kind: Kind, old: Side, new: Side) -> _Split | None:
    """Give the whole difference to one cause."""
    before, after = old.month(), new.month()
    if before is None or after is None:
        return None
    ledger = Ledger()
    ledger.line((kind, None)).usd = after - before
    return _Split(before, after, ledger)


def _split(old: Side, new: Side) -> _Split | None:
    """Split over traffic, scenario, overheads and content: the last is what it is under the old and the new scenario.

    How production is declared to serve a feature is part of the scenario; what a turn of a conversation adds, as the
    samples show, is part of the history.

    Overheads are a factor of their own, 1 + their sum: all that they multiply shares in what they add.
    """
    price = new.assumptions.price
    meters = [Meter(price, side.assumptions.scenario, side.production) for side in (old, new)]
    first = _content(old, new, meters[0], old.production)
    contents = first, first if old.terms == new.terms else _content(old, new, meters[1], new.production)
    each = [
        [None if usd is None else meter.per_request(usd) for usd in (content.before, content.after)]
        for content, meter in zip(contents, meters, strict=True)
    ]
    factors = _factors(old, new)
    months: list[Fraction] = []
    for mask in range(16):  # bits 0 to 2: requests, scenario, overheads, as in `factors`; bit 3: content
        usd = each[mask >> 1 & 1][mask >> 3]
        if usd is None:
            return _all(Kind.SCENARIO, old, new)
        months.append(factors[mask & 7] * usd)
    ledger = Ledger()
    assumed = Kind.HISTORY if old.declared == new.declared else Kind.SCENARIO
    for kind, usd in zip((Kind.TRAFFIC, assumed, Kind.OVERHEADS), exact(months), strict=False):
        ledger.line((kind, None)).usd = usd
    if assumed is Kind.HISTORY and old.production != new.production:
        line = ledger.line((assumed, None))
        line.calls, line.before, line.after = 1, *(Fraction(side.production.turn_tokens) for side in (old, new))
    weights = [Fraction(0), Fraction(0)]
    for mask, _, times in gains(4)[3]:
        weights[mask >> 1 & 1] += Fraction(times, factorial(4)) * factors[mask]
    for content, meter, weight in zip(contents, meters, weights, strict=True):
        ledger.add(content.ledger, weight / (meter.requests or 1))
    return _Split(months[0], months[-1], ledger)


def _factors(old: Side, new: Side) -> list[Fraction]:
    """Return what a request's cost is multiplied by; the bits of the position choose old or new of each factor."""
    sides = old, new
    requests = [side.requests or Fraction(0) for side in sides]
    traffic = [Fraction(side.assumptions.scenario.traffic) for side in sides]
    overheads = [1 + side.assumptions.overheads for side in sides]
    return [requests[mask & 1] * traffic[mask >> 1 & 1] * overheads[mask >> 2] for mask in range(8)]


def _content(old: Side, new: Side, meter: Meter, production: Production) -> Content:
    """Return what both sides ask for, as one of them is served in production."""
    return Content(matched(served(old.samples, production), served(new.samples, production)), meter)
