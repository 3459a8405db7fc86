"""The report as GitHub Markdown: for a job summary, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity, Verdict
from pytest_llmcost.core.money import CONTEXT, ZERO, draw, percent, total
from pytest_llmcost.render.escape import code, prose
from pytest_llmcost.render.sentences import change_of, drawn_findings, monthly, notes, run_cost
from pytest_llmcost.render.tables import Column, Kind, Table, every_budget, features, groups, per_test, scenarios
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.report import Report

_ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTICE: "▫️"}

_ROWS = 20


def markdown(report: Report) -> str:
    """Return the report: headline, findings, tables, and in the footer where its numbers come from."""
    return "\n\n".join([f"### {_headline(report)}", *_parts(report), _footer(report)]) + "\n"


def _parts(report: Report) -> Iterator[str]:
    yield from _findings(report)
    yield from _main(report)
    budgets = every_budget(report)
    broken = sum(mark is not None for mark in budgets.marks)
    yield from _details("Scenarios", "a month under each", scenarios(report))
    yield from _details("Budgets", f"{broken} of {len(budgets.rows)} exceeded", budgets)
    yield from _details("In no sample", plural(sum(one.calls for one in report.groups), "call"), groups(report))


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
    drawn = f"{draw(comparison.before_usd)} → {draw(comparison.after_usd)}"
    if comparison.per == "run":
        yield "samples unchanged" if change == "unchanged" else f"samples {f'{change}, ' if change else ''}{drawn}"
    elif change != "unchanged":
        yield f"{drawn} per month"


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
        yield "\n".join(f"- {_ICONS[severity]} {_finding(one)}" for severity, one in others)


def _finding(finding: Finding | str) -> str:
    if isinstance(finding, str):
        return prose(finding)
    where = f" · {code(finding.location)}" if finding.location not in (None, finding.subject) else ""
    return f"{code(finding.rule)} {code(finding.subject)}: {prose(finding.message)}{where}"


def _main(report: Report) -> Iterator[str]:
    """Draw what changed, or without a comparison what it costs."""
    comparison = report.comparison
    if comparison is not None:
        changes = comparison.features if comparison.per == "month" else comparison.gate
        if any(change.before_usd != change.after_usd for change in changes):
            yield _changes(report, comparison, changes)
            if comparison.per == "month":
                return
    if report.features:
        yield table_text(features(report))
    else:
        shown = per_test(report, at_most=_ROWS)
        yield "\n\n".join([table_text(shown), *([shown.more] if shown.more else [])])


def _changes(report: Report, comparison: Comparison, changes: Sequence[Change]) -> str:
    """Draw a row per change, the largest first, one row for all that did not change, and the total."""
    moved = sorted((one for one in changes if one.before_usd != one.after_usd), key=_size)
    still = [one for one in changes if one.before_usd == one.after_usd]
    marks = {finding.subject: finding.severity for finding in reversed(report.findings)}
    rows = [
        (f"{_icon(one, marks)}&nbsp;{code(one.name)}", *_cells(one.before_usd, one.after_usd)) for one in moved[:_ROWS]
    ]
    if len(moved) > _ROWS:
        rows.append((f"{len(moved) - _ROWS:,} more", "", ""))
    if still:
        rows.append((f"{len(still):,} unchanged", "", draw(total(one.after_usd for one in still))))
    before, after = total(one.before_usd for one in changes), total(one.after_usd for one in changes)
    difference, drawn = _cells(before, after)
    rows.append(("**Total**", difference, f"**{drawn}**"))
    what = "Feature" if comparison.per == "month" else "Test"
    head = (what, f"Per&nbsp;{comparison.per}", "Baseline&nbsp;→&nbsp;this&nbsp;run")
    return "\n".join(map(_row, (head, (":--", "--:", "--:"), *rows)))


def _size(change: Change) -> tuple[bool, Decimal, str]:
    """Sort unknown changes first, then the largest."""
    before, after = change.before_usd, change.after_usd
    if before is None or after is None:
        return False, ZERO, change.name
    return True, -abs(CONTEXT.subtract(after, before)), change.name


def _icon(change: Change, marks: dict[str, Severity]) -> str:
    if marks.get(change.name) in (Severity.ERROR, Severity.WARNING):
        return _ICONS[marks[change.name]]
    if change.before_usd is None or change.after_usd is None:
        return "⚪"
    return "🔴" if change.after_usd > change.before_usd else "🟢"


def _cells(before: Decimal | None, after: Decimal | None) -> tuple[str, str]:
    drawn = f"{draw(before)}&nbsp;→&nbsp;{draw(after)}"
    if before is None or after is None:
        return "?", drawn
    share = percent(before, after)
    difference = draw(CONTEXT.subtract(after, before), sign=True)
    return f"**{difference}**{f'&nbsp;({_figure(share)})' if share else ''}", drawn


def _details(title: str, result: str, table: Table) -> Iterator[str]:
    if table.rows:
        yield f"<details><summary><b>{title}</b> · {result}</summary>\n\n{table_text(table)}\n\n</details>"


def table_text(table: Table) -> str:
    """Return a table without its title; what is foreign in it is escaped."""
    head = [code(one.title) if one.foreign else _figure(one.title) for one in table.columns]
    rule = ["--:" if one.kind is Kind.FIGURE else ":--" for one in table.columns]
    rows = [list(map(_cell, row, table.columns)) for row in table.rows]
    if table.has_total:
        rows[-1] = [f"**{cell}**" if cell else "" for cell in ("Total", *rows[-1][1:])]
    for row, mark in zip(rows, table.marks, strict=False):
        row[0] = f"{_ICONS[mark]}&nbsp;{row[0]}" if mark else row[0]
    return "\n".join(map(_row, (head, rule, *rows)))


def _cell(text: str, column: Column) -> str:
    return _figure(text) if column.kind is Kind.FIGURE else code(text)


def _figure(text: str) -> str:
    """Draw figures and words of ours, with an arrow and without a place to break the line."""
    drawn = text.replace("->", "→").replace("<", "&lt;").replace(">", "&gt;")
    return drawn.replace(" ", "&nbsp;")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _footer(report: Report) -> str:
    commit = report.origins.commit
    facts = [f"commit {code(commit[:7])}"] if commit else []
    if report.scenarios:
        facts.append(f"traffic as declared in `[tool.llmcost]`, scenario {code(report.headline)}")
    facts += (prose(note).replace(" -> ", " → ") for note in notes(report))
    return f"<sub>{' · '.join(facts)}</sub>"
