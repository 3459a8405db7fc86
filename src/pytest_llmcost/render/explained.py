"""A feature's month unfolded: how its requests come about, what they buy at which rate, and layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.explanation import KINDS, REST
from pytest_llmcost.render.figures import NONE, count
from pytest_llmcost.render.outlook_tables import layer_table
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import FeatureReport, Report


def unfolded(report: Report, feature: FeatureReport) -> tuple[str, tuple[str, ...], tuple[Table, ...]]:
    """Return the heading of an explanation, its sentences and its tables."""
    sentences = tuple(_sentences(feature, report.currency))
    tables = (layer_table(feature.layers, "Layers, a month", report.currency), bought(report, feature))
    return _title(report, feature), sentences, tuple(table for table in tables if table.rows)


def _title(report: Report, feature: FeatureReport) -> str:
    usd = feature.monthly_usd.get(report.headline)
    month = f": {report.currency.draw(usd)} a month of scenario {report.headline}" if feature.monthly_usd else ""
    return f"{feature.name}{month}"


def _sentences(feature: FeatureReport, currency: Currency) -> Iterator[str]:
    if not feature.how:
        yield "no month to explain: it has no traffic, or no test that samples it"
        return
    yield from feature.how
    usd = currency.draw_exactly(feature.cost_per_request_usd) if feature.cost_per_request_usd is not None else "?"
    calls = "1 call" if feature.calls_per_request == 1 else f"{count(feature.calls_per_request)} calls"
    tests = plural(feature.samples, "test")
    yield f"one request is the mean of {tests}, by weight: {calls} as tested, {usd} in production"


def bought(report: Report, feature: FeatureReport) -> Table:
    """A row for each kind of token of each model, which add up to the month."""
    currency = report.currency
    rows = [
        (
            one.model,
            one.kind,
            f"{count(one.amount)} calls" if one.kind == REST else count(one.amount),
            NONE if one.usd_per_million is None else currency.draw_exactly(one.usd_per_million),
            currency.draw(one.usd),
        )
        for one in sorted(
            feature.bought, key=lambda one: (one.model, KINDS.index(one.kind) if one.kind in KINDS else len(KINDS))
        )
    ]
    if len(rows) > 1:
        rows.append(("Total", "", "", "", currency.draw(feature.monthly_usd.get(report.headline))))
    return Table(
        title=f"What is bought, a month of scenario {report.headline}",
        columns=(
            Column("Model", Kind.NAME),
            Column("Tokens", Kind.TEXT),
            Column("Amount"),
            Column("Per million"),
            Column("Month"),
        ),
        rows=tuple(rows),
        has_total=len(rows) > 1,
    )
