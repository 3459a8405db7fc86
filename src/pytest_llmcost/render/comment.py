"""The comment on a pull request, in Markdown: what changed in dollars a month, and why, to be read in five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity, Verdict
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.render.comment_alert import alert
from pytest_llmcost.render.comment_costs import costs
from pytest_llmcost.render.comment_outlook import outlook
from pytest_llmcost.render.comment_prompts import has_moved as has_grown
from pytest_llmcost.render.comment_prompts import prompts
from pytest_llmcost.render.comment_sections import accepted, budgets, findings, known, scenarios, tests
from pytest_llmcost.render.comment_words import base_name, footer, headline, unverified
from pytest_llmcost.render.escape import prose
from pytest_llmcost.render.fit import Part, fit
from pytest_llmcost.render.headline import icon
from pytest_llmcost.render.markdown_changes import causes, changed, has_moved
from pytest_llmcost.render.sentences import monthly
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.place import Place

_ROWS = 12
"""Rows of what changed, and of what it costs."""

_FEW = 5
"""Rows of what it costs where there is nothing to compare with."""


def comment(report: Report, place: Place, *, at_most: int = 59_800) -> str:
    """Return the comment, without its marker line, in at most so many UTF-8 bytes."""
    page = place.page()
    where = f"The [job summary]({page}) has it all." if page else "`llmcost report RUN` has it all."
    parts = list(_unchanged(report, place) if is_unchanged(report) else _changed(report, place))
    return fit(parts, at_most, where)


def is_unchanged(report: Report) -> bool:
    """Tell whether there is nothing to say: no error, and no month (or run) that moved by more than is ignored."""
    comparison = report.comparison
    if comparison is None or report.verdict is Verdict.FAIL:
        return False
    whole = ((comparison.before_usd, comparison.after_usd),)
    changes = comparison.features if comparison.per == "month" else comparison.gate
    return not any(
        _matters(report, comparison, before, after)
        for before, after in (*whole, *((one.before_usd, one.after_usd) for one in changes))
    )


def _matters(report: Report, comparison: Comparison, before: Decimal | None, after: Decimal | None) -> bool:
    if before is None or after is None:
        return before is not after
    moved = CONTEXT.subtract(after, before).copy_abs()
    return moved > 0 and (comparison.per != "month" or moved >= report.ignore_below_usd)


def _changed(report: Report, place: Place) -> Iterator[Part]:
    yield Part(text=f"### {headline(report)}")
    yield from unverified(place)
    yield from alert(report, place)
    yield from _main(report, place)
    yield from causes(report, place)
    yield from accepted(report)
    yield from scenarios(report, place)
    yield from budgets(report)
    yield from prompts(report, place)
    yield from tests(report, place)
    yield from outlook(report)
    yield from findings(report, place)
    yield from known(report)
    yield footer(report, place)


def _unchanged(report: Report, place: Place) -> Iterator[Part]:
    """Yield one line and the footer. What moved for less than is ignored is said to have done so."""
    comparison = report.comparison
    per = comparison.per if comparison else "month"
    usd = comparison.after_usd if comparison and per == "run" else monthly(report)
    draw = report.currency.draw
    moved = f"changed by less than {draw(report.ignore_below_usd)}" if _is_moved(report) else "unchanged"
    yield Part(text=f"### {icon(report)} LLM cost {moved} · {draw(usd)} / {per}")
    yield from unverified(place)
    if has_grown(report):
        yield from prompts(report, place)
    yield footer(report, place, *_calm(report))


def _calm(report: Report) -> Iterator[str]:
    warnings = sum(one.severity is Severity.WARNING for one in report.findings)
    if warnings:
        yield plural(warnings, "warning")
    elif report.budgets or report.prompts or any(feature.budgets for feature in report.features):
        yield "no budget exceeded"


def _is_moved(report: Report) -> bool:
    changes = report.comparison.features if report.comparison else ()
    return any(one.before_usd != one.after_usd for one in changes)


def _main(report: Report, place: Place) -> Iterator[Part]:
    """Draw what changed, or without a comparison what it costs."""
    comparison = report.comparison
    if comparison is None:
        yield Part(text=_nothing_to_compare(report))
        yield from costs(report, _FEW)
        return
    changes = comparison.features if comparison.per == "month" else comparison.gate
    if has_moved(comparison):
        yield changed(
            report, comparison, changes, sides=f"{base_name(place)}&nbsp;→&nbsp;this&nbsp;change", at_most=_ROWS
        )
    else:
        yield from costs(report, _ROWS)


def _nothing_to_compare(report: Report) -> str:
    why = report.no_comparison or "There is no baseline."
    end = "" if why.endswith(".") else "."
    return f"{prose(why)}{end} Once there is a baseline, this comment shows the difference."
