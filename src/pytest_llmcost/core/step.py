"""Step: why one call costs more or less than it did, split exactly over model, input, cache and output."""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.segments import shifts
from pytest_llmcost.core.shapley import shapley
from pytest_llmcost.core.usage import UNITS, Usage, resized

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_llmcost.core.call import Product, Profile

    Meter = Callable[[Product, Usage], Decimal | None]
    """What one call costs under a scenario, in US dollars; None without a price."""
    Products = tuple[Product, Product]

INPUT_KINDS = {segment: Kind(f"input.{segment}") for segment in Segment}
"""The kind of cause of each segment."""

_MODEL, _INPUT, _CACHE, _OUTPUT = range(4)
_FIELDS = (
    attrgetter("input_tokens", "input_audio_tokens", *(name for name in UNITS if name != "web_searches")),
    attrgetter("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    attrgetter("output_tokens", "reasoning_tokens", "output_audio_tokens", "web_searches"),
)
_SHARE = Decimal("1e-6")


class Term(NamedTuple):
    """One cause inside of one call: dollars, and the figure that moved.

    The figures are tokens, and for the cache the share of the input that is read from it; 0 for a model.
    """

    kind: Kind
    products: Products | None
    """Before and after, for a model."""
    usd: Decimal
    before: Decimal | int
    after: Decimal | int


class Step(NamedTuple):
    """What one call cost before and after, in US dollars, and the terms of the difference, which add up to it."""

    before_usd: Decimal
    after_usd: Decimal
    terms: tuple[Term, ...]


def step(then: Profile, now: Profile, meter: Meter) -> Step | None:
    """Split the difference between two forms of a call; None where one of them has no price.

    What differs is priced in all combinations of old and new (Shapley values). If one of these has no price, all of
    the difference goes to the first that differs of model, input, cache and output.
    """
    before = meter(then.product, then.usage)
    players = _players(then, now) if then is not now else []
    after = meter(now.product, now.usage) if players else before
    if before is None or after is None:
        return None
    if not players:
        return Step(before, after, ())
    terms: list[Term] = []
    for player, usd in zip(players, _shared(then, now, players, (before, after), meter), strict=True):
        terms += _terms(player, usd, then, now, meter)
    return Step(before, after, tuple(terms))


def _players(then: Profile, now: Profile) -> list[int]:
    """Return what really differs; a figure that is not stated is as good as 0."""
    players = [] if then.product is now.product or then.product == now.product else [_MODEL]
    if then.usage is not now.usage:
        for player, fields in enumerate(_FIELDS, _INPUT):
            old, new = fields(then.usage), fields(now.usage)
            # The part of the cache that is kept for an hour lies in a count that may be left open.
            hour = player == _CACHE and (old[-1] or new[-1])
            if old != new and (hour or _filled(old) != _filled(new)):
                players.append(player)
    return players


def _filled(counts: tuple[int | None, ...]) -> list[int]:
    return [count or 0 for count in counts]


def _shared(
    then: Profile, now: Profile, players: Sequence[int], ends: tuple[Decimal, Decimal], meter: Meter
) -> list[Decimal]:
    values = [ends[0]]
    for mask in range(1, (1 << len(players)) - 1):
        sides = [then, then, then, then]
        for bit, player in enumerate(players):
            if mask >> bit & 1:
                sides[player] = now
        if _CACHE not in players:
            sides[_CACHE] = sides[_INPUT]
        elif _INPUT not in players:
            sides[_INPUT] = sides[_CACHE]
        usd = meter(sides[_MODEL].product, _mixed(*sides[_INPUT:]))
        if usd is None:
            return [ends[1] - ends[0], *([ZERO] * (len(players) - 1))]
        values.append(usd)
    return shapley([*values, ends[1]])


def _mixed(input_of: Profile, cache_of: Profile, output_of: Profile) -> Usage:
    if input_of is cache_of is output_of:
        return input_of.usage
    one, cache, output = input_of.usage, cache_of.usage, output_of.usage
    usage = Usage(
        input_tokens=one.input_tokens,
        output_tokens=output.output_tokens,
        cache_read_tokens=cache.cache_read_tokens,
        cache_write_tokens=cache.cache_write_tokens,
        cache_write_1h_tokens=cache.cache_write_1h_tokens,
        reasoning_tokens=output.reasoning_tokens,
        input_audio_tokens=one.input_audio_tokens,
        output_audio_tokens=output.output_audio_tokens,
        image_count=one.image_count,
        web_searches=output.web_searches,
        rerank_searches=one.rerank_searches,
        document_pages=one.document_pages,
        audio_seconds=one.audio_seconds,
        input_characters=one.input_characters,
    )
    return usage if input_of is cache_of else _fitting(usage)


def _fitting(usage: Usage) -> Usage:
    written = max(usage.cache_write_tokens or 0, usage.cache_write_1h_tokens or 0)
    fits = (usage.cache_read_tokens or 0) + written <= usage.input_tokens
    return usage if fits else resized(usage, usage.input_tokens)


def _terms(player: int, usd: Decimal, then: Profile, now: Profile, meter: Meter) -> list[Term]:
    if player == _MODEL:
        return [Term(Kind.MODEL, (then.product, now.product), usd, 0, 0)]
    if player == _CACHE:
        return [Term(Kind.CACHE, None, usd, _cached(then.usage), _cached(now.usage))]
    if player == _OUTPUT:
        return [Term(Kind.OUTPUT, None, usd, then.usage.output_tokens, now.usage.output_tokens)]
    parts = shifts(then, now, usd, lambda: _marginal(then, now, meter))
    return [Term(INPUT_KINDS[segment], None, *part) for segment, part in parts.items()]


def _cached(usage: Usage) -> Decimal:
    if not usage.input_tokens:
        return ZERO
    return (Decimal(usage.cache_read_tokens or 0) / usage.input_tokens).quantize(_SHARE)


def _marginal(then: Profile, now: Profile, meter: Meter) -> Decimal:
    """Return what one more plain input token costs, in US dollars: the mean of both forms; 0 where nobody knows."""
    prices = [_token(one.product, one.usage, meter) for one in (then, now)]
    return sum(prices, ZERO) / len(prices)


def _token(product: Product, usage: Usage, meter: Meter) -> Decimal:
    without, more = meter(product, usage), meter(product, _longer(usage))
    return ZERO if without is None or more is None else more - without


def _longer(usage: Usage) -> Usage:
    return resized(usage, usage.input_tokens + 1)
