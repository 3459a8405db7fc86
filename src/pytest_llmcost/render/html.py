"""The report as one self-contained page: no scripts, nothing to load."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pytest_llmcost.render.cause_tables import advice, causes
from pytest_llmcost.render.outlook_tables import AHEAD
from pytest_llmcost.render.prompt_tables import prompts
from pytest_llmcost.render.sentences import drawn_findings, headline, notes, verdict
from pytest_llmcost.render.tables import Column, Table, every_budget, features, groups, per_test, scenarios
from pytest_llmcost.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.finding import Finding, Severity
    from pytest_llmcost.core.report import Report

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #8886; }
.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { font-family: ui-monospace, monospace; min-width: 16ch; overflow-wrap: anywhere; }
td.text { min-width: 24ch; overflow-wrap: anywhere; }
tr:has(+ .under) td { border-bottom: 0; }
.total { font-weight: bold; }
.under td { color: GrayText; font-size: .9rem; padding-left: 1.6rem; overflow-wrap: anywhere; }
.error { color: light-dark(#b00020, #ff8a8a); }
.warning { color: light-dark(#8a5a00, #ffc46b); }
footer { margin-top: 2rem; color: GrayText; font-size: .85rem; }
"""


def html(report: Report) -> str:
    """Return the page: headline, findings, every table with all tests, and how the numbers are known."""
    return "\n".join(_page(report)) + "\n"


def _page(report: Report) -> Iterator[str]:
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>LLM cost: {report.verdict.value}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{_text(headline(report))}</h1>"
    yield f"<p>{_text(verdict(report))}</p>"
    yield from _list(f"<li{_class(severity)}>{_finding(one)}</li>" for severity, one in drawn_findings(report))
    for table in (features, causes, scenarios, *AHEAD, every_budget, prompts, advice, groups, per_test):
        yield from _table(table(report))
    yield "<footer>"
    yield from _list(f"<li>{_text(note)}</li>" for note in _facts(report))
    yield "</footer>\n</body>\n</html>"


def _facts(report: Report) -> Iterator[str]:
    if report.origins.commit:
        yield f"commit: {report.origins.commit}"
    yield f"written: {report.created_at} by pytest-llmcost {report.plugin_version}"
    yield from notes(report)


def _text(text: str) -> str:
    return escape(clean(text))


def _class(severity: Severity | None) -> str:
    return f' class="{severity.value}"' if severity else ""


def _list(items: Iterable[str]) -> Iterator[str]:
    rows = list(items)
    if rows:
        yield from ("<ul>", *rows, "</ul>")


def _finding(finding: Finding | str) -> str:
    if isinstance(finding, str):
        return _text(finding)
    where = f" <code>{_text(finding.location)}</code>" if finding.location else ""
    return f"<code>{_text(finding.rule)}</code> {_text(finding.message)}{where}"


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        return
    yield f'<h2>{_text(table.title)}</h2>\n<div class="wide">\n<table>'
    yield _row("th", [column.title for column in table.columns], table.columns)
    for number, row in enumerate(table.rows):
        mark = table.marks[number] if table.marks else None
        total = table.has_total and number == len(table.rows) - 1
        yield _row("td", row, table.columns, "total" if total else mark.value if mark else "")
        if table.under and table.under[number]:
            yield f'<tr class="under"><td colspan="{len(table.columns)}">{_text(table.under[number])}</td></tr>'
    yield "</table>\n</div>"
    if table.more:
        yield f"<p>{_text(table.more)}</p>"
    yield from _list(f"<li><code>{_text(hint)}</code></li>" for hint in table.hints)


def _row(tag: str, cells: Iterable[str], shape: Iterable[Column], mark: str = "") -> str:
    drawn = (
        f'<{tag} class="{column.kind.value}">{_text(cell)}</{tag}>' for cell, column in zip(cells, shape, strict=True)
    )
    return f'<tr class="{mark}">{"".join(drawn)}</tr>' if mark else f"<tr>{''.join(drawn)}</tr>"
