"""Layers: from the naive month to the full one, each with what it adds or saves, in the order of the meter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.projection import cost_per_request, month
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.served import request_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.sample import Sample

NAIVE = "as tested"
LEVERS = {
    "prefix cache": ("cache_hit_rate",),
    "batch": ("batch",),
    "routing": ("routes", "router"),
    "fallback": ("fallback",),
    "response cache": ("response_cache_hit_rate", "response_cache_lookup"),
}
"""Levers in the order of the meter, and the fields of Production that each takes; the history is before them."""
SHORTER = ("history_turns", "history_tokens", "summary")
_SERVED = ("turns_per_session", "tiers", "tokens_per_turn", "fit")
_TRAFFIC, _CONVERSATION, _SHORTER_HISTORY, _GROWTH = "traffic x", "conversation", "shorter history", "context growth"
NO_CACHE = "no caching"
_ORDER = (NAIVE, _TRAFFIC, _CONVERSATION, _SHORTER_HISTORY, _GROWTH, *LEVERS, NO_CACHE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One step from the naive month to the full one, in US dollars a month; None while a call has no price.

    Attributes:
        usd: what it adds to all layers before it; below 0 for a saving. All layers add up to the month.
        alone_usd: what it would add without the other levers; None for what is no lever.
    """

    name: str
    usd: Decimal | None
    alone_usd: Decimal | None = None


def layers(
    samples: Sequence[Sample], requests: Fraction, scenario: Scenario, price: Price, production: Production
) -> tuple[Layer, ...]:
    """Return the layers of a feature's month of inference; only those that its production or scenario has.

    Args:
        samples: of the feature, with weight.
        requests: per month, as declared.
        scenario: of the month.
        price: the price book.
        production: how the feature is served, with what its samples tell.
    """

    def monthly(served: Production, assumed: Scenario) -> Decimal | None:
        request = request_of(samples, served)
        each = None if request is None else cost_per_request(request, Meter(price, assumed, served))
        return month(each, requests, assumed)

    found: list[Layer] = []
    start = before = None
    for name, served, assumed in stages(production, scenario):
        usd = monthly(served, assumed)
        alone = None
        if name in LEVERS and start is not None:
            alone = _less(monthly(_with(start[0], production, LEVERS[name]), assumed), monthly(*start))
        elif name != NO_CACHE:
            start = served, assumed
        found.append(Layer(name=name, usd=usd if name == NAIVE else _less(usd, before), alone_usd=alone))
        before = usd
    return tuple(found)


def place(name: str) -> int:
    """Return where a layer stands among those of other features, from 0."""
    known = _TRAFFIC if name.startswith(_TRAFFIC) else name
    return _ORDER.index(known) if known in _ORDER else len(_ORDER)


def stages(production: Production, scenario: Scenario) -> Iterator[tuple[str, Production, Scenario]]:
    """Yield what each layer is priced with: all that stands before it, and its own."""
    served = Production(is_session=production.is_session, user_tokens=production.user_tokens)
    if production.is_session:
        served = _with(served, production, ("turns_per_session", "tiers"))
    assumed = MEASURED
    yield NAIVE, served, assumed
    if scenario.traffic != 1:
        assumed = replace(assumed, traffic=scenario.traffic)
        yield f"{_TRAFFIC}{plain(scenario.traffic):f}", served, assumed
    served = _with(served, production, _SERVED)
    if production.grows:
        yield _CONVERSATION, served, assumed
    shorter = _with(served, production, SHORTER)
    if shorter != served:
        served = shorter
        yield _SHORTER_HISTORY, served, assumed
    if scenario.context_growth and not production.is_conversation:
        assumed = replace(assumed, context_growth=scenario.context_growth)
        yield _GROWTH, served, assumed
    for name, fields in LEVERS.items():
        more = _with(served, production, fields)
        if more != served:
            served = more
            yield name, served, assumed
    if not scenario.caching:
        yield NO_CACHE, served, replace(assumed, caching=False)


def _with(served: Production, production: Production, fields: tuple[str, ...]) -> Production:
    return replace(served, **{name: getattr(production, name) for name in fields})


def _less(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if after is None or before is None else CONTEXT.subtract(after, before)
