"""Wording: a cause in the words and figures that people read."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.cause import Cause, Kind
from pytest_llmcost.core.content import shares
from pytest_llmcost.core.growth import growth
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.production_words import differing
from pytest_llmcost.core.step import INPUT_KINDS

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.causes import Side
    from pytest_llmcost.core.ledger import Key, Line, Shown
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.step import Products

    Figures = tuple[str | None, str | None]

SEGMENTS = {kind: segment for segment, kind in INPUT_KINDS.items()}

_PLACES = 4


def worded(key: Key, line: Line, usd: Decimal, sides: tuple[str, Side, Side]) -> Cause:
    """Return a cause of some US dollars; `sides` are the feature's name, and what stands before and after."""
    kind, products = key
    name, old, new = sides
    segment, shown = SEGMENTS.get(kind), line.shown
    before, after = _products(products) if products else _figures(kind, line, old, new)
    return Cause(
        kind=kind,
        subject=f"{before} -> {after}" if products else str(segment or name),
        before=before,
        after=after,
        monthly_usd=usd,
        location=shown and shown.site,
        test=shown and shown.test,
        detail=_detail(kind, shown),
    )


def _figures(kind: Kind, line: Line, old: Side, new: Side) -> Figures:
    if kind is Kind.TRAFFIC:
        return _requests(old), _requests(new)
    if kind is Kind.SCENARIO:
        return _served(old, new)
    if kind is Kind.OVERHEADS:
        return f"{dollars(old.assumptions.overheads):f}", f"{dollars(new.assumptions.overheads):f}"
    if kind is Kind.SAMPLES:
        return str(len(old.samples)), str(len(new.samples))
    if kind is Kind.CALLS:
        return _calls(old, new)
    return number(line.before / line.calls), number(line.after / line.calls)


def number(amount: Fraction) -> str:
    """Write a figure as a plain decimal of at most four places."""
    return f"{dollars(Fraction(round(amount * 10**_PLACES), 10**_PLACES)):f}"


def _requests(side: Side) -> str | None:
    return None if side.requests is None else f"{dollars(side.requests):f}"


def _served(old: Side, new: Side) -> Figures:
    """Say what each side assumes: its scenario, where that differs, and what differs in production."""
    sides = [_assumed(side.assumptions.scenario) for side in (old, new)]
    produced = differing(old.production, new.production)
    if not produced[1]:
        return sides[0], sides[1]
    if sides[0] == sides[1]:
        return produced
    return f"{sides[0]}, {produced[0]}", f"{sides[1]}, {produced[1]}"


def _assumed(scenario: Scenario) -> str:
    """Say what a scenario assumes: `traffic x1, context +30%, no caching`."""
    growth_percent = number(Fraction(scenario.context_growth) * 100)
    cached = "caching" if scenario.caching else "no caching"
    return f"traffic x{number(Fraction(scenario.traffic))}, context +{growth_percent}%, {cached}"


def _calls(old: Side, new: Side) -> Figures:
    """Return calls per request, over the samples of both sides and by their mean share."""
    then, now = shares(old.samples), shares(new.samples)
    fewer = {sample.test: len(sample.profiles) for sample in old.samples}
    before = after = whole = Fraction(0)
    for sample in new.samples:
        if sample.test in fewer:
            weight = then[sample.test] + now[sample.test]
            before += weight * fewer[sample.test]
            after += weight * len(sample.profiles)
            whole += weight
    return number(before / whole), number(after / whole)


def _products(products: Products) -> tuple[str, str]:
    """Name two products by their models, and by all else in which they differ."""
    then, now = products
    names = [then.model, now.model]
    if then.provider != now.provider:
        names = [f"{one.provider}/{one.model}" for one in products]
    for differ, words in (
        (then.operation != now.operation, [one.operation for one in products]),
        (then.service_tier != now.service_tier, [f"{one.service_tier or 'standard'} tier" for one in products]),
    ):
        if differ:
            names = [f"{name}, {word}" for name, word in zip(names, words, strict=True)]
    return names[0], names[1]


def _detail(kind: Kind, shown: Shown | None) -> str | None:
    segment = SEGMENTS.get(kind)
    if segment is None or shown is None or shown.then is None or shown.now is None:
        return None
    return growth(shown.then.blocks, shown.now.blocks, segment)
