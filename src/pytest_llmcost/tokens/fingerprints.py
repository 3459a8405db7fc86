"""The names of texts: hashes that say whether two pieces of prompt are the same, and give nothing of them away."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.prompt import Block, Part


def fingerprint(kind: str, tokenizer: str, text: str) -> str:
    """Return 16 hexadecimal digits; the same text of another kind or for another tokenizer has others."""
    # A text may hold lone surrogates: JSON can spell them.
    return sha256(f"{kind}\0{tokenizer}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def media_fingerprint(part: Part, tokenizer: str) -> str:
    """Return the fingerprint of a part with bytes of its own, or of a place where they are."""
    digest = sha256(part.data).hexdigest() if part.data is not None else part.text
    return fingerprint(part.kind, tokenizer, f"{part.detail or ''}\0{digest}")


def prompt_sha256(blocks: Iterable[Block]) -> str:
    """Return the SHA-256, hexadecimal, of a prompt: its blocks in order, each by segment and fingerprint."""
    names = ""
    for block in blocks:  # fingerprints are all of one length, so nothing need stand between the names
        names += block.segment + block.fingerprint
    return sha256(names.encode()).hexdigest()
