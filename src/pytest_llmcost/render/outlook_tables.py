"""What a month leads to, as tables and sentences: layers, units, spread, forecast, and what could replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.fixed import TEST_SUITE
from pytest_llmcost.core.money import total
from pytest_llmcost.core.rules_of_thumb import factor
from pytest_llmcost.render.figures import NONE, count, per_thousand, percent_of
from pytest_llmcost.render.tables import Column, Kind, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.break_even import Hosting
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.economics import UnitCosts
    from pytest_llmcost.core.layers import Layer
    from pytest_llmcost.core.outlook import Training
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.spread import Spread

_MONTHS = (3, 6, 12)
"""Months of the forecast that are shown."""


def layers(report: Report) -> Table:
    """A row for each layer of everything; none where production and scenario change nothing."""
    found = () if report.outlook is None else report.outlook.layers
    moved = [one for feature in report.features for one in feature.layers[1:]]
    return layer_table(found if moved else (), "From naive to full, a month", report.currency)


def layer_table(layers: Sequence[Layer], title: str, currency: Currency) -> Table:
    """A row for each layer: what it adds, the month so far, and what a lever would add alone."""
    rows: list[tuple[str, ...]] = []
    whole: Decimal | None = None
    for one in layers:
        whole = total([whole, one.usd]) if rows else one.usd
        alone = NONE if one.alone_usd is None else currency.draw(one.alone_usd, sign=True)
        rows.append((one.name, currency.draw(one.usd, sign=bool(rows)), currency.draw(whole), alone))
    columns = (Column("Layer", Kind.NAME), Column("Adds"), Column("Month so far"), Column("Alone"))
    return Table(title=title, columns=columns, rows=tuple(rows))


def units(report: Report) -> Table:
    """A row for each feature that declares users, sessions, conversions or revenue, and for each kind of users."""
    found = [
        (name, costs)
        for one in report.features
        for name, costs in ((one.name, one.units), *((f"{one.name}: {tier.name}", tier.units) for tier in one.tiers))
        if costs is not None
    ]
    rows = [(name, *_per_unit(costs, report.currency)) for name, costs in found]
    return Table(
        title=f"Unit economics, scenario {report.headline}",
        columns=(
            Column("Feature", Kind.NAME),
            Column("1,000 requests"),
            Column("Session"),
            Column("User"),
            Column("Conversion"),
            Column("Of revenue"),
        ),
        rows=tuple(row for row in rows if any(cell != NONE for cell in row[2:])),
    )


def _per_unit(found: UnitCosts, currency: Currency) -> tuple[str, ...]:
    others = (found.per_session, found.per_user, found.per_conversion)
    drawn = (NONE if usd is None else currency.draw(usd) for usd in others)
    return per_thousand(found.per_request, currency), *drawn, percent_of(found.share_of_revenue)


def spread(report: Report) -> Table:
    """A row for each feature whose samples differ, as far as that is drawn."""
    rows = [
        (one.name, count(one.spread.samples), *_percentiles(one.spread, report.currency))
        for one in report.features
        if one.spread is not None
    ]
    return Table(
        title="Spread over the tests, per 1,000 requests",
        columns=(
            Column("Feature", Kind.NAME),
            Column("Tests"),
            Column("p50"),
            Column("p95"),
            Column("Month (95%)"),
        ),
        rows=tuple(row for row in rows if row[2] != row[3]),
    )


def _percentiles(found: Spread, currency: Currency) -> tuple[str, str, str]:
    """Draw p50, p95 and the interval of the month."""
    likely = NONE if found.low_usd is None else f"{currency.draw(found.low_usd)} to {currency.draw(found.high_usd)}"
    return per_thousand(found.p50_usd, currency), per_thousand(found.p95_usd, currency), likely


def forecast(report: Report) -> Table:
    """What the month will be; no row where nothing grows and no price falls."""
    found, month = report.outlook, report.scenarios.get(report.headline)
    ahead = () if found is None or month is None else found.forecast_usd
    moves = month is not None and any(usd != month.monthly_usd for usd in ahead)
    draw = report.currency.draw
    row = (*(draw(ahead[month - 1]) for month in _MONTHS), draw(found.year_usd)) if moves and found else ()
    return Table(
        title="Forecast, a month",
        columns=(*(Column(f"In {month} months") for month in _MONTHS), Column("12 months together")),
        rows=(row,) if row else (),
    )


AHEAD = (layers, units, spread, forecast)
"""The tables of what a month leads to, in order; one without rows has nothing to say."""


def ahead(report: Report, explain: Collection[str]) -> Iterator[Table]:
    """Yield these tables, but no layers where the same ones are unfolded for one of the features in `explain`."""
    whole = () if report.outlook is None else report.outlook.layers
    is_twice = any(one.name in explain and one.layers == whole for one in report.features)
    yield from (table(report) for table in AHEAD if not (is_twice and table is layers))


def told(report: Report) -> Iterator[str]:
    """Yield what else is to be said about a month, one sentence each."""
    found = report.outlook
    if found is None:
        return
    draw = report.currency.draw
    for feature in report.features:
        if feature.peak_usd is not None:
            yield f"{feature.name} at its peak all month: {draw(feature.peak_usd)}"
    month = report.scenarios.get(report.headline)
    if report.partial and month is not None and TEST_SUITE in month.fixed_usd:
        yield f"`{TEST_SUITE}` is what this run has spent, and some tests did not run: all of them may cost more"
    for name, usd in found.one_time_usd.items():
        yield f"paid once, in no month: {name} {draw(usd)}"
    if found.hosting is not None:
        yield _hosting(found.hosting, report.currency)
    yield from (_training(one, report.currency) for one in found.trainings)
    if found.rule_of_thumb_usd:
        yield (
            f"no overheads are declared: by a published rule of thumb (x {factor():f}) the naive month would become"
            f" {draw(found.rule_of_thumb_usd)}"
        )


def _hosting(hosting: Hosting, currency: Currency) -> str:
    machines = "1 machine" if hosting.machines == 1 else f"{hosting.machines:,} machines"
    saved = currency.draw(hosting.saving_usd.copy_abs())
    end = f"{saved} less than the API" if hosting.saving_usd >= 0 else f"{saved} more than the API"
    said = f"self-hosting: {machines} at {currency.draw(hosting.usd)} a month, {end}"
    if hosting.break_even is None:
        return said
    even = f"{count(round(hosting.break_even))} tokens a day"
    reach = "" if hosting.is_within_reach else ", which is more than one machine serves"
    return f"{said}; a machine breaks even at {even}{reach}"


def _training(one: Training, currency: Currency) -> str:
    after = f"{one.feature} with {one.model}: {currency.draw(one.before_usd)} -> {currency.draw(one.after_usd)} a month"
    if one.before_usd is None or one.after_usd is None:
        return f"{one.name}: {after}"
    back = "never" if one.months is None else f"after {count(one.months)} month{'' if one.months == 1 else 's'}"
    return f"{one.name}: {after}, {currency.draw(one.once_usd)} of training paid back {back}"
