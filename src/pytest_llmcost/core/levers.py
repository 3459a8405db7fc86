"""Levers: what a call would use after one change to the code; each a function profile -> profile, and they compose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.service_tiers import batch_of
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.prompt import Block


def cached_prefix(profile: Profile, tokens: int) -> Profile:
    """Read the first `tokens` input tokens from the provider's prefix cache; what is read already stays read.

    cache read = max(read now, min(tokens, input)); what is read is not written: write = min(write, input - read).
    """
    return _with_usage(profile, reading(profile.usage, tokens))


def reading(usage: Usage, tokens: int) -> Usage:
    """Return the usage of `cached_prefix`."""
    read = max(usage.cache_read_tokens or 0, min(tokens, usage.input_tokens))
    if read == (usage.cache_read_tokens or 0):
        return usage
    return _with_input(usage, usage.input_tokens, read, usage.cache_write_tokens)


def without(profile: Profile, cuts: Mapping[int, int]) -> Profile:
    """Send less: take counted tokens out of blocks.

    Input tokens fall by cut x input / counted, cache reads and writes by the share of the cut that lies in the prefix
    which is read or written: a call's prefix is read first, then written.

    Args:
        profile: the call.
        cuts: how many counted tokens to take out, by position of the block; at most all that it has.
    """
    usage = sending_less(profile, cuts)
    if usage is profile.usage:
        return profile
    cuts = _possible(profile, cuts)
    less = profile.usage.input_tokens - usage.input_tokens
    return replace(
        profile,
        usage=usage,
        input_tokens_upper=max(profile.input_tokens_upper - less, usage.input_tokens),
        blocks=_cut(profile.blocks, cuts),
        counted_tokens=max(profile.counted_tokens - sum(cuts.values()), 0),
    )


def sending_less(profile: Profile, cuts: Mapping[int, int]) -> Usage:
    """Return the usage of `without`."""
    cuts = _possible(profile, cuts)
    counts = [block.tokens for block in profile.blocks]
    whole, gone, usage = sum(counts), sum(cuts.values()), profile.usage
    if not whole or not gone:
        return usage
    tokens = usage.input_tokens
    read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    from_read = _cut_before(counts, cuts, read * whole, tokens) if read else 0
    from_write = _cut_before(counts, cuts, (read + write) * whole, tokens) - from_read if write else 0
    return _with_input(
        usage,
        tokens - _nearest(gone * tokens, whole),
        read - _nearest(from_read * tokens, whole),
        None if usage.cache_write_tokens is None else write - _nearest(from_write * tokens, whole),
    )


def trimmed(profile: Profile, kept: Decimal) -> Profile:
    """Send a shorter prompt: a share of the input tokens, from 0 to 1, is kept, of every part of it alike.

    input = kept x input, to the nearest whole token; so are the parts that are read from the cache and written to it.
    """
    usage = profile.usage
    tokens = _part(usage.input_tokens, kept)
    if tokens == usage.input_tokens:
        return profile
    write = usage.cache_write_tokens
    smaller = _with_input(
        usage, tokens, _part(usage.cache_read_tokens or 0, kept), None if write is None else _part(write, kept)
    )
    upper = max(_part(profile.input_tokens_upper, kept), tokens)
    return replace(profile, usage=smaller, input_tokens_upper=upper)


def history_window(profile: Profile, turns: int) -> Profile:
    """Keep the last `turns` turns of the history, which are its last 2 x `turns` blocks (a question and its answer).

    What stands behind the cut begins at another place in every request, so none of it is read from the cache.
    """
    shorter = without(profile, {at: profile.blocks[at].tokens for at in _before_window(profile, turns)})
    return _with_usage(shorter, windowed(profile, turns))


def windowed(profile: Profile, turns: int) -> Usage:
    """Return the usage of `history_window`."""
    dropped = _before_window(profile, turns)
    if not dropped:
        return profile.usage
    counts = [block.tokens for block in profile.blocks]
    usage = sending_less(profile, {at: counts[at] for at in dropped})
    front = profile.usage.input_tokens * sum(counts[: dropped[0]]) // (sum(counts) or 1)
    if (usage.cache_read_tokens or 0) <= front:
        return usage
    return _with_input(usage, usage.input_tokens, front, usage.cache_write_tokens)


def _before_window(profile: Profile, turns: int) -> list[int]:
    history = [at for at, block in enumerate(profile.blocks) if block.segment is Segment.HISTORY]
    return history[: max(len(history) - 2 * turns, 0)]


def output_limit(profile: Profile, tokens: int | None) -> Profile:
    """Let the reply have at most `tokens` output tokens, reasoning included; None changes nothing."""
    if tokens is None:
        return profile
    limit = tokens if profile.output_limit is None else min(profile.output_limit, tokens)
    return replace(profile, usage=writing_less(profile.usage, tokens), output_limit=limit)


def writing_less(usage: Usage, tokens: int) -> Usage:
    """Return the usage of `output_limit`."""
    return replace(
        usage,
        output_tokens=min(usage.output_tokens, tokens),
        reasoning_tokens=_at_most(usage.reasoning_tokens, tokens),
        output_audio_tokens=_at_most(usage.output_audio_tokens, tokens),
    )


def other_product(profile: Profile, product: Product) -> Profile:
    """Buy the same tokens as another product: of another model, or in another service tier."""
    return profile if product == profile.product else replace(profile, product=product)


def batched(profile: Profile) -> Profile:
    """Buy the same tokens through the provider's batch interface, which answers within a day."""
    return other_product(profile, in_batch(profile.product))


def in_batch(product: Product) -> Product:
    """Return the product of `batched`."""
    return replace(product, service_tier=batch_of(product.service_tier))


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


def _with_usage(profile: Profile, usage: Usage) -> Profile:
    return profile if usage is profile.usage else replace(profile, usage=usage)


def _possible(profile: Profile, cuts: Mapping[int, int]) -> dict[int, int]:
    blocks = profile.blocks
    return {at: min(tokens, blocks[at].tokens) for at, tokens in cuts.items() if tokens > 0}


def _cut_before(counts: Sequence[int], cuts: Mapping[int, int], end: int, ratio: int) -> int:
    """Return how many counted tokens of the cuts lie in front of `end`; a cut is spread evenly over its block.

    `end` is in units of a counted token / `ratio`, so that all stays whole.
    """
    found = start = 0
    for at, count in enumerate(counts):
        begin = start * ratio
        if begin >= end:
            break
        start += count
        if at in cuts:
            found += cuts[at] if start * ratio <= end else cuts[at] * (end - begin) // (count * ratio)
    return found


def _part(tokens: int, share: Decimal) -> int:
    return int(CONTEXT.to_integral_value(CONTEXT.multiply(tokens, share)))


def _nearest(dividend: int, divisor: int) -> int:
    """Divide to the nearest whole number."""
    return (2 * dividend + divisor) // (2 * divisor)


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
    kept = (hour or 0) if write is None else write
    return Usage(  # spelled out: `replace` takes twice as long, and this runs for every call and lever
        input_tokens=tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=None if usage.cache_read_tokens is None and not read else read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
        reasoning_tokens=usage.reasoning_tokens,
        # What is written is not audio here: no price book has a rate for a token that is both.
        input_audio_tokens=_at_most(usage.input_audio_tokens, tokens - kept),
        output_audio_tokens=usage.output_audio_tokens,
        image_count=usage.image_count,
        web_searches=usage.web_searches,
        rerank_searches=usage.rerank_searches,
        document_pages=usage.document_pages,
        audio_seconds=usage.audio_seconds,
        input_characters=usage.input_characters,
    )


def _at_most(tokens: int | None, limit: int) -> int | None:
    return None if tokens is None else max(min(tokens, limit), 0)
