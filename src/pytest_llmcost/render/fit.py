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
    kept, left, gone = list(parts), list[str](), 0
    room = at_most - _size(kept)
    for at in reversed([at for at, part in enumerate(parts) if part.title]):
        if room >= _size([_pointer(left, 0, where)] if left else []):
            break
        room += _size([kept[at]])
        left.insert(0, kept.pop(at).title)
    for at in reversed(range(len(kept))):
        rows = list(kept[at].rows)
        while rows and room < _size([_pointer(left, gone, where)] if left or gone else []):
            room += len(rows.pop().encode()) + len("\n")
            gone += 1
        kept[at] = replace(kept[at], rows=tuple(rows))
    return joined([*kept[:-1], *([_pointer(left, gone, where)] if left or gone else []), kept[-1]])


def _size(parts: Sequence[Part]) -> int:
    """Return the bytes of some parts, each with the empty line that parts it from the next one."""
    return sum(len(str(part).encode()) + len("\n\n") for part in parts)


def _pointer(left: Sequence[str], rows: int, where: str) -> Part:
    """Say what was left out, and where it is."""
    gone = [*left, *([f"{rows:,} row{'' if rows == 1 else 's'}"] if rows else [])]
    last = f" and {gone[-1]}" if len(gone) > 1 else gone[-1]
    return Part(text=f"Left out for its length: {', '.join(gone[:-1])}{last}. {where}")
