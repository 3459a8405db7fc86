"""Causes: the difference of a feature's month, split exactly into terms that do not depend on any order."""

from __future__ import annotations

from decimal import localcontext
from fractions import Fraction
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.content import Content, matched
from pytest_llmcost.core.ledger import Ledger, rounded
from pytest_llmcost.core.money import CONTEXT, dollars
from pytest_llmcost.core.projection import cost_per_request, under
from pytest_llmcost.core.sample import average
from pytest_llmcost.core.shapley import exact, gains
from pytest_llmcost.core.wording import worded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Price, Product
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Assumptions
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.step import Meter
    from pytest_llmcost.core.usage import Usage

_KINDS = list(Kind)


class Side(NamedTuple):
    """One side of a comparison: the samples of a feature, and what turns them into a month."""

    samples: tuple[Sample, ...]
    assumptions: Assumptions
    requests: Fraction | None
    """Declared per month; None where the feature is not declared."""

    def month(self) -> Fraction | None:
        """Return exact US dollars per month; None while a call has no price."""
        request = average(self.samples)
        if request is None or self.requests is None:
            return Fraction(0)
        scenario = self.assumptions.scenario
        each = cost_per_request(request, scenario, self.assumptions.price)
        factors = self.requests * Fraction(scenario.traffic) * (1 + self.assumptions.overheads)
        return None if each is None else each * factors


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
    return Side(kept, assumptions, assumptions.requests.get(name))


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

    Overheads are a factor of their own, 1 + their sum: all that they multiply shares in what they add.
    """
    scenarios = old.assumptions.scenario, new.assumptions.scenario
    pairs = matched(old.samples, new.samples)
    first = Content(pairs, _meter(new.assumptions.price, scenarios[0]))
    is_same = (scenarios[0].context_growth, scenarios[0].caching) == (scenarios[1].context_growth, scenarios[1].caching)
    contents = first, first if is_same else Content(pairs, _meter(new.assumptions.price, scenarios[1]))
    each = [(content.before, content.after) for content in contents]
    factors = _factors(old, new)
    months: list[Fraction] = []
    for mask in range(16):  # bits 0 to 2: requests, scenario, overheads, as in `factors`; bit 3: content
        usd = each[mask >> 1 & 1][mask >> 3]
        if usd is None:
            return _all(Kind.SCENARIO, old, new)
        months.append(factors[mask & 7] * usd)
    ledger = Ledger()
    for kind, usd in zip((Kind.TRAFFIC, Kind.SCENARIO, Kind.OVERHEADS), exact(months), strict=False):
        ledger.line((kind, None)).usd = usd
    weights = [Fraction(0), Fraction(0)]
    for mask, _, times in gains(4)[3]:
        weights[mask >> 1 & 1] += Fraction(times, factorial(4)) * factors[mask]
    for content, weight in zip(contents, weights, strict=True):
        ledger.add(content.ledger, weight)
    return _Split(months[0], months[-1], ledger)


def _factors(old: Side, new: Side) -> list[Fraction]:
    """Return what a request's cost is multiplied by; the bits of the position choose old or new of each factor."""
    sides = old, new
    requests = [side.requests or Fraction(0) for side in sides]
    traffic = [Fraction(side.assumptions.scenario.traffic) for side in sides]
    overheads = [1 + side.assumptions.overheads for side in sides]
    return [requests[mask & 1] * traffic[mask >> 1 & 1] * overheads[mask >> 2] for mask in range(8)]


def _meter(price: Price, scenario: Scenario) -> Meter:
    if scenario.caching and not scenario.context_growth:
        return lambda product, usage: price(product, usage).usd

    def meter(product: Product, usage: Usage) -> Decimal | None:
        return price(product, under(usage, scenario)).usd

    return meter
