"""Cache break: where calls of a feature stop sharing a prefix although what follows is the same in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.prefix import head, shared, tokens_before
from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_llmcost.core.asked import Asked, Serving
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.prefix import Shared
    from pytest_llmcost.core.prompt import Block, Piece

_LOOKED_AT = 256
"""Beginnings of prompts that are compared per call site: more of them show nothing new."""

_NAMES = {"time": "a timestamp", "id": "an id", "time+id": "a timestamp and an id"}
_WHERE = {Segment.SYSTEM: "the system prompt", Segment.TOOLS: "the tools"}
_ORDER = "the order of the tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first grain at which two calls part, among the system prompt and the tools that they have in common.

    Attributes:
        feature: whose calls.
        varies: `a timestamp`, `an id`, `a timestamp and an id`, `the order of the tools` or `its text`.
        segment: `system` or `tools`.
        number, of: the grain's place in that segment, from 1, and how many there are.
        token: the first input token that differs, from 1.
        common: fingerprints of the grains of system prompt and tools that both calls have.
        reach: of the calls of the same product that the same line makes: their positions among those of the feature,
            and how many input tokens each shares with others.
        location: call site, `path:line`; None when nobody knows.
        test: node id of the test that shows it.
    """

    feature: str
    varies: str
    segment: Segment
    number: int
    of: int
    token: int
    common: frozenset[str]
    reach: tuple[tuple[int, int], ...]
    location: str | None
    test: str

    def __str__(self) -> str:
        where = "" if self.varies == _ORDER else f" in block {self.number} of {self.of} of {_WHERE[self.segment]}"
        return f"prompt differs from token {self.token} on: {self.varies}{where}"


def breaks(serving: Serving) -> tuple[Break, ...]:
    """Return the cache breaks among the calls of this run: at most one for each product and line that calls it."""
    groups: dict[object, list[int]] = {}
    for position in serving.own:
        one = serving.asked[position]
        product = one.profile.product
        site = None if one.call is None else one.call.call_site
        groups.setdefault((product.provider, product.model, product.operation, site), []).append(position)
    every = (_first(serving, positions) for positions in groups.values())
    return tuple(one for one in every if one is not None)


def fixed_tokens(profile: Profile, common: frozenset[str]) -> int:
    """Return the input tokens of the grains of system prompt and tools that are in `common`, rounded down."""
    whole = sum(block.tokens for block in profile.blocks)
    milli = sum(_fixed_milli(block, common) for block in head(profile))
    return profile.usage.input_tokens * milli // (whole * 1000) if whole else 0


def _fixed_milli(block: Block, common: frozenset[str]) -> int:
    """Return the thousandths of counted tokens that the grains in `common` have in a block."""
    pieces = block.pieces
    if not pieces:
        return 1000 * block.tokens if block.fingerprint in common else 0
    kept = sum([piece.tokens for piece in pieces if piece.fingerprint in common])
    return 1000 * block.tokens * kept // (sum([piece.tokens for piece in pieces]) or 1)


def explained(comparison: Comparison, found: Sequence[Break]) -> Comparison:
    """Say in the causes of lost cache reads where the prompts of their feature stop being the same."""
    details = {one.feature: str(one) for one in reversed(found)}
    if not details:
        return comparison
    return replace(
        comparison,
        features=tuple(_explained(change, details) for change in comparison.features),
        gate=tuple(_explained(change, details) for change in comparison.gate),
    )


def _explained(change: Change, details: dict[str, str]) -> Change:
    detail = details.get(change.name)
    if detail is None:
        return change

    def told(cause: Cause) -> Cause:
        lost = cause.kind is Kind.CACHE and cause.monthly_usd > ZERO and cause.detail is None
        return replace(cause, detail=detail) if lost else cause

    return replace(change, causes=tuple(told(cause) for cause in change.causes))


class _Head(NamedTuple):
    """The beginning of a prompt as grains, each with its segment, its block and its place there."""

    test: str
    grains: list[Piece]
    places: list[tuple[Segment, int, int]]


def _head(one: Asked) -> _Head:
    grains, places = [], []
    for at, block in enumerate(head(one.profile)):
        for number, grain in enumerate(block.grains()):
            grains.append(grain)
            places.append((block.segment, at, number))
    return _Head(one.test, grains, places)


def _first(serving: Serving, positions: Sequence[int]) -> Break | None:
    """Return the earliest break of a group; None when all share what is the same in them."""
    few = _few([serving.asked[position] for position in positions])
    if len({one.test for one in few}) < 2:  # noqa: PLR2004 - a break takes two
        return None
    heads = [_head(one) for one in few]
    holders = _holders(heads)
    best: tuple[int, Asked, _Head, _Head] | None = None
    for one, mine, found in zip(few, heads, _reach(few), strict=True):
        if found.block >= len(head(one.profile)):
            continue  # it is the same as another's to its end
        start = mine.places.index((one.profile.blocks[found.block].segment, found.block, found.grain))
        other = _partner(mine, start, holders)
        parted = None if other is None else _parted(mine.grains, other.grains)
        if other is not None and parted is not None and (best is None or parted < best[0]):
            best = parted, one, mine, other
    if best is None:
        return None
    reach = _reach([serving.asked[position] for position in positions])
    tokens = tuple((position, found.tokens) for position, found in zip(positions, reach, strict=True))
    return _break(serving.feature, best[1], (best[0], best[2], best[3]), tokens)


def _reach(group: Sequence[Asked]) -> list[Shared]:
    return shared([one.test for one in group], [one.profile for one in group])


def _few(group: Iterable[Asked]) -> list[Asked]:
    """Return calls whose beginnings differ, and of equal ones those of two tests; none while all are equal."""
    seen: dict[tuple[str, ...], list[str]] = {}
    few: list[Asked] = []
    for one in group:
        tests = seen.setdefault(tuple([block.fingerprint for block in head(one.profile)]), [])
        if len(tests) > 1 or one.test in tests:
            continue
        tests.append(one.test)
        few.append(one)
        if len(few) >= _LOOKED_AT:
            break
    return few if len(seen) > 1 else []


def _holders(heads: Iterable[_Head]) -> dict[str, list[_Head]]:
    """Return, by grain, the beginnings that have it: of two tests at most."""
    holders: dict[str, list[_Head]] = {}
    for found in heads:
        for grain in found.grains:
            having = holders.setdefault(grain.fingerprint, [])
            if not having or (len(having) == 1 and having[0].test != found.test):
                having.append(found)
    return holders


def _partner(mine: _Head, start: int, holders: dict[str, list[_Head]]) -> _Head | None:
    """Return the beginning of another test's prompt that has one of the grains from `start` on."""
    for grain in mine.grains[start:]:
        for other in holders.get(grain.fingerprint, ()):
            if other.test != mine.test:
                return other
    return None


def _parted(mine: Sequence[Piece], other: Sequence[Piece]) -> int | None:
    """Return the position of the first grain that differs; None when nothing behind it is the same in both."""
    at = next((at for at, (a, b) in enumerate(zip(mine, other, strict=False)) if a.fingerprint != b.fingerprint), None)
    if at is None:
        return None
    behind = {grain.fingerprint for grain in other[at:]}
    return at if any(grain.fingerprint in behind for grain in mine[at:]) else None


def _break(feature: str, one: Asked, parted: tuple[int, _Head, _Head], reach: tuple[tuple[int, int], ...]) -> Break:
    at, mine, other = parted
    segment, block, grain = mine.places[at]
    same_segment = [number for number, place in enumerate(mine.places) if place[0] is segment]
    names = {piece.fingerprint for piece in other.grains}
    return Break(
        feature=feature,
        varies=_varies(at, mine, other),
        segment=segment,
        number=same_segment.index(at) + 1,
        of=len(same_segment),
        token=tokens_before(one.profile, block, grain) + 1,
        common=frozenset(piece.fingerprint for piece in mine.grains if piece.fingerprint in names),
        reach=reach,
        location=None if one.call is None else one.call.call_site,
        test=one.test,
    )


def _varies(at: int, mine: _Head, other: _Head) -> str:
    if mine.places[at][0] is other.places[at][0] is Segment.TOOLS and _tools(mine) == _tools(other):
        return _ORDER
    shape = mine.grains[at].shape
    kind = shape.partition(":")[0]
    return _NAMES.get(kind, "its text") if shape == other.grains[at].shape else "its text"


def _tools(of: _Head) -> list[str]:
    pairs = zip(of.grains, of.places, strict=True)
    return sorted(grain.fingerprint for grain, place in pairs if place[0] is Segment.TOOLS)
