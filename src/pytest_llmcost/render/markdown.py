"""The report as GitHub Markdown: for a job summary, or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.render.escape import inline, prose
from pytest_llmcost.render.explained import unfolded
from pytest_llmcost.render.fit import Part, joined
from pytest_llmcost.render.headline import headline
from pytest_llmcost.render.markdown_changes import advice, causes, changed, has_moved
from pytest_llmcost.render.markdown_tables import ICONS, ROWS, folded_table, table
from pytest_llmcost.render.outlook_tables import ahead
from pytest_llmcost.render.prompt_tables import prompts
from pytest_llmcost.render.prompt_tables import told as told_of_prompts
from pytest_llmcost.render.sentences import drawn_findings, notes
from pytest_llmcost.render.tables import every_budget, features, groups, per_test, scenarios
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pytest_llmcost.core.report import FeatureReport, Report


def markdown(report: Report, explain: Collection[str] = ()) -> str:
    """Return the report: headline, findings, tables, and in the footer where its numbers come from.

    The months of the features in `explain` are unfolded.
    """
    features = [feature for feature in report.features if feature.name in explain]
    return joined(
        [
            *parts(report, explain=explain),
            *(part for one in features for part in explained(report, one)),
            footer(report),
        ]
    )


def explained(report: Report, feature: FeatureReport) -> Iterator[Part]:
    """Yield how the month of a feature comes out."""
    title, sentences, tables = unfolded(report, feature)
    yield Part(text=f"#### {prose(title)}")
    yield Part(text="\n".join(f"- {prose(sentence)}" for sentence in sentences))
    for one in tables:
        yield Part(text=f"**{prose(one.title)}**")
        yield table(one)


def parts(report: Report, at_most: int = ROWS, explain: Collection[str] = ()) -> Iterator[Part]:
    """Yield what stands above the footer and unfolded months; `at_most` rows of a table that is not folded away."""
    yield Part(text=f"### {headline(report)}")
    yield from _findings(report)
    yield from _main(report, at_most)
    yield from causes(report)
    yield from advice(report)
    budgets = every_budget(report)
    broken = sum(mark is not None for mark in budgets.marks)
    yield from folded_table("Scenarios", "a month under each", scenarios(report))
    for shown in ahead(report, explain):
        yield from folded_table(shown.title.partition(",")[0], plural(len(shown.rows), "row"), shown)
    yield from folded_table("Budgets", f"{broken} of {len(budgets.rows)} exceeded", budgets)
    yield from folded_table("Prompt files", told_of_prompts(report), prompts(report))
    yield from folded_table("In no sample", plural(sum(one.calls for one in report.groups), "call"), groups(report))


def _findings(report: Report) -> Iterator[Part]:
    """Draw the errors as an alert and the rest as a list."""
    found = list(drawn_findings(report))
    errors = tuple(f"> - {told(one)}" for severity, one in found if severity is Severity.ERROR)
    if errors:
        yield Part(text="> [!CAUTION]", rows=errors)
    first, *others = [f"- {ICONS[one]} {told(said)}" for one, said in found if one is not Severity.ERROR] or [""]
    if first:
        yield Part(text=first, rows=tuple(others))


def told(finding: Finding | str) -> str:
    """Return a finding in a line, or the phrase that stands for several."""
    if isinstance(finding, str):
        return prose(finding)
    where = f" · {inline(finding.location)}" if finding.location not in (None, finding.subject) else ""
    return f"{inline(finding.rule)} {inline(finding.subject)}: {prose(finding.message)}{where}"


def _main(report: Report, at_most: int) -> Iterator[Part]:
    """Draw what changed, or without a comparison what it costs."""
    comparison = report.comparison
    if comparison is not None:
        changes = comparison.features if comparison.per == "month" else comparison.gate
        if has_moved(comparison):
            yield changed(report, comparison, changes, at_most=at_most)
            if comparison.per == "month":
                return
    if report.features:
        yield table(features(report))
    else:
        shown = per_test(report, at_most=at_most)
        yield table(shown)
        if shown.more:
            yield Part(text=shown.more)


def footer(report: Report) -> Part:
    """Return where the numbers come from."""
    commit = report.origins.commit
    facts = [f"commit {inline(commit[:7])}"] if commit else []
    if report.scenarios:
        facts.append(f"traffic as declared, scenario {inline(report.headline)}")
    facts += (prose(note).replace(" -> ", " → ") for note in notes(report))
    return Part(text=f"<sub>{' · '.join(facts)}</sub>")
