"""What a month leads to, folded away in a comment: layers, units and forecast, where something of it is declared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.render.figures import NONE
from pytest_llmcost.render.markdown_tables import ROWS, folded, table
from pytest_llmcost.render.outlook_tables import forecast, layers, units
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.fit import Part
    from pytest_llmcost.render.tables import Table


def outlook(report: Report) -> Iterator[Part]:
    """Yield the section; nothing where production, business and growth are not declared. Its sentences are notes."""
    shown = [one for one in (layers(report), units(report), forecast(report)) if one.rows]
    found = report.outlook
    if not shown or found is None:
        return
    draw = report.currency.draw
    year = NONE if found.year_usd is None else f"{draw(found.year_usd)} in 12 months"
    yield folded("Outlook", year, "\n\n".join(map(_drawn, shown)))


def _drawn(shown: Table) -> str:
    """Draw a table under its title, which may go on with a foreign name behind a comma."""
    left = len(shown.rows) - ROWS
    more = f"\n\nand {plural(left, 'more row')}" if left > 0 else ""
    return f"**{shown.title.partition(',')[0]}**\n\n{table(replace(shown, rows=shown.rows[:ROWS]))}{more}"
