"""The comment on a pull request, in Markdown: what changed in dollars a month, and why, to be read in five seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.core.money import CONTEXT, draw
from pytest_llmcost.render.comment_alert import alert
from pytest_llmcost.render.comment_costs import costs
from pytest_llmcost.render.comment_sections import accepted, budgets, findings, known, scenarios, tests
from pytest_llmcost.render.comment_words import base_name, footer, headline, unverified
from pytest_llmcost.render.escape import prose
from pytest_llmcost.render.fit import Part, fit
from pytest_llmcost.render.headline import icon
from pytest_llmcost.render.markdown_changes import causes, changed
from pytest_llmcost.render.sentences import monthly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Change, Comparison
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
    return fit([*_parts(report, place), footer(report, place)], at_most, where)


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


def _parts(report: Report, place: Place) -> Iterator[Part]:
    if is_unchanged(report):
        yield Part(text=f"### {_unchanged(report)}")
        yield from unverified(place)
        return
    yield Part(text=f"### {headline(report)}")
    yield from unverified(place)
    yield from alert(report, place)
    yield from _main(report, place)
    yield from causes(report, place)
    yield from accepted(report)
    yield from scenarios(report, place)
    yield from budgets(report)
    yield from tests(report, place)
    yield from findings(report, place)
    yield from known(report)


def _unchanged(report: Report) -> str:
    comparison = report.comparison
    if comparison is None:
        return headline(report)
    cost = f"{draw(monthly(report))} / month" if comparison.per == "month" else f"{draw(comparison.after_usd)} / run"
    same = all(one.before_usd == one.after_usd for one in comparison.features)
    moved = "" if same else f", but for less than {draw(report.ignore_below_usd)}"
    return f"{icon(report)} LLM cost unchanged{moved} · {cost}"


def _main(report: Report, place: Place) -> Iterator[Part]:
    """Draw what changed, or without a comparison what it costs."""
    comparison = report.comparison
    if comparison is None:
        yield Part(text=_nothing_to_compare(report, place))
        yield from costs(report, _FEW)
        return
    changes = comparison.features if comparison.per == "month" else comparison.gate
    if any(_moved(one) for one in changes):
        yield changed(
            report, comparison, changes, sides=f"{base_name(place)}&nbsp;→&nbsp;this&nbsp;change", at_most=_ROWS
        )
    else:
        yield from costs(report, _ROWS)


def _moved(change: Change) -> bool:
    return change.before_usd != change.after_usd


def _nothing_to_compare(report: Report, place: Place) -> str:
    why = f" ({prose(report.no_comparison)})" if report.no_comparison else ""
    branch = f" for {base_name(place)}" if place.base else ""
    return (
        f"There is no cost baseline{branch} to compare with{why}. Once there is one, this comment shows the difference."
    )
