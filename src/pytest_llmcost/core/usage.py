"""Usage: the token counts of calls, which add up, and how each count is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Provenance(StrEnum):
    """How a token count is known, from the strongest to the weakest."""

    REPORTED = "reported"
    """By the provider, in the reply."""
    COUNTED = "counted"
    """Plain text, with the model's own tokenizer."""
    ADJUSTED = "adjusted"
    """Reported for an earlier form of this request, plus the counted difference."""
    SCALED = "scaled"
    """An estimate by measured figures, with a bound."""
    DECLARED = "declared"
    """By the user."""


_STRENGTH = {provenance: rank for rank, provenance in enumerate(Provenance)}


def weakest(provenances: Iterable[Provenance]) -> Provenance | None:
    """Return the least certain of some provenances; None for none."""
    return max(provenances, key=_STRENGTH.__getitem__, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts of one call or of a sum of calls, and what else is billed: searches, pages, seconds, characters.

    `input_tokens` includes cached and audio tokens, `output_tokens` includes reasoning and audio tokens. None
    means that the provider has no such thing, and counts as 0 in a sum.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    """The part of `cache_write_tokens` that is kept for an hour, at a price of its own."""
    reasoning_tokens: int | None = None
    input_audio_tokens: int | None = None
    output_audio_tokens: int | None = None
    image_count: int | None = None
    web_searches: int | None = None
    rerank_searches: int | None = None
    document_pages: int | None = None
    audio_seconds: int | None = None
    """Of audio that is billed by its length, begun seconds in full."""
    input_characters: int | None = None
    """Of text that is billed by them, such as what is to be spoken."""

    def __add__(self, other: Usage) -> Usage:
        if not isinstance(other, Usage):
            return NotImplemented
        return Usage(**{name: _add(getattr(self, name), getattr(other, name)) for name in FIELDS})  # type: ignore[arg-type]

    def __radd__(self, other: int) -> Usage:
        """Let `sum(usages)` start from 0."""
        return self if other == 0 else NotImplemented


FIELDS: tuple[str, ...] = tuple(Usage.__slots__)

UNITS = ("web_searches", "rerank_searches", "document_pages", "audio_seconds", "input_characters", "image_count")
"""What is billed by the piece, beside tokens or instead of them."""


def total_usage(usages: Iterable[Usage]) -> Usage:
    """Add usages; the same as `sum()`, at a tenth of its cost for many."""
    usages = tuple(usages)
    columns = ((name, [getattr(usage, name) for usage in usages]) for name in FIELDS)
    sums = {name: sum(filter(None, column)) for name, column in columns if column.count(None) < len(column)}
    return Usage(**sums)


def resized(usage: Usage, tokens: int) -> Usage:
    """Return the usage with other input tokens; its parts stay as they are, as far as they still fit in.

    What was written to the cache has not been read from it; audio may have been either.
    """
    read = _at_most(usage.cache_read_tokens, tokens)
    unread = tokens - (read or 0)
    write = _at_most(usage.cache_write_tokens, unread)
    hour = _at_most(usage.cache_write_1h_tokens, unread if write is None else write)
    return replace(
        usage,
        input_tokens=tokens,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
        input_audio_tokens=_at_most(usage.input_audio_tokens, tokens - (write or hour or 0)),
    )


def cached(usage: Usage, tokens: int, read: int, write: int | None) -> Usage:
    """Return the usage with other input tokens, so many of which are read from a cache and written to one.

    All that is written is kept for an hour where the usage has a count of such tokens, be it 0.
    """
    return Usage(  # spelled out: `replace` takes twice as long, and this runs for every turn, lever and scenario
        input_tokens=tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=None if usage.cache_write_1h_tokens is None else write,
        reasoning_tokens=usage.reasoning_tokens,
        input_audio_tokens=_at_most(usage.input_audio_tokens, tokens),
        output_audio_tokens=usage.output_audio_tokens,
        image_count=usage.image_count,
        web_searches=usage.web_searches,
        rerank_searches=usage.rerank_searches,
        document_pages=usage.document_pages,
        audio_seconds=usage.audio_seconds,
        input_characters=usage.input_characters,
    )


def _at_most(tokens: int | None, limit: int) -> int | None:
    return None if tokens is None else min(tokens, limit)


def _add(left: int | None, right: int | None) -> int | None:
    return right if left is None else left if right is None else left + right
