"""The sentences of a report: its headline, how its numbers are known, and its verdict. Names in them are raw."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.money import percent, total
from pytest_llmcost.core.usage import Provenance
from pytest_llmcost.render.outlook_tables import told
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.calibration import Ratio
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import FeatureReport, Month, Prices, Report

NO_TRAFFIC = "no-traffic"
"""The rule whose finding says how to declare traffic: a hint, so it is drawn among the notes."""

ACCEPTED = "accepted"
"""The rule whose findings give the reasons for which an increase was accepted."""

_AT_MOST = 5


def headline(report: Report) -> str:
    """Return what it costs, and how that compares, as one sentence."""
    month = report.scenarios.get(report.headline)
    if month is None:
        return f"LLM cost: {run_cost(report)} for this run's {_scope(report)}{_run_change(report)}"
    return (
        f"LLM cost: {report.currency.draw(monthly(report))} a month at declared traffic ({report.headline})"
        f"{_fixed(month, report)}"
        f"{_month_change(report)}{_unsampled(report.features)}"
    )


def _fixed(month: Month, report: Report) -> str:
    usd = total(month.fixed_usd.values())
    return f", {report.currency.draw(usd)} of it fixed" if usd else ""


def monthly(report: Report) -> Decimal | None:
    """Return USD per month under the headline scenario; None while unknown, and without any sample of a feature."""
    month = report.scenarios.get(report.headline)
    sampled = any(feature.samples and feature.requests_per_month is not None for feature in report.features)
    return month.monthly_usd if month is not None and sampled else None


def run_cost(report: Report) -> str:
    """Draw what the calls of the run cost; a lower bound when some of them have no price."""
    totals, draw = report.totals, report.currency.draw
    if not totals.unpriced_calls:
        return draw(totals.cost_usd)
    return f"at least {draw(totals.cost_usd)}" if totals.cost_usd else "?"


def _scope(report: Report) -> str:
    totals = report.totals
    unknown = f", {totals.unpriced_calls:,} without a price" if totals.unpriced_calls else ""
    return f"{plural(totals.calls, 'call')} in {plural(totals.tests, 'test')}{unknown}"


def _month_change(report: Report) -> str:
    comparison, draw = report.comparison, report.currency.draw
    if comparison is None:
        return ""
    before, source = comparison.before_usd, comparison.source
    if before is None:
        return f", ? against {source}"
    change = change_of(comparison)
    if change is None:
        return f", against {draw(before)} in {source}"
    month = report.scenarios.get(report.headline)
    what = "inference " if month is not None and month.fixed_usd else ""
    return f", {what}{change} against {source}" + ("" if change == "unchanged" else f" ({draw(before)})")


def _run_change(report: Report) -> str:
    """Compare the tests' samples: the run's own cost holds more than those, and carried tests are not in it."""
    comparison, draw = report.comparison, report.currency.draw
    if comparison is None:
        return ""
    change = change_of(comparison)
    if change == "unchanged":
        return f", samples unchanged against {comparison.source}"
    drawn = f"{draw(comparison.before_usd)} -> {draw(comparison.after_usd)}"
    return f", samples {change or drawn} against {comparison.source}{f' ({drawn})' if change else ''}"


def change_of(comparison: Comparison) -> str | None:
    """Draw the one percentage of a comparison, or `unchanged`; None when it has none."""
    before, after = comparison.before_usd, comparison.after_usd
    if before is None or after is None:
        return None
    return "unchanged" if before == after else percent(before, after)


def _unsampled(features: Iterable[FeatureReport]) -> str:
    declared = [feature for feature in features if feature.requests_per_month is not None]
    empty = sum(not feature.samples for feature in declared)
    return f"; {empty} of {plural(len(declared), 'feature')} without samples" if empty else ""


def notes(report: Report) -> Iterator[str]:
    """Yield how the numbers are known, and what is not in them; one line each."""
    totals = report.totals
    if totals.calls:
        yield f"usage: {provenances(totals.by_provenance)}"
    yield from _learned(report.calibration)
    yield f"prices: {prices(report.prices)}"
    yield from discounts(report)
    if basis := report.currency.basis:
        yield basis
    if set(totals.by_provenance) != {Provenance.DECLARED.value}:
        yield _network(report)
    yield from _samples(report.features)
    yield from _compared(report)
    yield from told(report)
    if report.partial:
        yield "some tests did not run"
    yield from (finding.message for finding in report.findings if finding.rule == NO_TRAFFIC)


def _learned(ratios: Sequence[Ratio]) -> Iterator[str]:
    """Say what estimates were brought in line with, and how sure that is."""
    for one in ratios[:_AT_MOST]:
        tools = {"tools": " with tools", "media": " with media"}.get(one.kind.content, "")
        yield (
            f"estimates: {plural(one.used, 'call')} of {one.kind.model}{tools} scaled by {one.middle:f}, as learned"
            f" from {plural(one.prompts, 'prompt')} with reported usage ({one.low:f} to {one.high:f})"
        )
    if len(ratios) > _AT_MOST:
        yield f"estimates: {plural(len(ratios) - _AT_MOST, 'more model')} scaled by what was learned as well"


def prices(book: Prices) -> str:
    """Return which price list holds, of which day, and how old it is."""
    days = book.age_days
    old = f", its newest price {plural(days, 'day')} old" if days else ""
    return f"{book.source} {book.version} of {book.as_of}{old}"


def discounts(report: Report) -> Iterator[str]:
    """Yield what is off the list prices, and what is paid by the month instead."""
    shown = list(report.discounts.items())
    for key, one in shown[:_AT_MOST]:
        usd = one.committed_usd_per_month
        paid = "" if usd is None else f", {report.currency.draw(usd)} a month: in the month above, in no comparison"
        yield f"discount: {key} {one.terms}{paid}"
    if len(shown) > _AT_MOST:
        yield plural(len(shown) - _AT_MOST, "more discount")


def provenances(counts: Mapping[str, int]) -> str:
    """Count calls by how their usage is known, the best first."""
    order = [one.value for one in Provenance if one.value in counts]
    return ", ".join(f"{counts[name]:,} {name}" for name in order)


def _network(report: Report) -> str:
    totals, draw = report.totals, report.currency.draw
    spent = f", real spend {draw(totals.spend_usd)}" if totals.spend_usd else ""
    if not totals.network_calls:
        return f"no call reached the network{spent}"
    calls, tests = plural(totals.network_calls, "call"), plural(totals.network_tests, "test")
    return f"{calls} of {tests} reached the network{spent}"


def _samples(features: Iterable[FeatureReport]) -> Iterator[str]:
    short = [feature for feature in features if feature.carried or feature.lost]
    for feature in short[:_AT_MOST]:
        carried = f"{feature.carried:,} of {plural(feature.samples, 'sample')} carried from the baseline"
        lost = f"{plural(feature.lost, 'test')} gave no sample"
        told = [*([carried] if feature.carried else []), *([lost] if feature.lost else [])]
        yield f"{feature.name}: {', '.join(told)}"
    if len(short) > _AT_MOST:
        yield f"{plural(len(short) - _AT_MOST, 'more feature')} with samples carried or lost"


def _compared(report: Report) -> Iterator[str]:
    comparison, draw = report.comparison, report.currency.draw
    if comparison is None:
        if report.no_comparison:
            yield f"not compared: {report.no_comparison}"
        return
    commit = f" at {comparison.commit[:7]}" if comparison.commit else ""
    moved = [
        f"{plural(len(tests), 'test')} {word}"
        for tests, word in (
            (comparison.added, "added"),
            (comparison.removed, "removed"),
            (comparison.renamed, "renamed"),
        )
        if tests
    ]
    if comparison.per == "run" and comparison.carried:
        moved.append(f"{plural(len(comparison.carried), 'test')} carried")
    what = f"{draw(comparison.before_usd)} -> {draw(comparison.after_usd)} a {comparison.per}"
    yield f"baseline: {comparison.source}{commit}, {'; '.join([what, *moved])}"


def drawn_findings(report: Report) -> Iterator[tuple[Severity, Finding | str]]:
    """Yield every error, and of each other rule the first few findings, then how many there are more."""
    listed = [finding for finding in report.findings if finding.rule != NO_TRAFFIC]
    whole = Counter((finding.severity, finding.rule) for finding in listed)
    seen: Counter[tuple[Severity, str]] = Counter()
    for finding in listed:
        key = (finding.severity, finding.rule)
        seen[key] += 1
        if finding.severity is Severity.ERROR or seen[key] <= _AT_MOST:
            yield finding.severity, finding
        elif seen[key] == whole[key]:
            yield finding.severity, f"and {whole[key] - _AT_MOST:,} more {finding.rule}"


def verdict(report: Report) -> str:
    """Return the verdict with what it is made of."""
    counts = Counter(finding.severity for finding in report.findings if finding.rule != NO_TRAFFIC)
    found = ", ".join(plural(counts[severity], severity.value) for severity in Severity if counts[severity])
    return f"LLM cost check: {report.verdict.value}" + (f" ({found})" if found else "")
