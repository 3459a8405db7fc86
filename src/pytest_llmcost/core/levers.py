"""Levers: what a call would use after one change to the code; each a function profile -> profile, and they compose."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.prompt import Block
    from pytest_llmcost.core.usage import Usage

BATCH = "batch"
"""The service tier of a provider's batch interface."""


def cached_prefix(profile: Profile, tokens: int) -> Profile:
    """Read the first `tokens` input tokens from the provider's prefix cache; what is read already stays read.

    cache read = max(read now, min(tokens, input)); what is read is not written: write = min(write, input - read).
    """
    usage = profile.usage
    read = max(usage.cache_read_tokens or 0, min(tokens, usage.input_tokens))
    if read == (usage.cache_read_tokens or 0):
        return profile
    return replace(profile, usage=_with_input(usage, usage.input_tokens, read, usage.cache_write_tokens))


def without(profile: Profile, cuts: Mapping[int, int]) -> Profile:
    """Send less: take counted tokens out of blocks.

    Input tokens fall by cut x input / counted, cache reads and writes by the share of the cut that lies in the prefix
    which is read or written: a call's prefix is read first, then written.

    Args:
        profile: the call.
        cuts: how many counted tokens to take out, by position of the block; at most all that it has.
    """
    cuts = {at: min(tokens, profile.blocks[at].tokens) for at, tokens in cuts.items() if tokens > 0}
    whole = sum(block.tokens for block in profile.blocks)
    gone = sum(cuts.values())
    if not whole or not gone:
        return profile
    usage = profile.usage
    read = usage.cache_read_tokens or 0
    ratio = Fraction(usage.input_tokens, whole)
    cut_from_read = _cut_before(profile, cuts, read / ratio) if ratio else Fraction(0)
    written = read + (usage.cache_write_tokens or 0)
    cut_from_write = _cut_before(profile, cuts, written / ratio) - cut_from_read if ratio else Fraction(0)
    less = round(gone * ratio)
    tokens = usage.input_tokens - less
    left_write = None if usage.cache_write_tokens is None else usage.cache_write_tokens - round(cut_from_write * ratio)
    return replace(
        profile,
        usage=_with_input(usage, tokens, read - round(cut_from_read * ratio), left_write),
        input_tokens_upper=max(profile.input_tokens_upper - less, tokens),
        blocks=_cut(profile.blocks, cuts),
        counted_tokens=max(profile.counted_tokens - gone, 0),
    )


def history_window(profile: Profile, turns: int) -> Profile:
    """Keep the last `turns` turns of the history, which are its last 2 x `turns` blocks (a question and its answer).

    What stands behind the cut begins at another place in every request, so none of it is read from the cache.
    """
    history = [at for at, block in enumerate(profile.blocks) if block.segment is Segment.HISTORY]
    dropped = history[: max(len(history) - 2 * turns, 0)]
    if not dropped:
        return profile
    counts = [block.tokens for block in profile.blocks]
    shorter = without(profile, {at: counts[at] for at in dropped})
    usage = shorter.usage
    front = profile.usage.input_tokens * sum(counts[: dropped[0]]) // (sum(counts) or 1)
    if (usage.cache_read_tokens or 0) <= front:
        return shorter
    return replace(shorter, usage=_with_input(usage, usage.input_tokens, front, usage.cache_write_tokens))


def output_limit(profile: Profile, tokens: int | None) -> Profile:
    """Let the reply have at most `tokens` output tokens, reasoning included; None changes nothing."""
    if tokens is None:
        return profile
    usage = profile.usage
    return replace(
        profile,
        usage=replace(
            usage,
            output_tokens=min(usage.output_tokens, tokens),
            reasoning_tokens=_at_most(usage.reasoning_tokens, tokens),
            output_audio_tokens=_at_most(usage.output_audio_tokens, tokens),
        ),
        output_limit=tokens if profile.output_limit is None else min(profile.output_limit, tokens),
    )


def other_product(profile: Profile, product: Product) -> Profile:
    """Buy the same tokens as another product: of another model, or in another service tier."""
    return profile if product == profile.product else replace(profile, product=product)


def batched(profile: Profile) -> Profile:
    """Buy the same tokens through the provider's batch interface, which answers within a day."""
    return other_product(profile, replace(profile.product, service_tier=BATCH))


def repeats(profiles: Iterable[Profile]) -> list[int]:
    """Return the positions of the calls that ask of a product what an earlier one has asked, word for word."""
    seen: set[tuple[str, Product]] = set()
    found = []
    for position, profile in enumerate(profiles):
        key = profile.prompt, profile.product
        if profile.blocks and key in seen:  # without blocks nobody knows what was asked
            found.append(position)
        seen.add(key)
    return found


def asked_once(profiles: Iterable[Profile]) -> tuple[Profile, ...]:
    """Leave out the repeats."""
    profiles = tuple(profiles)
    left_out = set(repeats(profiles))
    return tuple(profile for position, profile in enumerate(profiles) if position not in left_out)


def _cut_before(profile: Profile, cuts: Mapping[int, int], end: Fraction) -> Fraction:
    """Return how much of the cuts lies in the first `end` counted tokens; a cut is spread evenly over its block."""
    found, start = Fraction(0), 0
    for position, block in enumerate(profile.blocks):
        if start >= end:
            break
        if position in cuts:
            found += cuts[position] * min(Fraction(1), (end - start) / block.tokens)
        start += block.tokens
    return found


def _cut(blocks: tuple[Block, ...], cuts: Mapping[int, int]) -> tuple[Block, ...]:
    """Return the blocks without what is cut; one that is cut in part keeps its name, and no pieces."""
    smaller = [
        replace(block, tokens=block.tokens - cuts[at], pieces=(), spare=0) if at in cuts else block
        for at, block in enumerate(blocks)
    ]
    return tuple(block for at, block in enumerate(smaller) if block.tokens or at not in cuts)


def _with_input(usage: Usage, tokens: int, read: int, write: int | None) -> Usage:
    """Return the usage with other input tokens; its parts never contradict each other."""
    read = min(max(read, 0), tokens)
    left = tokens - read
    write = _at_most(write, left)
    hour = _at_most(usage.cache_write_1h_tokens, left if write is None else write)
    return replace(
        usage,
        input_tokens=tokens,
        cache_read_tokens=None if usage.cache_read_tokens is None and not read else read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
        # What is written is not audio here: no price book has a rate for a token that is both.
        input_audio_tokens=_at_most(usage.input_audio_tokens, tokens - (hour or 0 if write is None else write)),
    )


def _at_most(tokens: int | None, limit: int) -> int | None:
    return None if tokens is None else max(min(tokens, limit), 0)
