"""Foreign text in Markdown: names as code spans, sentences escaped, both without effect on what is around them."""

from __future__ import annotations

import re

from pytest_llmcost.render.text import clean, middle

_LONGEST = 120
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"

_RUN = re.compile("`+")
_PUNCTUATION = re.compile(r"([\\*_\[\]<|~])")
_LINKED = re.compile(r"://|www\.|[@#&]", re.IGNORECASE)
"""What GitHub turns into links and mentions, escaped or not."""


def code(text: str, at_most: int = _LONGEST) -> str:
    """Return a name as a code span that fits into a table.

    The fence is longer than any run of backticks inside. A pipe is escaped for the table, and kept apart from a
    backslash before it: parsers disagree on what both together mean.
    """
    return _span(_parted(middle(clean(text), at_most)).replace("|", "\\|"))


def inline(text: str) -> str:
    """Return a name as a code span for use outside of tables, where an escaped pipe would show its backslash."""
    return _span(middle(clean(text), _LONGEST))


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
    return _sentence(clean(text), "|")


def cell(text: str) -> str:
    """Return a sentence of ours likewise, for use in a table."""
    return _sentence(_parted(clean(text)), "\\|")


def _sentence(shown: str, pipe: str) -> str:
    pieces = shown.split("`")
    if len(pieces) % 2 == 0 or any(_LINKED.search(piece) for piece in pieces[::2]):
        return _span(shown.replace("|", pipe))
    return "".join(
        _span(piece.replace("|", pipe)) if number % 2 else _PUNCTUATION.sub(r"\\\1", piece)
        for number, piece in enumerate(pieces)
    )
