"""Text: foreign strings made safe to show, and fitted to columns."""

from __future__ import annotations

import unicodedata

_ELLIPSIS = "…"


def clean(text: str) -> str:
    """Return one line of printable characters: no control, format or bidi characters, no lone surrogates."""
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in {"Cc", "Cf"} else "\N{REPLACEMENT CHARACTER}"


def columns(text: str) -> int:
    """Return how many terminal columns a cleaned text takes: wide characters take two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def middle(text: str, width: int) -> str:
    """Cut a text to `width` columns by leaving out its middle: both ends of a path or node id tell it apart."""
    if columns(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{_first(text, width - 1 - tail)}{_ELLIPSIS}{_first(text[::-1], tail)[::-1]}"


def _first(text: str, width: int) -> str:
    used = 0
    for position, char in enumerate(text):
        used += _columns(char)
        if used > width:
            return text[:position]
    return text


def aligned(text: str, width: int, *, right: bool) -> str:
    """Fill a text with spaces to `width` columns."""
    space = " " * max(0, width - columns(text))
    return space + text if right else text + space


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into lines of `width` columns at its spaces; a longer word, such as a path, stays whole."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and columns(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 call`, `1,204 calls`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
