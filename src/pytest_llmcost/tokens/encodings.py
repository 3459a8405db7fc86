"""OpenAI's token encodings, kept in the package: unpacked when first needed, never downloaded.

The packed files are made by `tools/vendor_encodings.py`. `tiktoken` does the tokenizing. Its own loader is never
called, because it downloads; nothing is registered with it, because a second encoding of a name breaks it for everyone.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import TYPE_CHECKING

from pytest_llmcost.tokens import extras

if TYPE_CHECKING:
    import tiktoken

SLICE = 8_000
"""Characters given to the tokenizer at a time: for long runs without a break it needs quadratic time (tiktoken 0.9) or
too deep a stack (a million spaces), and its panics are not Exceptions."""
SAMPLED_ABOVE = 2_000_000
"""Characters above which a text is not counted but extrapolated from `SAMPLES` evenly spaced slices."""
SAMPLES = 64
LONGEST_EXTRA = 100_000
"""Characters above which the count of a tokenizer that the user has installed is extrapolated: ctok needs 3 s a MB."""

# In both patterns a space or newline between two letters always starts a new piece, and the last newline before
# anything but a space or a slash always ends one: a cut there changes no count.
_CUT = re.compile(r"(?<=[^\W\d_])(?=[ \n][^\W\d_])|(?<=\n)(?=[^\s/])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """A packed encoding: its checksum, and the pattern that cuts text into pieces (as in tiktoken 0.14)."""

    sha256: str
    pattern: str


VOCABULARIES = {
    "o200k_base": Vocabulary(
        sha256="dce434c331e2b595eab34335423e5d1924359ebb49b6d2eae3c4539c0c0ed1c0",
        pattern=(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ),
    ),
    "cl100k_base": Vocabulary(
        sha256="1b57c7f611a970e92cfb0d6b24bba94d62b107e2fdeb89a0ef76f248e6169b88",
        pattern=(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
            r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
        ),
    ),
}


def unpack(name: str) -> list[bytes]:
    """Return the tokens of an encoding by rank.

    Raises:
        ValueError: the file in the package is not the one that was vendored.
    """
    packed = resources.files(__package__).joinpath("data", f"{name}.bin").read_bytes()
    if hashlib.sha256(packed).hexdigest() != VOCABULARIES[name].sha256:
        msg = f"The vocabulary {name} in this installation is damaged; reinstall pytest-llmcost."
        raise ValueError(msg)
    columns = zlib.decompress(packed)
    size = int.from_bytes(columns[:4], "big")
    lengths, text = columns[4 : 4 + size], columns[4 + size :]
    return [text[end - length : end] for length, end in zip(lengths, accumulate(lengths), strict=True)]


@cache
def load(name: str) -> tiktoken.Encoding:
    """Return an encoding, made once per process (about 0.15 s and 90 MB for o200k_base)."""
    import tiktoken

    ranks = {token: rank for rank, token in enumerate(unpack(name))}
    # No special tokens: a prompt that spells one is text, and nothing here may raise on it.
    return tiktoken.Encoding(name, pat_str=VOCABULARIES[name].pattern, mergeable_ranks=ranks, special_tokens={})


def count(name: str, text: str) -> int:
    """Return the number of tokens in a text.

    Above `SLICE` characters the text is cut where cutting changes nothing; where it has no such place (a run without
    spaces), each cut may add a token. Above `SAMPLED_ABOVE` characters the count is extrapolated.
    """
    if name not in VOCABULARIES:
        return _count_extra(name, text)
    encoding = load(name)
    if len(text) <= SLICE:
        return _count_slice(encoding, text)
    if len(text) <= SAMPLED_ABOVE:
        return sum(_count_slice(encoding, piece) for piece in slices(text))
    step = len(text) // SAMPLES
    sampled = sum(_count_slice(encoding, text[at : at + SLICE]) for at in range(0, step * SAMPLES, step))
    return round(sampled * len(text) / (SAMPLES * SLICE))


def _count_extra(name: str, text: str) -> int:
    """Count with a tokenizer that the user has installed; where it fails, or would take long, by o200k_base."""
    if len(text) <= LONGEST_EXTRA:
        try:
            return extras.counter(name)(text)
        except Exception:
            return count("o200k_base", text)
    return round(_count_extra(name, text[:LONGEST_EXTRA]) * len(text) / LONGEST_EXTRA)


def slices(text: str) -> list[str]:
    """Cut a text into slices of at most `SLICE` characters, between words where it has any."""
    found, start = [], 0
    while len(text) - start > SLICE:
        cut = _CUT.search(text, start + SLICE // 2, start + SLICE)
        end = cut.start() if cut else start + SLICE
        found.append(text[start:end])
        start = end
    return [*found, text[start:]]


def _count_slice(encoding: tiktoken.Encoding, text: str) -> int:
    try:
        return len(encoding.encode_ordinary(text))
    except BaseException as error:
        # A panic of the Rust code is a BaseException, of a class that cannot be imported. No slice of this length is
        # known to cause one; if one does, the user's test must not fail for it.
        if type(error).__name__ != "PanicException":
            raise
        return -(-len(text.encode("utf-8", "surrogatepass")) // 4)
