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

_SEGMENTS = tuple(Segment)

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
        moved = {part: after.get(part, 0) - before.get(part, 0) for part in _SEGMENTS}
        moved = {part: tokens for part, tokens in moved.items() if tokens} or {Segment.MEDIA: 1}
    grown = now.usage.input_tokens - then.usage.input_tokens
    amounts = _priced(usd, moved, grown, marginal)
    return {part: Shift(amounts[part], before.get(part, 0), after.get(part, 0)) for part in moved}


def _moved(then: Profile, now: Profile) -> dict[Segment, int]:
    """Return the tokens of blocks that are new minus those of blocks that are gone, by segment.

    Empty where that does not explain the change of the input: counts are not to be trusted then.
    """
    found = _difference(then.blocks, now.blocks)
    if len(found) > 1 or 0 in found.values():
        found = {part: found[part] for part in _SEGMENTS if found.get(part)}
    counted, grown = sum(found.values()), now.usage.input_tokens - then.usage.input_tokens
    if counted == grown:
        return found
    smaller, larger = sorted((abs(counted), abs(grown)))
    return found if counted * grown > 0 and larger <= smaller * _TRUSTED_SCALE else {}


def _difference(before: Sequence[Block], after: Sequence[Block]) -> dict[Segment, int]:
    moved: dict[Segment, int] = {}
    crossed: list[tuple[Block, Block]] = []
    for old, new in zip(before, after, strict=False):  # most blocks stay where they were: no bookkeeping for them
        if old.fingerprint != new.fingerprint or old.segment is not new.segment:
            crossed.append((old, new))
    common = min(len(before), len(after))
    gone = [old for old, _ in crossed] + list(before[common:])
    fresh = [new for _, new in crossed] + list(after[common:])
    spare: dict[tuple[str, Segment], int] = {}
    for block in gone:
        key = block.fingerprint, block.segment
        spare[key] = spare.get(key, 0) + 1
    for block in fresh:
        key = block.fingerprint, block.segment
        if spare.get(key):
            spare[key] -= 1
        else:
            moved[block.segment] = moved.get(block.segment, 0) + block.tokens
    for block in gone:
        key = block.fingerprint, block.segment
        if spare[key]:
            spare[key] -= 1
            moved[block.segment] = moved.get(block.segment, 0) - block.tokens
    return moved


def _sizes(profile: Profile, parts: Mapping[Segment, int]) -> dict[Segment, int]:
    """Return the tokens of some segments, each rounded by itself."""
    counted = dict.fromkeys(parts, 0)
    whole = 0
    for block in profile.blocks:
        size = block.tokens
        whole += size
        if block.segment in counted:
            counted[block.segment] += size
    if not whole:
        return {part: size for part, size in profile.segments.items() if part in parts}
    tokens = profile.usage.input_tokens
    if tokens != whole:
        counted = {part: (2 * tokens * size + whole) // (2 * whole) for part, size in counted.items()}
    return counted


def _priced(
    usd: Decimal, moved: Mapping[Segment, int], grown: int, marginal: Callable[[], Decimal]
) -> dict[Segment, Decimal]:
    if len(moved) == 1:
        return dict.fromkeys(moved, usd)
    if min(moved.values()) > 0 or max(moved.values()) < 0:
        return in_proportion(usd, moved)
    each, counted = marginal(), sum(moved.values())
    whole = sum(map(abs, moved.values()))
    plain = {part: each * tokens * grown / counted if counted else each * tokens for part, tokens in moved.items()}
    rest = usd - sum(plain.values())
    parts = [plain[part] + rest * abs(tokens) / whole for part, tokens in moved.items()]
    return dict(zip(moved, fit(parts, usd), strict=True))
