"""A comparison of two runs as JSON, in the form that the run file has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import currency, fields, line, rows
from pytest_llmcost.render.run_comparison import comparison_keys
from pytest_llmcost.render.run_session import finding_row, prices_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.report import Report

FORMAT = "pytest-llmcost/diff"
VERSION = 1


def chunks(report: Report) -> Iterator[str]:
    """Yield the comparison of a report that has one, with its prices, findings and verdict."""
    yield "{\n"
    yield from fields(
        {
            "format": FORMAT,
            "version": VERSION,
            "prices": prices_row(report.prices),
            "currency": currency(report.currency),
        }
    )
    if report.comparison is not None:
        yield from comparison_keys(report.comparison)
    yield from rows("findings", (line(finding_row(one)) for one in report.findings))
    yield f'"verdict":{line(report.verdict.value)}\n}}\n'
