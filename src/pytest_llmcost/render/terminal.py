"""The report for a terminal: lines of text with the styles of pytest's terminal writer."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, NamedTuple

from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.render.cause_tables import advice, causes
from pytest_llmcost.render.changes import changes
from pytest_llmcost.render.explained import unfolded
from pytest_llmcost.render.outlook_tables import ahead
from pytest_llmcost.render.prompt_tables import prompts
from pytest_llmcost.render.sentences import drawn_findings, headline, notes, verdict
from pytest_llmcost.render.tables import (
    CALLS,
    Column,
    Kind,
    Table,
    app_budgets,
    calls,
    features,
    groups,
    per_test,
    scenarios,
)
from pytest_llmcost.render.text import aligned, clean, columns, middle, wrapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pytest_llmcost.core.report import FeatureReport, Report

Detail = Literal["features", "tests", "calls", "changes"]

_GAP = "  "
_NARROWEST = {Kind.NAME: 12, Kind.TEXT: 24}
"""Columns of a name or a sentence that are always shown."""

_DEAREST = 10
"""Tests that are shown when nobody asked for tests."""

_STYLES: dict[Severity | None, tuple[str, ...]] = {Severity.ERROR: ("red",), Severity.WARNING: ("yellow",)}


class Line(NamedTuple):
    """One line, and the styles it is written in: words such as `red` and `bold`."""

    text: str
    styles: tuple[str, ...] = ()


def lines(report: Report, *, width: int, detail: Detail, explain: Collection[str] = ()) -> Iterator[Line]:
    """Yield the report, for `width` columns; names in columns are cut to fit, findings and notes are not.

    The months of the features in `explain` are unfolded.
    """
    yield from unjudged(report, width=width, detail=detail, explain=explain)
    yield Line(clean(verdict(report)), ("bold", "green" if report.verdict is Verdict.PASS else "red"))


def unjudged(report: Report, *, width: int, detail: Detail, explain: Collection[str] = ()) -> Iterator[Line]:
    """Yield all but the verdict: for a report that nothing is held against."""
    yield Line(clean(headline(report)), ("bold",))
    for table in (*([changes(report)] if detail == "changes" else []), *_tables(report, detail, explain)):
        yield from table_lines(table, width)
    if detail == "calls":
        yield from _calls(report, width)
    for feature in report.features:
        if feature.name in explain:
            yield from explained(report, feature, width)
    yield Line("")
    found = [Line(_finding(severity, one), _STYLES.get(severity, ())) for severity, one in drawn_findings(report)]
    if found:
        yield from (*found, Line(""))
    yield from (Line(clean(note)) for note in notes(report))


def _tables(report: Report, detail: Detail, explain: Collection[str]) -> Iterator[Table]:
    """Yield what is to be shown; without features, the dearest tests say where the money goes."""
    yield from (features(report), causes(report), scenarios(report))
    yield from ahead(report, explain)
    yield from (app_budgets(report), prompts(report))
    if detail == "tests":
        yield per_test(report)
    elif not report.features:
        yield per_test(report, at_most=_DEAREST)
    yield from (groups(report), advice(report))


def explained(report: Report, feature: FeatureReport, width: int) -> Iterator[Line]:
    """Yield how the month of a feature comes out."""
    title, sentences, tables = unfolded(report, feature)
    yield Line("")
    yield Line(clean(title), ("bold",))
    yield from (Line(clean(sentence)) for sentence in sentences)
    for table in tables:
        yield from table_lines(table, width)


def _finding(severity: Severity, finding: Finding | str) -> str:
    word = severity.value.upper()
    if isinstance(finding, str):
        return f"{word} {clean(finding)}"
    where = finding.location if finding.location not in (None, finding.subject) else None
    text = f"{word} {finding.rule} {finding.subject}: {finding.message}"
    return clean(f"{text}  ({where})" if where else text)


def table_lines(table: Table, width: int) -> Iterator[Line]:
    """Yield an empty line, the title and the rows of a table, for `width` columns; nothing for a table without rows."""
    if not table.rows:
        return
    yield Line("")
    yield Line(clean(table.title), ("bold",))
    rows = [tuple(map(clean, row)) for row in table.rows]
    for shown in _parts(table.columns, rows, width):
        kept = [table.columns[position] for position in shown]
        cells = [[row[position] for position in shown] for row in rows]
        widths = _fitted(kept, _natural(kept, cells), width)
        yield Line(_row([clean(column.title) for column in kept], kept, widths))
        for number, row in enumerate(cells):
            style = _STYLES.get(table.marks[number], ()) if table.marks else ()
            yield from (Line(text, style) for text in _broken(row, kept, widths))
            yield from (Line(_GAP + text) for text in _under(table, number, width - len(_GAP)))
    yield from (Line(clean(text)) for text in (table.more, *table.hints) if text)


def _under(table: Table, number: int, width: int) -> Iterator[str]:
    text = clean(table.under[number]) if table.under else ""
    return iter(wrapped(text, width) if text else ())


def _broken(row: Sequence[str], shape: Sequence[Column], widths: Sequence[int]) -> Iterator[str]:
    """Draw a row on as many lines as its sentences take."""
    cells = [
        wrapped(cell, width) if column.kind is Kind.TEXT else [cell]
        for cell, column, width in zip(row, shape, widths, strict=True)
    ]
    for line in zip_longest(*cells, fillvalue=""):
        yield _row(line, shape, widths)


def _parts(shape: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[list[int]]:
    """Return which columns stand side by side: a name with more figures than fit takes several turns."""
    whole = list(range(len(shape)))
    natural = _natural(shape, rows)
    if any(column.kind is not Kind.FIGURE for column in shape[1:]):
        return [whole]
    first = min(natural[0], _NARROWEST[Kind.NAME])
    parts: list[list[int]] = [[0]]
    used = first
    for position in whole[1:]:
        needed = len(_GAP) + natural[position]
        if used + needed > width and len(parts[-1]) > 1:
            parts.append([0])
            used = first
        parts[-1].append(position)
        used += needed
    return parts


def _natural(shape: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    return [
        max([columns(clean(column.title)), *(columns(row[position]) for row in rows)])
        for position, column in enumerate(shape)
    ]


def _fitted(shape: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """Make the widest name or sentence narrower until the row fits, or until none can give more."""
    widths = list(natural)
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while excess > 0:
        spare = [at for at, column in enumerate(shape) if widths[at] > _NARROWEST.get(column.kind, widths[at])]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
        excess -= 1
    return widths


def _row(cells: Sequence[str], shape: Sequence[Column], widths: Sequence[int]) -> str:
    """Draw cells side by side; one that is too long for its column takes the room of empty ones to its right first."""
    drawn, at = list[str](), 0
    while at < len(cells):
        cell, width, right = cells[at], widths[at], shape[at].kind is Kind.FIGURE
        at += 1
        while columns(cell) > width and at < len(cells) and not cells[at]:
            width += len(_GAP) + widths[at]
            at += 1
        drawn.append(aligned(middle(cell, width), width, right=right))
    return _GAP.join(drawn).rstrip()


def _calls(report: Report, width: int) -> Iterator[Line]:
    """Draw a row per call under the name of its test, which is shown whole."""
    yield Line("")
    yield Line("Calls", ("bold",))
    rows = [(clean(test), [clean(cell) for cell in row]) for test, row in calls(report)]
    widths = _fitted(CALLS, _natural(CALLS, [row for _, row in rows]), width - len(_GAP))
    yield Line(_GAP + _row([column.title for column in CALLS], CALLS, widths))
    before = None
    for test, row in rows:
        if test != before:
            yield Line(test)
        before = test
        yield Line(_GAP + _row(row, CALLS, widths))
