"""Fitting a text into a limit: whole folded parts go first, then rows of tables, and one line says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One block of a Markdown text.

    Attributes:
        text: how it begins; all of it, where it has no rows.
        rows: whole lines below, which can be left out from the end.
        end: what closes it, such as the total of a table.
        title: what people call it; empty for what is never left out whole.
    """

    text: str
    rows: tuple[str, ...] = ()
    end: str = ""
    title: str = ""

    def __str__(self) -> str:
        """Return it as it stands in the text."""
        return "\n".join([self.text, *self.rows, *([self.end] if self.end else [])])


def joined(parts: Sequence[Part]) -> str:
    """Return the whole text, with an empty line between its parts and a newline at its end."""
    return "\n\n".join(map(str, parts)) + "\n"


def fit(parts: Sequence[Part], at_most: int, where: str) -> str:
    """Return a text of at most so many UTF-8 bytes; the last part, its footer, stays.

    Args:
        parts: in order. Those with a title are left out whole, from the end, before any row of another one is.
        at_most: bytes; what cannot be left out has to fit into it.
        where: what is left out is to be seen there; Markdown.
    """
    kept, left = list(parts), list[str]()
    while _size(kept, left, 0, where) > at_most:
        last = next((at for at in reversed(range(len(kept))) if kept[at].title), None)
        if last is None:
            return _without_rows(kept, left, at_most, where)
        left.insert(0, kept.pop(last).title)
    return _told(kept, left, 0, where)


def _without_rows(parts: list[Part], left: list[str], at_most: int, where: str) -> str:
    """Leave out rows, from the end of the last part that has any."""
    gone = 0
    for at in reversed(range(len(parts))):
        part = parts[at]
        low, high = 0, len(part.rows)
        while low < high:  # the most rows that fit
            middle = (low + high + 1) // 2
            parts[at] = replace(part, rows=part.rows[:middle])
            if _size(parts, left, gone + len(part.rows) - middle, where) <= at_most:
                low = middle
            else:
                high = middle - 1
        parts[at] = replace(part, rows=part.rows[:low])
        gone += len(part.rows) - low
        if _size(parts, left, gone, where) <= at_most:
            break
    return _told(parts, left, gone, where)


def _size(parts: Sequence[Part], left: Sequence[str], rows: int, where: str) -> int:
    return len(_told(parts, left, rows, where).encode())


def _told(parts: Sequence[Part], left: Sequence[str], rows: int, where: str) -> str:
    """Return the text, and before its footer what was left out."""
    gone = [*left, *([f"{rows:,} row{'' if rows == 1 else 's'}"] if rows else [])]
    if not gone:
        return joined(parts)
    last = f" and {gone[-1]}" if len(gone) > 1 else gone[-1]
    return joined(
        [*parts[:-1], Part(text=f"Left out for its length: {', '.join(gone[:-1])}{last}. {where}"), parts[-1]]
    )
