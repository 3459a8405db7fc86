"""The report as GitHub Markdown: for a job summary, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.money import draw
from pytest_llmcost.render.escape import inline, prose
from pytest_llmcost.render.markdown_changes import advice, causes, changed
from pytest_llmcost.render.markdown_tables import ICONS, ROWS, drawn, folded_table
from pytest_llmcost.render.sentences import change_of, drawn_findings, monthly, notes, run_cost
from pytest_llmcost.render.tables import every_budget, features, groups, per_test, scenarios
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.report import Report

_ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "▫️"}


def markdown(report: Report) -> str:
    """Return the report: headline, findings, tables, and in the footer where its numbers come from."""
    return "\n\n".join([f"### {_headline(report)}", *_parts(report), _footer(report)]) + "\n"


def _parts(report: Report) -> Iterator[str]:
    yield from _findings(report)
    yield from _main(report)
    yield from causes(report)
    yield from advice(report)
    budgets = every_budget(report)
    broken = sum(mark is not None for mark in budgets.marks)
    yield from folded_table("Scenarios", "a month under each", scenarios(report))
    yield from folded_table("Budgets", f"{broken} of {len(budgets.rows)} exceeded", budgets)
    yield from folded_table("In no sample", plural(sum(one.calls for one in report.groups), "call"), groups(report))


def _headline(report: Report) -> str:
    """Return the verdict and the figure; no foreign text, because a heading shows in mails as it is."""
    comparison, failed = report.comparison, report.verdict is Verdict.FAIL
    icon = "❌" if failed else "✅" if comparison else "⚪"
    return " · ".join([f"{icon} LLM cost {_cost(report)}", *_against(comparison), *_errors(report)])


def _cost(report: Report) -> str:
    comparison = report.comparison
    change = change_of(comparison) if comparison else None
    if not report.scenarios:
        scope = f"{plural(report.totals.calls, 'call')} in {plural(report.totals.tests, 'test')}"
        return f"{run_cost(report)} for {scope}"
    if change is None or change == "unchanged":
        return f"{'unchanged · ' if change else ''}{draw(monthly(report))} / month"
    return change


def _against(comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        yield "nothing to compare with yet"
        return
    change = change_of(comparison)
    sides = f"{draw(comparison.before_usd)} → {draw(comparison.after_usd)}"
    if comparison.per == "run":
        yield "samples unchanged" if change == "unchanged" else f"samples {f'{change}, ' if change else ''}{sides}"
    elif change != "unchanged":
        yield f"{sides} per month"


def _errors(report: Report) -> Iterator[str]:
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    budgets = sum(finding.rule.startswith("budget.") for finding in errors)
    if budgets:
        yield f"{plural(budgets, 'budget')} exceeded"
    if len(errors) > budgets:
        yield plural(len(errors) - budgets, "other error" if budgets else "error")


def _findings(report: Report) -> Iterator[str]:
    """Draw the errors as an alert and the rest as a list."""
    found = list(drawn_findings(report))
    errors = [one for severity, one in found if severity is Severity.ERROR]
    if errors:
        yield "\n".join(["> [!CAUTION]", *(f"> - {_finding(one)}" for one in errors)])
    others = [(severity, one) for severity, one in found if severity is not Severity.ERROR]
    if others:
        yield "\n".join(f"- {ICONS[severity]} {_finding(one)}" for severity, one in others)


def _finding(finding: Finding | str) -> str:
    if isinstance(finding, str):
        return prose(finding)
    where = f" · {inline(finding.location)}" if finding.location not in (None, finding.subject) else ""
    return f"{inline(finding.rule)} {inline(finding.subject)}: {prose(finding.message)}{where}"


def _main(report: Report) -> Iterator[str]:
    """Draw what changed, or without a comparison what it costs."""
    comparison = report.comparison
    if comparison is not None:
        changes = comparison.features if comparison.per == "month" else comparison.gate
        if any(change.before_usd != change.after_usd for change in changes):
            yield changed(report, comparison, changes)
            if comparison.per == "month":
                return
    if report.features:
        yield drawn(features(report))
    else:
        shown = per_test(report, at_most=ROWS)
        yield "\n\n".join([drawn(shown), *([shown.more] if shown.more else [])])


def _footer(report: Report) -> str:
    commit = report.origins.commit
    facts = [f"commit {inline(commit[:7])}"] if commit else []
    if report.scenarios:
        facts.append(f"traffic as declared in `[tool.llmcost]`, scenario {inline(report.headline)}")
    facts += (prose(note).replace(" -> ", " → ") for note in notes(report))
    return f"<sub>{' · '.join(facts)}</sub>"
