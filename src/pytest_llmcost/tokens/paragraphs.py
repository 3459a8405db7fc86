"""Paragraphs: where a long text is cut into pieces, so that a change in one of them leaves the others known."""

from __future__ import annotations

import re

SHORTEST = 200
"""Characters below which a text stays whole: it would have one or two pieces, each a row in the baseline."""
_MOST = 200
"""Pieces above which a text stays whole: a table, not a prompt."""

# A blank line, before anything but a space or a slash: there a cut changes no count of OpenAI's encodings, because the
# last newline always ends a token (tests/tokens compares with tiktoken).
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n(?=[^\s/])")


def paragraphs(text: str) -> list[str]:
    """Cut a text behind its blank lines; the pieces joined are the text. A text of one piece gives none.

    The cuts depend on the text around them only, so that an added paragraph moves no other cut.
    """
    if len(text) < SHORTEST:
        return []
    cuts = [found.end() for found in _BLANK_LINE.finditer(text)]
    if not 0 < len(cuts) < _MOST:
        return []
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
