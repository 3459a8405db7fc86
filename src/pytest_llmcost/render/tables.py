"""The tables of a report, as plain strings: every renderer draws the same ones in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from pytest_llmcost.core.bounds import matters
from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.figures import NONE, amount, count, per_thousand, share, tokens, worst
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import FeatureReport, Month, Report, TestReport, Use

OUTSIDE = "(outside tests)"


class Kind(Enum):
    """What a column holds."""

    NAME = "name"
    """Foreign text, left-aligned; may be cut."""
    WORD = "word"
    """Words of ours, left-aligned."""
    TEXT = "text"
    """A sentence or two long names, left-aligned; broken into lines where it is longer than its column."""
    FIGURE = "figure"
    """Figures of ours, right-aligned."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, and what it holds. `foreign`: the user chose the heading."""

    title: str
    kind: Kind = Kind.FIGURE
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. Names in it are raw: each renderer makes them safe in its own way.

    Attributes:
        title: what the table is about, one line.
        columns: as many as every row has cells.
        rows: cells, as drawn.
        marks: the severity that a row stands out with, None for none; empty when no row does.
        has_total: the last row is the sum of the others.
        more: what was left out, one phrase; empty when nothing was.
        under: a line under each row, for what no column holds, or empty; empty when no row has one.
        hints: how to see more, one line each.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[Severity | None, ...] = ()
    has_total: bool = False
    more: str = ""
    under: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def features(report: Report) -> Table:
    """A row per feature, and what they cost together under the headline scenario."""
    columns = (
        Column("Feature", Kind.NAME),
        Column("Requests/month"),
        Column(f"{report.currency.sign}/1,000"),
        Column("Tokens in -> out"),
        Column("Month"),
        Column("Budget"),
    )
    rows = [_feature(feature, report) for feature in report.features]
    marks = [_mark(feature.name, report) for feature in report.features]
    month = report.scenarios.get(report.headline)
    if month is not None:
        rows += [(name, "", "", "", *cost, "") for name, *cost in _beside([month], report.currency)]
    has_total = month is not None and len(rows) > 1
    if month is not None and has_total:
        rows.append(("Total", "", "", "", report.currency.draw(month.monthly_usd), ""))
    marks += [None] * (len(rows) - len(marks))
    title = f"Features, a month of scenario {report.headline}" if month else "Features, no traffic declared"
    return Table(title=title, columns=columns, rows=tuple(rows), marks=tuple(marks), has_total=has_total)


def _feature(feature: FeatureReport, report: Report) -> tuple[str, ...]:
    return (
        feature.name,
        count(feature.requests_per_month),
        per_thousand(feature.cost_per_request_usd, report.currency) if feature.samples else NONE,
        tokens(feature.input_tokens, feature.output_tokens),
        _headline(feature, report.headline, report.currency),
        worst(feature.budgets),
    )


def _month(feature: FeatureReport, scenario: str, currency: Currency) -> str:
    return NONE if feature.requests_per_month is None else currency.draw(feature.monthly_usd.get(scenario))


def _headline(feature: FeatureReport, scenario: str, currency: Currency) -> str:
    """Draw a month of the headline scenario, with its bound where estimates matter."""
    usd, upper = feature.monthly_usd.get(scenario), feature.monthly_upper_usd
    drawn = _month(feature, scenario, currency)
    return f"{drawn} to {currency.draw(upper)}" if matters(usd, upper) else drawn


def _mark(feature: str, report: Report) -> Severity | None:
    """Return the worst thing that was found about a feature; findings are ranked."""
    own = (finding.severity for finding in report.findings if finding.subject == feature)
    worst_one = next(own, Severity.NOTICE)
    return None if worst_one is Severity.NOTICE else worst_one


def scenarios(report: Report) -> Table:
    """A month of every feature with traffic under every scenario, and everything together; no row without traffic."""
    names = tuple(report.scenarios)
    rows = [
        (feature.name, *(_month(feature, name, report.currency) for name in names))
        for feature in report.features
        if feature.requests_per_month is not None
    ]
    months = list(report.scenarios.values())
    rows += _beside(months, report.currency)
    if names:
        rows.append(("Total", *(report.currency.draw(month.monthly_usd) for month in months)))
    return Table(
        title="Scenarios, a month",
        columns=(Column("Feature", Kind.NAME), *(Column(name, foreign=True) for name in names)),
        rows=tuple(rows),
        has_total=bool(names),
    )


def _beside(months: Sequence[Month], currency: Currency) -> Iterator[tuple[str, ...]]:
    """Yield a row for each overhead and fixed cost: its name, and what it comes to in each of these months."""
    for word, parts in (
        ("overhead", [month.overheads_usd for month in months]),
        ("fixed", [month.fixed_usd for month in months]),
    ):
        for name in _keys(parts):
            yield (f"{word}: {name}", *(currency.draw(part[name]) if name in part else NONE for part in parts))


def _keys(tables: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def _budgets(title: str, uses: Sequence[tuple[str, Sequence[Use]]], currency: Currency) -> Table:
    """A row per budget; `uses` are the subjects and their budgets."""
    flat = [(subject, use) for subject, own in uses for use in own]
    return Table(
        title=title,
        columns=(Column("Budget", Kind.NAME), Column("Limit"), Column("Actual"), Column("Used")),
        rows=tuple(
            (
                f"{subject} {use.key}{' (per 1,000)' if use.key == 'request_usd' else ''}",
                amount(use, use.limit, currency),
                amount(use, use.actual, currency),
                share(use),
            )
            for subject, use in flat
        ),
        marks=tuple(Severity.ERROR if use.is_broken else None for _, use in flat),
    )


def app_budgets(report: Report) -> Table:
    """The budgets of the application."""
    return _budgets("Budgets of the whole application", [("total", report.budgets)], report.currency)


def every_budget(report: Report) -> Table:
    """The budgets of the application and of every feature."""
    uses = [("total", report.budgets), *((one.name, one.budgets) for one in report.features)]
    return _budgets("Budgets", uses, report.currency)


def groups(report: Report) -> Table:
    """The calls that are in no sample."""
    return Table(
        title="In no sample",
        columns=(Column("Calls", Kind.WORD), Column("Number"), Column("Tests"), Column("Cost")),
        rows=tuple(
            (one.name, count(one.calls), count(one.tests), report.currency.draw(one.cost_usd)) for one in report.groups
        ),
    )


def per_test(report: Report, *, at_most: int | None = None) -> Table:
    """A row per test; with `at_most`, only the dearest, unknown costs first."""
    shown = report.tests
    if at_most is not None and len(shown) > at_most:
        shown = tuple(sorted(shown, key=lambda one: (one.cost_usd is not None, -(one.cost_usd or 0)))[:at_most])
    left = len(report.tests) - len(shown)
    return Table(
        title="The dearest tests" if left else "Tests",
        columns=(
            Column("Test", Kind.NAME),
            Column("Calls"),
            Column("Tokens in -> out"),
            Column("Cost"),
            Column("Outcome", Kind.WORD),
            Column("Feature", Kind.NAME),
        ),
        rows=tuple(_test(one, report.currency) for one in shown),
        more=f"and {plural(left, 'more test')}" if left else "",
    )


def _test(test: TestReport, currency: Currency) -> tuple[str, ...]:
    return (
        test.test,
        count(test.calls),
        tokens(test.usage.input_tokens, test.usage.output_tokens),
        currency.draw(test.cost_usd),
        test.outcome if test.attempts == 1 else f"{test.outcome} ({test.attempts} runs)",
        ", ".join(test.features) or NONE,
    )


def calls(report: Report) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the test and the row of every call; the rows are those of `CALLS`."""
    for one in report.calls:
        call, profile = one.call, one.call.profile
        row = (
            str(call.index) if call.attempt == 1 else f"{call.index} (run {call.attempt})",
            f"{profile.product.provider}/{profile.product.model}",
            profile.product.operation,
            tokens(profile.usage.input_tokens, profile.usage.output_tokens),
            profile.usage_source.value,
            call.origin.value,
            report.currency.draw(one.cost.usd),
            call.call_site or NONE,
        )
        yield call.test or f"{OUTSIDE} {call.phase}", row


CALLS = (
    Column("#"),
    Column("Model", Kind.NAME),
    Column("Kind", Kind.WORD),
    Column("In -> out"),
    Column("Usage", Kind.WORD),
    Column("Origin", Kind.WORD),
    Column("Cost"),
    Column("Call site", Kind.NAME),
)
