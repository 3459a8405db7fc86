"""Tables and folds in GitHub Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.escape import code
from pytest_llmcost.render.fit import Part
from pytest_llmcost.render.tables import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "▫️"}

ROWS = 20
"""Rows of a table that are not folded away."""


def folded(title: str, result: str, inside: str) -> Part:
    """Fold a part away under its title and result, which hold no foreign text."""
    return Part(
        title=title.partition(",")[0].lower(),
        text=f"<details><summary><b>{title}</b> · {result}</summary>\n\n{inside}\n\n</details>",
    )


def folded_table(title: str, result: str, shown: Table) -> Iterator[Part]:
    """Yield a folded table; nothing for one without rows."""
    if shown.rows:
        yield folded(title, result, str(table(shown)))


def rows_of(head: Sequence[str], rule: Sequence[str], rows: Iterable[Sequence[str]], end: Sequence[str] = ()) -> Part:
    """Draw a table of cells that are safe; `rule` aligns the columns, `end` is a last row that always stays."""
    return Part(text=f"{row_of(head)}\n{row_of(rule)}", rows=tuple(map(row_of, rows)), end=row_of(end) if end else "")


def table(shown: Table) -> Part:
    """Draw a table."""
    head = [code(one.title) if one.foreign else figure(one.title) for one in shown.columns]
    rule = ["--:" if one.kind is Kind.FIGURE else ":--" for one in shown.columns]
    rows = [list(map(_cell, row, shown.columns)) for row in shown.rows]
    if shown.has_total:
        total = zip(rows[-1][1:], shown.rows[-1][1:], strict=True)
        rows[-1] = ["**Total**", *(f"**{cell}**" if text else "" for cell, text in total)]
    for row, mark in zip(rows, shown.marks, strict=False):
        row[0] = f"{ICONS[mark]}&nbsp;{row[0]}" if mark else row[0]
    end = rows.pop() if shown.has_total else ()
    return rows_of(head, rule, rows, end)


def _cell(text: str, column: Column) -> str:
    return figure(text) if column.kind is Kind.FIGURE else code(text)


def figure(text: str) -> str:
    """Draw figures and words of ours, with an arrow and without a place to break the line."""
    return words(text).replace(" ", "&nbsp;")


def words(text: str) -> str:
    """Draw words of ours, with an arrow."""
    return text.replace("->", "→").replace("<", "&lt;").replace(">", "&gt;")


def row_of(cells: Sequence[str]) -> str:
    """Draw a row of cells that are safe."""
    return f"| {' | '.join(cells)} |"
