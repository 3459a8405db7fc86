"""The folded parts of a comment: what is not needed in the first five seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.render.comment_words import about, base_name
from pytest_llmcost.render.escape import code, inline, prose
from pytest_llmcost.render.figures import NONE, amount, count, share, tokens
from pytest_llmcost.render.markdown_changes import linked, size
from pytest_llmcost.render.markdown_tables import ICONS, figure, folded, rows_of
from pytest_llmcost.render.sentences import ACCEPTED, NO_TRAFFIC, drawn_findings, notes, provenances
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Change
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report, TestReport, Use
    from pytest_llmcost.render.fit import Part
    from pytest_llmcost.render.place import Place

_WIDEST = 48
_ROWS = 20
_TESTS = 10


def accepted(report: Report) -> Iterator[Part]:
    """Yield the increases that this change accepts, with their reasons."""
    found = [one for one in report.findings if one.rule == ACCEPTED]
    if found:
        items = "\n".join(f"- {prose(one.message)}" for one in found[:_ROWS])
        yield folded("Accepted increases", plural(len(found), "reason"), _and_more(items, len(found) - _ROWS))


def _and_more(items: str, left: int) -> str:
    return f"{items}\n- and {left:,} more" if left > 0 else items


def scenarios(report: Report, place: Place) -> Iterator[Part]:
    """Yield a month under every scenario, on both sides where there are two."""
    comparison, draw = report.comparison, report.currency.draw
    sides = {} if comparison is None else comparison.scenarios
    if not report.scenarios:
        return
    if not sides:
        months = [(*_scenario(report, name), figure(draw(one.monthly_usd))) for name, one in report.scenarios.items()]
        head = ("Scenario", "Requests&nbsp;a&nbsp;month", "Per&nbsp;month")
        yield folded("Scenarios", "a month under each", str(rows_of(head, (":--", "--:", "--:"), months[:_ROWS])))
        return
    shown = [
        (*_scenario(report, name), *map(figure, (draw(before), draw(after), _change(before, after, report.currency))))
        for name, (before, after) in sides.items()
    ]
    columns = ("Scenario", "Requests&nbsp;a&nbsp;month", base_name(place), "This&nbsp;change", "Change")
    inside = str(rows_of(columns, (":--", *["--:"] * 4), shown[:_ROWS]))
    yield folded("Scenarios", _range(sides, report.currency), inside)


def _scenario(report: Report, name: str) -> tuple[str, str]:
    month = report.scenarios.get(name)
    return code(name, _WIDEST), count(month.requests if month else None)


def _change(before: Decimal | None, after: Decimal | None, currency: Currency) -> str:
    return "?" if before is None or after is None else currency.draw(CONTEXT.subtract(after, before), sign=True)


def _range(sides: Mapping[str, tuple[Decimal | None, Decimal | None]], currency: Currency) -> str:
    """Say between what the change lies; a name would be foreign text."""
    known = [
        CONTEXT.subtract(after, before) for before, after in sides.values() if not (before is None or after is None)
    ]
    if not known:
        return "a month under each"
    low, high = (currency.draw(one, sign=True) for one in (min(known), max(known)))
    return f"{low} per month" if low == high else f"from {low} to {high} per month"


def budgets(report: Report) -> Iterator[Part]:
    """Yield every budget and how much of it is used, the fullest first."""
    close = {(one.subject, one.rule) for one in report.findings if one.severity is not Severity.ERROR}
    uses = [("total", use) for use in report.budgets]
    uses += [(feature.name, use) for feature in report.features for use in feature.budgets]
    if not uses:
        return
    marked = sorted(((_mark(subject, use, close), subject, use) for subject, use in uses), key=_fullness)
    marks = [mark for mark, _, _ in marked]
    near = f", {marks.count(_CLOSE)} close" if _CLOSE in marks else ""
    rows = [(mark, _budget(subject, use), *_used(use, report.currency)) for mark, subject, use in marked[:_ROWS]]
    head = ("", "Budget", "Limit", "This&nbsp;change", "Used")
    inside = str(rows_of(head, (":-:", ":--", "--:", "--:", "--:"), rows))
    left = len(marked) - _ROWS
    more = f"\n\nand {plural(left, 'more budget')}" if left > 0 else ""
    yield folded("Budgets", f"{marks.count(_BROKEN)} of {len(marks):,} exceeded{near}", f"{inside}{more}")


_BROKEN, _CLOSE, _UNKNOWN, _KEPT = "❌", "⚠️", "❔", "✅"


def _mark(subject: str, use: Use, close: set[tuple[str, str]]) -> str:
    if use.is_broken:
        return _BROKEN
    if use.actual is None:
        return _UNKNOWN
    return _CLOSE if (subject, f"budget.{use.key}") in close else _KEPT


def _fullness(one: tuple[str, str, Use]) -> tuple[int, Decimal, str]:
    mark, subject, use = one
    return (_BROKEN, _CLOSE, _UNKNOWN, _KEPT).index(mark), -(use.share or ZERO), subject


_KEYS = {
    "monthly_usd": "per month",
    "share_of_revenue": "per month, of its share of the revenue",
    "request_usd": "per 1,000 requests",
    "input_tokens": "input tokens of a call",
    "system_tokens": "system tokens of a call",
    "output_tokens": "output tokens of a call",
    "calls": "calls per request",
    "run_usd": "real spend of the run",
    "test_usd": "of any one test",
}


def _budget(subject: str, use: Use) -> str:
    who = "whole application" if subject == "total" else code(subject, _WIDEST)
    return f"{who} {_KEYS.get(use.key) or code(use.key, _WIDEST)}"


def _used(use: Use, currency: Currency) -> tuple[str, str, str]:
    limit, actual = (figure(amount(use, value, currency)) for value in (use.limit, use.actual))
    return limit, actual, figure(share(use))


def tests(report: Report, place: Place) -> Iterator[Part]:
    """Yield the tests whose cost moved, the most first."""
    comparison = report.comparison
    if comparison is None or not comparison.tests:
        return
    moved = sorted(comparison.tests, key=size)
    by_name = {one.test: one for one in report.tests}
    rows = [_test(change, by_name.get(change.name), report.currency) for change in moved[:_TESTS]]
    head = ("Test", "Calls", "Tokens&nbsp;in&nbsp;→&nbsp;out", base_name(place), "This&nbsp;change")
    inside = str(rows_of(head, (":--", *["--:"] * 4), rows))
    left, page = len(moved) - _TESTS, place.page()
    summary = f" in the [job summary]({page})" if page else ""
    more = f"\n\n{left:,} more{summary}." if left > 0 else ""
    yield folded("Tests", f"{len(moved):,} of {len(report.tests):,} changed", f"{inside}{more}")


def _test(change: Change, test: TestReport | None, currency: Currency) -> tuple[str, ...]:
    """Reruns would count in the calls and tokens of a test, and stand in no sample."""
    once = test if test is not None and test.attempts == 1 else None
    calls = count(once.calls) if once else NONE
    used = tokens(once.usage.input_tokens, once.usage.output_tokens) if once else NONE
    costs = (currency.draw(change.before_usd), currency.draw(change.after_usd))
    return code(change.name), calls, *map(figure, (used, *costs))


def findings(report: Report, place: Place) -> Iterator[Part]:
    """Yield what was found and fails nothing."""
    left = tuple(one for one in report.findings if one.severity in _MILD and not _is_elsewhere(one))
    found = [one for _, one in drawn_findings(replace(report, findings=left))]
    if not found:
        return
    items = "\n".join(f"- {_finding(one, place)}" for one in found[:_ROWS])
    counted = [one.severity for one in left]
    result = [plural(number, one.value) for one in _MILD if (number := counted.count(one))]
    yield folded("Findings", ", ".join(result), _and_more(items, len(found) - _ROWS))


def _is_elsewhere(finding: Finding) -> bool:
    """Whether another part says it: a budget that is close, a reason, where a baseline is from."""
    return finding.rule in (ACCEPTED, NO_TRAFFIC, _AGE) or finding.rule.startswith("budget.")


_AGE = "baseline-age"

_MILD = (Severity.WARNING, Severity.NOTICE)


def _finding(finding: Finding | str, place: Place) -> str:
    if isinstance(finding, str):
        return prose(finding)
    where = finding.location if finding.location != finding.subject else None
    link = f" · {linked(place, where, inline(where))}" if where else ""
    return f"{ICONS[finding.severity]} {about(finding)}{link}"


def known(report: Report) -> Iterator[Part]:
    """Yield how the numbers are known."""
    told = [*(one.message for one in report.findings if one.rule == _AGE), *notes(report)]
    items = "\n".join(f"- {prose(note).replace(' -> ', ' → ')}" for note in told[:_ROWS])
    result = [provenances(report.totals.by_provenance)] if report.totals.calls else []
    result += ["partial run"] if report.partial else []
    result += [] if report.totals.network_calls else ["no call reached the network"]
    yield folded("How the numbers are known", ", ".join(result), _and_more(items, len(told) - _ROWS))
