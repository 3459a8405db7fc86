"""The features of a run file, and how much of their budgets they use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.economics import UnitCosts
from pytest_llmcost.core.explanation import Bought
from pytest_llmcost.core.layers import Layer
from pytest_llmcost.core.report import FeatureReport, Use
from pytest_llmcost.core.spread import Spread
from pytest_llmcost.core.tiers import TierReport
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.storage.run_row import Row


def feature(row: Row) -> FeatureReport:
    """Read a feature."""
    return FeatureReport(
        name=row.text("name"),
        samples=row.count("samples"),
        carried=row.count("carried"),
        lost=row.count("lost"),
        calls_per_request=row.maybe(row.number, "calls_per_request"),
        input_tokens=row.maybe(row.number, "input_tokens"),
        output_tokens=row.maybe(row.number, "output_tokens"),
        cost_per_request_usd=row.maybe(row.money, "cost_per_request_usd"),
        requests_per_month=row.maybe(row.number, "requests_per_month"),
        monthly_usd=row.named("monthly_usd", lambda found, name: found.maybe(found.money, name)),
        provenance=row.maybe(lambda key: row.choice(key, Provenance), "provenance"),
        uncovered=row.flag("uncovered"),
        budgets=tuple(map(use, row.rows("budgets"))),
        monthly_upper_usd=row.maybe(row.money, "monthly_upper_usd"),
        layers=tuple(map(layer, _rows(row, "layers"))),
        bought=tuple(map(_bought, _rows(row, "bought"))),
        how=row.texts("how") if "how" in row.values else (),
        spread=row.maybe(lambda key: _spread(row.row(key)), "spread"),
        units=row.maybe(lambda key: _units(row.row(key)), "units"),
        tiers=tuple(map(_tier, _rows(row, "tiers"))),
        forecast_usd=row.amounts("forecast_usd") if "forecast_usd" in row.values else (),
        peak_usd=row.maybe(row.money, "peak_usd"),
    )


def _rows(row: Row, key: str) -> Iterable[Row]:
    """Read a list that older files do not have."""
    return row.rows(key) if key in row.values else ()


def layer(row: Row) -> Layer:
    """Read one layer of a month."""
    return Layer(
        name=row.text("name"),
        usd=row.maybe(row.signed, "usd"),
        alone_usd=row.maybe(row.signed, "alone_usd"),
    )


def _bought(row: Row) -> Bought:
    return Bought(
        model=row.text("model"),
        kind=row.text("kind"),
        amount=row.money("amount"),
        usd_per_million=row.maybe(row.money, "usd_per_million"),
        usd=row.money("usd"),
    )


def _units(row: Row) -> UnitCosts:
    return UnitCosts(
        per_request=row.maybe(row.money, "per_request_usd"),
        per_session=row.maybe(row.money, "per_session_usd"),
        per_user=row.maybe(row.money, "per_user_usd"),
        per_conversion=row.maybe(row.money, "per_conversion_usd"),
        share_of_revenue=row.maybe(row.money, "share_of_revenue"),
    )


def _tier(row: Row) -> TierReport:
    return TierReport(
        name=row.text("name"), monthly_usd=row.maybe(row.money, "monthly_usd"), units=_units(row.row("units"))
    )


def _spread(row: Row) -> Spread:
    return Spread(
        samples=row.count("samples"),
        p50_usd=row.money("p50_usd"),
        p95_usd=row.money("p95_usd"),
        low_usd=row.maybe(row.money, "low_usd"),
        high_usd=row.maybe(row.money, "high_usd"),
        month_p95_usd=row.maybe(row.money, "month_p95_usd"),
    )


def use(row: Row) -> Use:
    """Read how much of a budget is used."""
    return Use(
        key=row.text("key"),
        limit=row.money("limit"),
        actual=row.maybe(row.money, "actual"),
        unit=row.text("unit"),
        location=row.maybe(row.text, "location"),
        estimate=row.maybe(row.money, "estimate"),
        at=row.maybe(row.text, "at") or "mean",
    )
