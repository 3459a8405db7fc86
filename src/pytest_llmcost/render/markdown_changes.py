"""What changed, why, and what to change first, in GitHub Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.money import CONTEXT, ZERO, percent, total
from pytest_llmcost.render.cause_tables import ADVICE, CAUSES, diffs, smaller, title, unlisted
from pytest_llmcost.render.causes import Name, Phrase, is_explained, moved, ranked, reasons
from pytest_llmcost.render.causes import place as seen_at
from pytest_llmcost.render.escape import cell, code, inline, prose
from pytest_llmcost.render.markdown_tables import ICONS, ROWS, figure, folded, rows_of, words
from pytest_llmcost.render.place import NOWHERE, Place
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.advice import Advice
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.fit import Part

_WIDEST = 48
"""Columns of a name beside figures: GitHub breaks hardly any name, and a wider one pushes the dollars out of sight."""


def changed(
    report: Report,
    comparison: Comparison,
    changes: Sequence[Change],
    *,
    sides: str = "Baseline&nbsp;→&nbsp;this&nbsp;run",
    at_most: int = ROWS,
) -> Part:
    """Draw a row per change with its reasons, the largest first, one row for all that did not change, and the total."""
    moving = sorted((one for one in changes if one.before_usd != one.after_usd), key=size)
    still = [one for one in changes if one.before_usd == one.after_usd]
    marks = {finding.subject: finding.severity for finding in reversed(report.findings)}
    rows = [
        (
            f"{_icon(one, marks)}&nbsp;{_name(one.name)}",
            *cells(one.before_usd, one.after_usd, report.currency),
            _why(one),
        )
        for one in moving[:at_most]
    ]
    if len(moving) > at_most:
        rows.append((f"{len(moving) - at_most:,} more", "", "", ""))
    if still:
        cost = figure(report.currency.draw(total(one.after_usd for one in still)))
        rows.append((f"{len(still):,} unchanged", "", cost, ""))
    rows += _come_and_gone(comparison, changes, report.currency)
    difference, drawn = cells(comparison.before_usd, comparison.after_usd, report.currency)
    what = "Feature" if comparison.per == "month" else "Test"
    head, rule = (what, f"Per&nbsp;{comparison.per}", sides, "Why"), (":--", "--:", "--:", ":--")
    width = 4 if any(row[3] for row in rows) else 3
    end = ("**Total**", difference, f"**{drawn}**", "")
    return rows_of(head[:width], rule[:width], (row[:width] for row in rows), end[:width])


def has_moved(comparison: Comparison) -> bool:
    """Tell whether there is any row to show: a feature or test that changed, or tests on one side of a run only."""
    changes = comparison.features if comparison.per == "month" else comparison.gate
    return any(one.before_usd != one.after_usd for one in changes) or bool(_came_and_went(comparison))


def _come_and_gone(
    comparison: Comparison, changes: Sequence[Change], currency: Currency
) -> list[tuple[str, str, str, str]]:
    """Return the row of the tests that stand on one side of a run only; a month has them in its features."""
    words = _came_and_went(comparison)
    if not words:
        return []
    sides = (comparison.before_usd, comparison.after_usd), ("before_usd", "after_usd")
    known = [(whole, total(getattr(one, side) for one in changes)) for whole, side in zip(*sides, strict=True)]
    rest = [None if whole is None or part is None else CONTEXT.subtract(whole, part) for whole, part in known]
    return [(", ".join(words), *cells(rest[0], rest[1], currency), "")]


def _came_and_went(comparison: Comparison) -> list[str]:
    if comparison.per == "month":
        return []
    sides = ((comparison.added, "added"), (comparison.removed, "removed"))
    return [f"{len(tests):,} {word}" for tests, word in sides if tests]


def size(change: Change) -> tuple[bool, Decimal, str]:
    """Return what sorts changes: unknown ones first, then the largest."""
    before, after = change.before_usd, change.after_usd
    if before is None or after is None:
        return False, ZERO, change.name
    return True, -abs(CONTEXT.subtract(after, before)), change.name


def _icon(change: Change, marks: dict[str, Severity]) -> str:
    if marks.get(change.name) in (Severity.ERROR, Severity.WARNING):
        return ICONS[marks[change.name]]
    if change.before_usd is None or change.after_usd is None:
        return "⚪"
    return "🔴" if change.after_usd > change.before_usd else "🟢"


def cells(before: Decimal | None, after: Decimal | None, currency: Currency) -> tuple[str, str]:
    """Draw by how much a cost moved, with the percentage, and from what to what."""
    drawn = f"{figure(currency.draw(before))}&nbsp;→&nbsp;{figure(currency.draw(after))}"
    if before is None or after is None:
        return "?", drawn
    share = percent(before, after)
    difference = currency.draw(CONTEXT.subtract(after, before), sign=True)
    return f"**{figure(difference)}**{f'&nbsp;({figure(share)})' if share else ''}", drawn


def _why(change: Change) -> str:
    return "; ".join(map(_said, reasons(change)))


def _name(text: str) -> str:
    return code(text, _WIDEST)


def _said(phrase: Phrase) -> str:
    return "".join(_name(part.text) if isinstance(part, Name) else words(part) for part in phrase)


def causes(report: Report, place: Place = NOWHERE) -> Iterator[Part]:
    """Yield the causes, folded, with the fix that is at hand; nothing without causes."""
    found = ranked(report.comparison) if report.comparison else ()
    if report.comparison is None or not found:
        return
    draw = report.currency.draw
    head = ("Cause", "Where", "Before&nbsp;→&nbsp;after", f"Per&nbsp;{report.comparison.per}")
    rows = [
        (title(cause), _where(feature, cause, place), _said(moved(cause)), figure(draw(cause.monthly_usd, sign=True)))
        for feature, cause in found[:CAUSES]
    ]
    fix = _fix(report.advice, found)
    whole = " the whole change" if is_explained(report.comparison) else " what is known of the change"
    result = f"{plural(len(found), 'cause')} {'explains' if len(found) == 1 else 'explain'}{whole}"
    parts = [str(rows_of(head, (":--", ":--", ":--", "--:"), rows)), smaller(found[CAUSES:], report.currency)]
    parts += ["<br>".join(inline(hint) for hint in diffs(report, found[:CAUSES]))]
    parts += (
        [] if fix is None else [f"**Cheap fix:** about **-{draw(fix.monthly_usd)}** per month, {_told(fix, place)}"]
    )
    about = f"{result}{' · one cheap fix' if fix else ''}"
    yield folded(f"What changed, in {report.currency.word}", about, "\n\n".join(filter(None, parts)))


def _where(feature: str, cause: Cause, place: Place) -> str:
    where = seen_at(feature, cause)
    link = [linked(place, where, code(where, _WIDEST))] if where else []
    return " · ".join([_name(feature), *link, *([cell(cause.detail)] if cause.detail else [])])


def linked(place: Place, location: str, shown: str) -> str:
    """Return a location, drawn as `shown`, with a link to it where it is a file of the repository."""
    url = place.url(location)
    return f"[{shown}]({url})" if url else shown


def _fix(advice: Sequence[Advice], found: Sequence[tuple[str, Cause]]) -> Advice | None:
    """Return the best advice that takes back what has made its feature dearer: a broken cache first, if that did it."""
    dearer = {(feature, cause.kind) for feature, cause in found if cause.monthly_usd > 0}
    fixes = [one for one in advice if any((one.feature, kind) in dearer for kind in _FIXES.get(one.kind, ()))]
    return min(fixes, key=lambda one: one.kind != "cache-break", default=None)


_FIXES = {
    "cache-break": (Kind.CACHE,),
    "prefix-cache": (Kind.SYSTEM, Kind.TOOLS, Kind.CACHE),
    "duplicates": (Kind.CALLS,),
    "history": (Kind.HISTORY,),
    "pretty-json": (Kind.USER, Kind.HISTORY, Kind.SYSTEM),
    "repeated": (Kind.SYSTEM, Kind.USER, Kind.HISTORY),
    "unused-tools": (Kind.TOOLS,),
    "output-limit": (Kind.OUTPUT,),
    "model": (Kind.MODEL,),
}
"""Kind of advice -> the causes that it takes back."""


def advice(report: Report) -> Iterator[Part]:
    """Yield what to change first, as a folded list; nothing without advice."""
    shown, draw = report.advice[:ADVICE], report.currency.draw
    if shown:
        items = "\n".join(f"- **{draw(one.monthly_usd)}** per month, {_told(one)}" for one in shown)
        saved = f"saves {draw(shown[0].monthly_usd)} per month"
        result = saved if len(report.advice) == 1 else f"{len(report.advice):,} changes, the first {saved}"
        more = unlisted(report)
        yield folded("Advice", result, f"{items}\n- {more}" if more else items)


def _told(advice: Advice, place: Place = NOWHERE) -> str:
    where = advice.location or advice.test
    link = f" · {linked(place, where, inline(where))}" if where else ""
    return f"{inline(advice.feature)}: {prose(advice.message)}{link}"
