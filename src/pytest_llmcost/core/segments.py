"""Segments: the change of one call's input tokens, and of what they cost, by part of the prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.shapley import fit, in_proportion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.prompt import Block

_TRUSTED_SCALE = 3
"""Counted blocks that are off by a larger factor than this do not explain the input that was billed."""


class Shift(NamedTuple):
    """How one segment moved between two forms of a call."""

    usd: Decimal
    before: int
    """Tokens of the segment."""
    after: int


def shifts(then: Profile, now: Profile, usd: Decimal, marginal: Callable[[], Decimal]) -> dict[Segment, Shift]:
    """Share what the change of a call's input costs out over the segments that changed, exactly.

    In proportion to the tokens; where some segments grew and others shrank, each at the price of one more token, and
    what is left in proportion to the absolute changes. `marginal` is asked for that price in dollars, if need be.
    """
    moved = _moved(then, now)
    before, after = (_sizes(then, moved), _sizes(now, moved)) if moved else (then.segments, now.segments)
    if not moved:
        moved = {part: after.get(part, 0) - before.get(part, 0) for part in Segment}
        moved = {part: tokens for part, tokens in moved.items() if tokens} or {Segment.MEDIA: 1}
    grown = now.usage.input_tokens - then.usage.input_tokens
    amounts = _priced(usd, moved, grown, marginal)
    return {part: Shift(amounts[part], before.get(part, 0), after.get(part, 0)) for part in moved}


def _moved(then: Profile, now: Profile) -> dict[Segment, int]:
    """Return the tokens of blocks that are new minus those of blocks that are gone, by segment.

    Empty where that does not explain the change of the input: counts are not to be trusted then.
    """
    found = _difference(then.blocks, now.blocks)
    tokens = {part: found[part] for part in Segment if found.get(part)}
    counted, grown = sum(tokens.values()), now.usage.input_tokens - then.usage.input_tokens
    if counted == grown:
        return tokens
    smaller, larger = sorted((abs(counted), abs(grown)))
    return tokens if counted * grown > 0 and larger <= smaller * _TRUSTED_SCALE else {}


def _difference(before: Sequence[Block], after: Sequence[Block]) -> dict[Segment, int]:
    start, stop = 0, min(len(before), len(after))
    while start < stop and _same(before[start], after[start]):
        start += 1
    stop -= start
    end = 0
    while end < stop and _same(before[-1 - end], after[-1 - end]):
        end += 1
    spare: dict[tuple[Segment, str], list[int]] = {}
    for block in before[start : len(before) - end]:
        spare.setdefault((block.segment, block.fingerprint), []).append(block.tokens)
    moved: dict[Segment, int] = {}
    for block in after[start : len(after) - end]:
        same = spare.get((block.segment, block.fingerprint))
        if same:
            same.pop()
        else:
            moved[block.segment] = moved.get(block.segment, 0) + block.tokens
    for (segment, _), tokens in spare.items():
        if tokens:
            moved[segment] = moved.get(segment, 0) - sum(tokens)
    return moved


def _same(one: Block, other: Block) -> bool:
    return one is other or (one.fingerprint == other.fingerprint and one.segment is other.segment)


def _sizes(profile: Profile, parts: Mapping[Segment, int]) -> dict[Segment, int]:
    """Return the tokens of some segments, each rounded by itself."""
    counted = dict.fromkeys(parts, 0)
    whole = 0
    for block in profile.blocks:
        whole += block.tokens
        if block.segment in counted:
            counted[block.segment] += block.tokens
    if not whole:
        return {part: size for part, size in profile.segments.items() if part in parts}
    tokens = profile.usage.input_tokens
    return {part: (2 * tokens * size + whole) // (2 * whole) for part, size in counted.items()}


def _priced(
    usd: Decimal, moved: Mapping[Segment, int], grown: int, marginal: Callable[[], Decimal]
) -> dict[Segment, Decimal]:
    if len(moved) == 1 or min(moved.values()) > 0 or max(moved.values()) < 0:
        return in_proportion(usd, moved)
    each, counted = marginal(), sum(moved.values())
    whole = sum(map(abs, moved.values()))
    plain = {part: each * tokens * grown / counted if counted else each * tokens for part, tokens in moved.items()}
    rest = usd - sum(plain.values())
    parts = [plain[part] + rest * abs(tokens) / whole for part, tokens in moved.items()]
    return dict(zip(moved, fit(parts, usd), strict=True))
