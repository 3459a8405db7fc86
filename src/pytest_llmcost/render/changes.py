"""The table of what changed: a row per feature, or per test where no traffic is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO, percent
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Change
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report

_ROWS = 20

_FIGURES = tuple(map(Column, ("Before", "After", "Change", "")))


def changes(report: Report) -> Table:
    """Return the changes, the largest first; no row where nothing changed or nothing is compared with."""
    comparison = report.comparison
    per_month = comparison is None or comparison.per == "month"
    every = () if comparison is None else comparison.features if per_month else comparison.gate
    moved = sorted((one for one in every if one.before_usd != one.after_usd), key=_size)
    left = [plural(len(moved) - _ROWS, "more change")] if len(moved) > _ROWS else []
    still = len(every) - len(moved)
    return Table(
        title=f"Changes, a {'month' if per_month else 'run'}",
        columns=(
            Column("Feature" if per_month else "Test", Kind.NAME),
            *map(Column, ("Before", "After", "Change", "")),
        ),
        rows=tuple(_row(one, report.currency) for one in moved[:_ROWS]),
        more=", ".join([*left, *([f"{still:,} unchanged"] if still else [])]),
    )


def _row(change: Change, currency: Currency) -> tuple[str, ...]:
    draw, before, after = currency.draw, change.before_usd, change.after_usd
    if before is None or after is None:
        return change.name, draw(before), draw(after), "?", ""
    difference = draw(CONTEXT.subtract(after, before), sign=True)
    return change.name, draw(before), draw(after), difference, percent(before, after) or ""


def _size(change: Change) -> tuple[bool, Decimal, str]:
    """Sort unknown changes first, then the largest."""
    if change.before_usd is None or change.after_usd is None:
        return False, ZERO, change.name
    return True, -CONTEXT.subtract(change.after_usd, change.before_usd).copy_abs(), change.name
