"""Tables and folds in GitHub Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.escape import code
from pytest_llmcost.render.tables import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "▫️"}

ROWS = 20
"""Rows of a table that are not folded away."""


def folded(title: str, result: str, inside: str) -> str:
    """Fold a part away under its title and result, which hold no foreign text."""
    return f"<details><summary><b>{title}</b> · {result}</summary>\n\n{inside}\n\n</details>"


def folded_table(title: str, result: str, table: Table) -> Iterator[str]:
    """Yield a folded table; nothing for one without rows."""
    if table.rows:
        yield folded(title, result, drawn(table))


def drawn(table: Table) -> str:
    """Draw a table."""
    head = [code(one.title) if one.foreign else figure(one.title) for one in table.columns]
    rule = ["--:" if one.kind is Kind.FIGURE else ":--" for one in table.columns]
    rows = [list(map(_cell, row, table.columns)) for row in table.rows]
    if table.has_total:
        rows[-1] = [f"**{cell}**" if cell else "" for cell in ("Total", *rows[-1][1:])]
    for row, mark in zip(rows, table.marks, strict=False):
        row[0] = f"{ICONS[mark]}&nbsp;{row[0]}" if mark else row[0]
    return "\n".join(map(row_of, (head, rule, *rows)))


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
