"""Counter: tokens of requests and replies, tokenizing only texts that neither this run nor the baseline has seen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.prompt import Block, Count, Part, Piece, Segment, frame_name, spare_name
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.tokens import encodings
from pytest_llmcost.tokens.families import family_of
from pytest_llmcost.tokens.fingerprints import fingerprint, media_fingerprint
from pytest_llmcost.tokens.hosted import BOUND_PERMILLE
from pytest_llmcost.tokens.kinds import PLAIN, READ, WRITTEN, has_nested, kind_of
from pytest_llmcost.tokens.measure import bound_permille, framed, measure, raw, spare
from pytest_llmcost.tokens.measured import ROUTED_PERMILLE, TEXT, TOOLS, measured
from pytest_llmcost.tokens.paragraphs import paragraphs
from pytest_llmcost.tokens.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_llmcost.tokens.family import Family

ESTIMATOR = "2026-11-27.3"
"""Version of everything that a count depends on. Raise it with any change of a figure or a formula."""

_NESTED = "nested tool"
"""Among the kinds of a prompt: its tools come in the nested form of OpenAI's chat completions."""
_ALONE = "nested tool alone"
"""The same, without a system message."""

_FIXED = frozenset({Segment.SYSTEM, Segment.TOOLS})
"""Where a text that varies from call to call breaks the cache: its shape says what varies. Elsewhere all may vary."""


class Output(NamedTuple):
    """What we count in generated text."""

    tokens: int
    provenance: Provenance
    upper: int
    """The count plus its measured error bound."""


class Counter:
    """Counts prompts and generated text. One per run and process; it keeps fingerprints and numbers, never text.

    Args:
        known: gives token counts by fingerprint of blocks and pieces that need no counting. Called once, at the first
            text.
        keep: told the fingerprint and the text of each new block and piece; for `store_text` only.
    """

    __slots__ = ("_keep", "_known", "_pieces", "_read_known", "_seen", "_wide")

    def __init__(
        self, known: Callable[[], Mapping[str, int]] = dict, keep: Callable[[str, str], None] | None = None
    ) -> None:
        self._read_known = known
        self._keep = keep
        self._known: Mapping[str, int] | None = None
        # By Python's own hash of kind and content: as wide as a fingerprint, and made in a third of the time.
        self._seen: defaultdict[Family, dict[int, Block]] = defaultdict(dict)
        self._pieces: defaultdict[tuple[str, bool], dict[int, Piece]] = defaultdict(dict)
        self._wide: dict[str, int] = {}
        """Bounds of blocks that have one of their own, in thousandths, by fingerprint."""

    def count(self, provider: str, model: str | None, operation: str, parts: Sequence[Part]) -> Count:
        """Count the tokens of a prompt.

        Each part gives one block. What a request costs beside its parts (the start of the reply, a hidden prompt about
        tools) is in blocks of its own, so that the count is the sum of the blocks and a block does not depend on its
        neighbours.
        """
        family = family_of(provider, model, operation)
        seen = self._seen[family]
        blocks = []
        kinds = set()
        exact = family.own
        tokens = 0
        for part in parts:
            segment, kind, text, data, detail = part
            if kind == "text":
                kind = kind_of(part)
            kinds.add(kind)
            key = hash((kind, text, data, detail, segment in _FIXED))
            block = seen.get(key)
            if block is None or block.segment is not segment:
                block = seen[key] = self._block(kind, part, family, block)
            blocks.append(block)
            tokens += block.tokens
            if len(text) > encodings.SAMPLED_ABOVE:
                exact = False  # extrapolated
        if "tool" in kinds and has_nested(parts):
            kinds.add(_NESTED)
            if not any(part.segment is Segment.SYSTEM for part in parts):
                kinds.add(_ALONE)
        for block in _request_blocks(family, frozenset(kinds)):
            blocks.append(block)
            tokens += block.tokens
        exact = exact and kinds <= PLAIN
        upper = self._upper(family, blocks, tokens, kinds)
        return Count(tuple(blocks), tokens, upper, exact)

    def _upper(self, family: Family, blocks: list[Block], tokens: int, kinds: set[str]) -> int:
        """Return the bound of a prompt: that of its kind of request, and more for blocks that have one of their own."""
        if not tokens:
            return 0
        defines = "tool" in kinds or ("schema" in kinds and family.reads_schema)
        error = measured(family.group, TOOLS if defines else TEXT)
        permille = max(error.permille, ROUTED_PERMILLE) if defines and family.is_routed else error.permille
        milli = tokens * permille
        if family.own_tools and "message" in kinds:
            milli += family.own_tools * (BOUND_PERMILLE - permille)
        if not kinds <= WRITTEN or "tool" in kinds:
            for block in blocks:
                own = self._wide.get(block.fingerprint)
                if own is not None:
                    milli += block.tokens * max(own - permille, 0)
        return -(-milli // 1000) + error.slack

    def count_text(self, provider: str, model: str | None, text: str) -> Output:
        """Count generated text, without any framing. Hidden reasoning is not in it."""
        family = family_of(provider, model, "chat")
        count = self.count(provider, model, "chat", (Part(Segment.HISTORY, "output", text),))
        if family.own and len(text) <= encodings.SAMPLED_ABOVE:
            return Output(count.tokens, Provenance.COUNTED, count.tokens)
        return Output(count.tokens, Provenance.SCALED, count.upper)

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
        own = bound_permille(kind, part, family)
        if own is not None:
            self._wide[name] = own
        size = self._known.get(name)
        return Block(part.segment, name, measure(kind, part, family) if size is None else size)

    def _text_block(self, name: str, kind: str, part: Part, family: Family) -> Block:
        """Return the block of a text that a model reads as it is written, with its pieces."""
        text, known, encoding, is_fixed = part.text, self._known or {}, family.encoding, part.segment in _FIXED
        seen = self._pieces[encoding, is_fixed]
        # Texts of one run share paragraphs: a prompt with another date, two pages that a search found.
        pieces = tuple([seen.get(hash(one)) or self._piece(one, encoding, is_fixed) for one in paragraphs(text)])
        size, saved = known.get(name), known.get(spare_name(name), 0)
        if size is None:
            as_a_whole = not pieces or family.bare or (family.forgets and "</think>" in text)
            read = raw(kind, family, text) if as_a_whole else sum([piece.tokens for piece in pieces])
            size = framed(kind, family, text, read)
            saved = spare(kind, family, text, size)
        return Block(part.segment, name, size, pieces, shape(text) if is_fixed and not pieces else "", saved)

    def _piece(self, text: str, encoding: str, is_fixed: bool) -> Piece:
        if is_fixed:
            plain = self._pieces[encoding, False].get(hash(text)) or self._piece(text, encoding, False)
            piece = Piece(plain.fingerprint, plain.tokens, shape(text))
        else:
            name = fingerprint("piece", encoding, text)
            tokens = (self._known or {}).get(name)
            if self._keep is not None:
                self._keep(name, text)
            piece = Piece(name, encodings.count(encoding, text) if tokens is None else tokens)
        self._pieces[encoding, is_fixed][hash(text)] = piece
        return piece


def _name(kind: str, part: Part, family: Family) -> str:
    if kind in WRITTEN:
        return fingerprint(kind, family.name, part.text)
    if kind == "option":
        return frame_name(fingerprint(kind, family.name, part.text))
    return media_fingerprint(part, f"{family.name} {family.image}")


@lru_cache(maxsize=1024)
def _request_blocks(family: Family, kinds: frozenset[str]) -> tuple[Block, ...]:
    """Return what a request costs beside its parts, as blocks."""
    tools = family.nested_tools if _NESTED in kinds and family.nested_tools is not None else family.tools
    costs = (
        ("message", Segment.USER, family.priming),
        ("message", Segment.TOOLS, family.own_tools),
        ("tool", Segment.TOOLS, tools),
        (_ALONE, Segment.TOOLS, family.alone),
        ("schema", Segment.TOOLS, family.schema),
    )
    return tuple(
        Block(segment, frame_name(fingerprint("request", family.name, f"{kind} {tokens}")), tokens)
        for kind, segment, tokens in costs
        if tokens and kind in kinds
    )
