"""The headline of a report in Markdown: the verdict and the figure, without any foreign text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity, Verdict
from pytest_llmcost.render.sentences import change_of, monthly, run_cost
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.report import Report


def headline(report: Report) -> str:
    """Return the verdict and the figure; no foreign text, because a heading shows in mails as it is."""
    return " · ".join([f"{icon(report)} LLM cost {_cost(report)}", *_against(report), *errors(report)])


def icon(report: Report) -> str:
    """Return the verdict as one character; a neutral one where nothing is known to compare with."""
    if report.verdict is Verdict.FAIL:
        return "❌"
    return "✅" if report.comparison else "⚪"


def _cost(report: Report) -> str:
    comparison = report.comparison
    change = change_of(comparison) if comparison else None
    if not report.scenarios:
        return for_run(report)
    if change is None or change == "unchanged":
        return f"{'unchanged · ' if change else ''}{report.currency.draw(monthly(report))} / month"
    return change


def for_run(report: Report) -> str:
    """Return what the calls of a run cost, and how many there are."""
    return f"{run_cost(report)} for {plural(report.totals.calls, 'call')} in {plural(report.totals.tests, 'test')}"


def _against(report: Report) -> Iterator[str]:
    comparison, draw = report.comparison, report.currency.draw
    if comparison is None:
        if report.no_comparison:  # an estimate is no run that could be compared
            yield "nothing to compare with yet"
        return
    change = change_of(comparison)
    sides = f"{draw(comparison.before_usd)} → {draw(comparison.after_usd)}"
    if comparison.per == "run":
        yield "samples unchanged" if change == "unchanged" else f"samples {f'{change}, ' if change else ''}{sides}"
    elif change != "unchanged":
        yield f"{sides} per month"


def errors(report: Report) -> Iterator[str]:
    """Yield how many budgets are exceeded, and how many errors there are beside."""
    found = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    budgets = sum(finding.rule.startswith("budget.") for finding in found)
    if budgets:
        yield f"{plural(budgets, 'budget')} exceeded"
    if len(found) > budgets:
        yield plural(len(found) - budgets, "other error" if budgets else "error")
