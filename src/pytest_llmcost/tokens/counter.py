"""Counter: tokens of requests and replies, tokenizing only texts that neither this run nor the baseline has seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Block, Count, Part, Piece, Segment, frame_name, spare_name
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.tokens import encodings
from pytest_llmcost.tokens.compaction import compacted
from pytest_llmcost.tokens.families import Family, family_of
from pytest_llmcost.tokens.fingerprints import fingerprint, media_fingerprint
from pytest_llmcost.tokens.functions import function_tokens
from pytest_llmcost.tokens.kinds import PLAIN, READ, WRITTEN, has_nested, kind_of
from pytest_llmcost.tokens.media import media_bound_permille, media_tokens
from pytest_llmcost.tokens.paragraphs import paragraphs
from pytest_llmcost.tokens.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ESTIMATOR = "2026-11-21"
"""Version of everything that a count depends on. Raise it with any change of a figure or a formula."""

_NESTED = "nested tool"
"""Among the kinds of a prompt: its tools come in the nested form of OpenAI's chat completions."""


class Counter:
    """Counts prompts and generated text. One per run and process; it keeps fingerprints and numbers, never text.

    Args:
        known: gives token counts by fingerprint of blocks and pieces that need no counting. Called once, at the first
            text.
        keep: told the fingerprint and the text of each new block and piece; for `store_text` only.
    """

    __slots__ = ("_keep", "_known", "_read_known", "_seen")

    def __init__(
        self, known: Callable[[], Mapping[str, int]] = dict, keep: Callable[[str, str], None] | None = None
    ) -> None:
        self._read_known = known
        self._keep = keep
        self._known: Mapping[str, int] | None = None
        # By Python's own hash of kind and content: as wide as a fingerprint, and made in a third of the time.
        self._seen: defaultdict[Family, dict[int, Block]] = defaultdict(dict)

    def count(self, provider: str, model: str | None, operation: str, parts: Sequence[Part]) -> Count:
        """Count the tokens of a prompt.

        Each part gives one block. What a request costs beside its parts (the start of the reply, a hidden prompt about
        tools) is in blocks of its own, so that the count is the sum of the blocks and a block does not depend on its
        neighbours.
        """
        family = family_of(provider, model, operation)
        seen, plain_bound = self._seen[family], family.bound_permille
        blocks = []
        kinds = set()
        exact = family.own
        tokens = bound = 0
        for part in parts:
            segment, kind, text, data, detail = part
            if kind == "text":
                kind = kind_of(part)
            kinds.add(kind)
            key = hash((kind, text, data, detail))
            block = seen.get(key)
            if block is None or block.segment is not segment:
                block = seen[key] = self._block(kind, part, family, block)
            blocks.append(block)
            size = block.tokens
            tokens += size
            bound += size * (plain_bound if kind in PLAIN else _bound_permille(kind, part, family))
            if len(text) > encodings.SAMPLED_ABOVE:
                exact = False  # extrapolated
        if "tool" in kinds and has_nested(parts):
            kinds.add(_NESTED)
        for block, permille in _request_blocks(family, frozenset(kinds)):
            blocks.append(block)
            tokens += block.tokens
            bound += block.tokens * permille
        return Count(tuple(blocks), tokens, -(-bound // 1000), exact and kinds <= PLAIN)

    def count_text(self, provider: str, model: str | None, text: str) -> tuple[int, Provenance]:
        """Count generated text, without any framing. Hidden reasoning is not in it."""
        family = family_of(provider, model, "chat")
        count = self.count(provider, model, "chat", (Part(Segment.HISTORY, "output", text),))
        exact = family.own and len(text) <= encodings.SAMPLED_ABOVE
        return count.tokens, Provenance.COUNTED if exact else Provenance.SCALED

    def _block(self, kind: str, part: Part, family: Family, seen: Block | None) -> Block:
        """Return the block of a part; `seen` is that of the same text elsewhere: a user's message becomes history."""
        if seen is not None:
            return replace(seen, segment=part.segment)
        if self._known is None:
            self._known = self._read_known()
        name = _name(kind, part, family)
        if self._keep is not None and kind in WRITTEN and kind != "output":
            self._keep(name, part.text)
        if kind in READ:
            return self._text_block(name, kind, part, family)
        size = self._known.get(name)
        return Block(part.segment, name, _measure(kind, part, family) if size is None else size)

    def _text_block(self, name: str, kind: str, part: Part, family: Family) -> Block:
        """Return the block of a text that a model reads as it is written, with its pieces."""
        text, known = part.text, self._known or {}
        pieces = tuple([self._piece(one, family.encoding) for one in paragraphs(text)])
        size, spare = known.get(name), known.get(spare_name(name), 0)
        if size is None:
            raw = sum([piece.tokens for piece in pieces]) if pieces else encodings.count(family.encoding, text)
            size = _framed(kind, family, raw)
            spare = _spare(kind, family, text, size)
        return Block(part.segment, name, size, pieces, "" if pieces else shape(text), spare)

    def _piece(self, text: str, encoding: str) -> Piece:
        name = fingerprint("piece", encoding, text)
        tokens = (self._known or {}).get(name)
        if self._keep is not None:
            self._keep(name, text)
        return Piece(name, encodings.count(encoding, text) if tokens is None else tokens, shape(text))


def _name(kind: str, part: Part, family: Family) -> str:
    if kind in WRITTEN:
        return fingerprint(kind, family.name, part.text)
    return media_fingerprint(part, f"{family.name} {family.image}")


def _bound_permille(kind: str, part: Part, family: Family) -> int:
    """Return the upper bound of a count per counted token, in thousandths, for kinds that are not plain text."""
    return family.tool_bound_permille if kind in WRITTEN else media_bound_permille(part)


def _measure(kind: str, part: Part, family: Family) -> int:
    """Count one part, its framing included, rounded to whole tokens of the model."""
    if kind not in WRITTEN:
        return media_tokens(part, family)
    if kind == "tool":
        return _measure_tool(part.text, family)
    if kind == "schema":
        permille = family.schema_permille
        return _rounded(permille * encodings.count(family.encoding, part.text)) if permille else 0
    return _framed(kind, family, encodings.count(family.encoding, part.text))


def _framed(kind: str, family: Family, raw: int) -> int:
    """Return the model's tokens of a text, its framing included, from those of the encoding."""
    framing = family.message_milli if kind == "message" else family.call_milli if kind == "call" else 0
    return _rounded(framing + family.scale_permille * raw)


def _measure_tool(definition: str, family: Family) -> int:
    if family.per_function is not None:
        tokens = function_tokens(definition, family.per_function, lambda text: encodings.count(family.encoding, text))
        if tokens is not None:
            return tokens
    return _rounded(family.tool_milli + family.tool_permille * encodings.count(family.encoding, definition))


def _spare(kind: str, family: Family, text: str, size: int) -> int:
    """Return how many of a text's `size` tokens compact JSON would save; 0 where none is indented."""
    shorter = compacted(text) if "\n" in text else None
    return 0 if shorter is None else max(size - _framed(kind, family, encodings.count(family.encoding, shorter)), 0)


def _rounded(milli: int) -> int:
    return (milli + 500) // 1000


@lru_cache(maxsize=1024)
def _request_blocks(family: Family, kinds: frozenset[str]) -> tuple[tuple[Block, int], ...]:
    """Return what a request costs beside its parts, as blocks, each with its bound in thousandths."""
    tools = family.nested_tools if _NESTED in kinds and family.nested_tools is not None else family.tools
    costs = (
        ("message", Segment.USER, family.priming, family.bound_permille),
        ("tool", Segment.TOOLS, tools, family.tool_bound_permille),
        ("schema", Segment.TOOLS, family.schema, family.tool_bound_permille),
    )
    return tuple(
        (Block(segment, frame_name(fingerprint("request", family.name, f"{kind} {tokens}")), tokens), permille)
        for kind, segment, tokens, permille in costs
        if tokens and kind in kinds
    )
