"""The job summary: the Markdown report with long tables and the tests that moved, within the size that GitHub takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.render.escape import code
from pytest_llmcost.render.fit import Part, fit
from pytest_llmcost.render.markdown import footer, parts
from pytest_llmcost.render.markdown_changes import size
from pytest_llmcost.render.markdown_tables import folded, rows_of
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.comparison import Change
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report

_LONGEST = 900 * 1024
"""Bytes: GitHub drops a whole summary near 1 MiB, without a word."""

_ROWS = 1000


def summary(report: Report) -> str:
    """Return the job summary, in at most 900 KiB."""
    where = "The run file has it all: `llmcost report RUN`."
    return fit([*parts(report, at_most=_ROWS), *_tests(report), footer(report)], _LONGEST, where)


def _tests(report: Report) -> Iterator[Part]:
    moved = sorted(report.comparison.tests, key=size) if report.comparison else []
    if moved:
        head, rule = ("Test", "Baseline", "This&nbsp;run", "Change"), (":--", "--:", "--:", "--:")
        left = f"\n\n{plural(len(moved) - _ROWS, 'more test')}" if len(moved) > _ROWS else ""
        result = f"{len(moved):,} of {len(report.tests):,} changed"
        rows = (_test(one, report.currency) for one in moved[:_ROWS])
        yield folded("Tests", result, f"{rows_of(head, rule, rows)}{left}")


def _test(change: Change, currency: Currency) -> tuple[str, ...]:
    before, after = change.before_usd, change.after_usd
    moved = None if before is None or after is None else CONTEXT.subtract(after, before)
    return code(change.name), currency.draw(before), currency.draw(after), currency.draw(moved, sign=True)
