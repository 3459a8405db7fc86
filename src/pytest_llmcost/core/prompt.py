"""Prompt: what a request asks a model to read, as parts of text before counting and as blocks after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Segment(StrEnum):
    """The part of a prompt that a token belongs to."""

    SYSTEM = "system"
    TOOLS = "tools"
    HISTORY = "history"
    USER = "user"
    MEDIA = "media"


class Part(NamedTuple):
    """One piece of a request's input, as text. It lives only until it is counted.

    A tuple, because one is made for every message: a frozen dataclass costs twice as much.

    Attributes:
        segment: what the piece is to the model.
        kind: `message` (the content of one chat message), `text` (bare text: an input string, a content part after the
            first of its message), `thought` (what the model thought in an earlier turn), `sealed` (such a thought,
            encrypted), `tool` (one tool definition, as JSON), `option` (what the request asks for and pays for in
            tokens: `thinking`, `adaptive`, `forced`, `named`, `adding`, `parallel`, `compacting`; or names and the
            provider has: `kept`, `conversation`, `recalled`), `image`, `audio`, `video` or `document` (then `text` is
            empty or the locator, and `data` may hold the bytes).
        text: what is counted.
        data: raw media bytes, when the request carries them.
        detail: for images, the detail level that the request asks for.
    """

    segment: Segment
    kind: str
    text: str
    data: bytes | None = None
    detail: str | None = None


class Piece(NamedTuple):
    """One paragraph of a longer text: fine enough to say where two prompts differ."""

    fingerprint: str
    """First 16 hexadecimal digits of the SHA-256 of encoding name and text."""
    tokens: int
    """As the tokenizer counts them: neither framed nor scaled."""
    shape: str = ""
    """What its text has that may vary from call to call, and a fingerprint of the rest: `time:<16 digits>`,
    `id:<16 digits>`; empty when it has nothing of the kind, and after a baseline or a run file was read."""


@dataclass(frozen=True, slots=True)
class Block:
    """A counted part: no text, only its fingerprint and its size."""

    segment: Segment
    fingerprint: str
    """First 16 hexadecimal digits of the SHA-256 of tokenizer name and text."""
    tokens: int
    """By our own count, the framing of its message included."""
    pieces: tuple[Piece, ...] = ()
    """The paragraphs of its text in order; empty for a text of one, and for what is no text."""
    shape: str = field(default="", compare=False)
    """As that of a piece, for a block without any."""
    spare: int = field(default=0, compare=False)
    """Tokens that it would save as compact JSON instead of indented."""

    @property
    def is_frame(self) -> bool:
        """True for what a request costs beside its parts: nobody wrote it."""
        return self.fingerprint.startswith(_FRAME)

    def grains(self) -> tuple[Piece, ...]:
        """Return its pieces, or itself as its only one."""
        return self.pieces or (Piece(self.fingerprint, self.tokens, self.shape),)


_FRAME = "frame:"


def frame_name(fingerprint: str) -> str:
    """Return the fingerprint of a block that frames a request, as long as any other."""
    return f"{_FRAME}{fingerprint[len(_FRAME) :]}"


def spare_name(fingerprint: str) -> str:
    """Return the name under which known counts hold what a block would save as compact JSON."""
    return f"{fingerprint} spare"


class Count(NamedTuple):
    """What we count in one prompt, whatever the reply says."""

    blocks: tuple[Block, ...]
    tokens: int
    """Our count of the whole input: the sum of the blocks, scaled to the model's family."""
    upper: int
    """The count plus its measured error bound."""
    exact: bool
    """True when the model's own tokenizer was used on text and messages only."""


def split(blocks: tuple[Block, ...], total: int) -> dict[Segment, int]:
    """Share `total` tokens out over the segments in proportion to the blocks, exactly, by largest remainder.

    A prompt without blocks (its request could not be read) is all `user`.
    """
    weights: dict[Segment, int] = {}
    for block in blocks:
        segment = block.segment
        weights[segment] = weights.get(segment, 0) + block.tokens
    whole = sum(weights.values())
    if not whole:
        return {Segment.USER: total}
    if whole == total:
        return weights
    shares = {segment: total * weight // whole for segment, weight in weights.items()}
    rest = total - sum(shares.values())
    if not rest:
        return shares
    by_remainder = sorted(weights, key=lambda segment: (-(total * weights[segment] % whole), segment))
    for segment in by_remainder[:rest]:
        shares[segment] += 1
    return shares
