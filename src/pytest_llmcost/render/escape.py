"""Foreign text in Markdown: names as code spans, sentences escaped, both without effect on what is around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.render.text import clean, middle

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 120
_SENTENCE = 600
_PIECES = 20
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"

_RUN = re.compile("`+")
_PUNCTUATION = re.compile(r"([\\*_\[\]<|~])")
_LINKED = re.compile(
    r"://|www\.|mailto:|xmpp:|[@#&]|\bGH-[0-9]|:[a-z0-9_+-]+:|\$[^\s$](?:[^$]*[^\s$])?\$(?![0-9])|\$$",
    re.IGNORECASE | re.ASCII,
)
"""What GitHub turns into links, mentions, emoji and formulas, escaped or not."""

_HASH = re.compile(r"(?<=[ (])(?:[$€£¥]?[0-9][0-9,]*\.)?[0-9a-f]{7,40}(?=[ ),;])", re.IGNORECASE)
"""The hash of a commit becomes a link too: where one stands free, or a figure whose decimals look like one, it is made
a code span."""

_HASH_LEFT = re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE | re.ASCII)

_START = re.compile(r"\A([0-9]*)([-+=>.)])")
"""What begins a list, a quote or a heading, at the start of a line."""


def code(text: str, at_most: int = _LONGEST) -> str:
    """Return a name as a code span that fits into a table.

    The fence is longer than any run of backticks inside. A pipe is escaped for the table, and kept apart from a
    backslash before it: parsers disagree on what both together mean.
    """
    return _span(_parted(_cut(text, at_most)).replace("|", "\\|"))


def inline(text: str, at_most: int = _LONGEST) -> str:
    """Return a name as a code span for use outside of tables, where an escaped pipe would show its backslash."""
    return _span(_cut(text, at_most))


def _cut(text: str, at_most: int) -> str:
    """Cut a name to columns, and where those take no room, such as stacked accents, to as many characters."""
    shown = middle(clean(_ends(text, at_most)), at_most)
    return shown if len(shown) <= at_most else f"{shown[: at_most // 2]}…{shown[-at_most // 2 + 1 :]}"


def _ends(text: str, at_most: int) -> str:
    """Leave out the middle of what is far too long, before every character of it is looked at."""
    most = 8 * at_most
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"


def _parted(shown: str) -> str:
    return shown.replace("\\|", f"\\{_ZERO_WIDTH_SPACE}|")


def _span(shown: str) -> str:
    if not shown.strip():
        return "`?`"
    fence = "`" * (max((len(run) for run in _RUN.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str) -> str:
    """Return a sentence of ours with names in backticks, for use within a line and outside tables.

    The names become code spans. Where foreign text outside of them could become a link or a mention, or the backticks
    do not pair, the whole sentence becomes one.
    """
    return _START.sub(r"\1\\\2", _sentence(clean(_ends(text, _SENTENCE)).strip(), inline))


def cell(text: str) -> str:
    """Return a sentence of ours likewise, for use in a table."""
    return _sentence(clean(_ends(text, _SENTENCE)).strip(), code)


def _sentence(shown: str, span: Callable[..., str]) -> str:
    pieces = f" {shown} ".split("`")
    plain = pieces[::2]  # never empty: two spans side by side would be one
    is_long = sum(map(len, plain)) > _SENTENCE or len(plain) > _PIECES
    if len(pieces) % 2 == 0 or is_long or not all(plain) or any(map(_is_linked, plain)):
        return span(shown, _SENTENCE)
    return "".join(span(piece) if number % 2 else _escaped(piece) for number, piece in enumerate(pieces))[1:-1]


def _is_linked(piece: str) -> bool:
    return bool(_LINKED.search(piece) or _HASH_LEFT.search(_HASH.sub("", piece)))


def _escaped(piece: str) -> str:
    return _HASH.sub(r"`\g<0>`", _PUNCTUATION.sub(r"\\\1", _parted(piece)))
