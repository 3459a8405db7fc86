"""What a run file states of costs beside inference and of a feature's business, read back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.settings import Embedding, FineTuning

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.settings import Feature, Settings
    from pytest_llmcost.storage.run_row import Row


def with_costs(settings: Settings, config: Row) -> Settings:
    """Return the settings with what the `config` of a run file states beside inference; as they are where it does not.

    Raises RunFileError, one sentence with the place, for what no configuration can declare.
    """
    hosting = config.maybe(config.row, "self_hosting")
    decline = config.maybe(config.money, "price_decline_percent_per_year") or ZERO
    if decline >= 100:  # noqa: PLR2004 - as the word says
        raise config.wrong("price_decline_percent_per_year", "below 100")
    return replace(
        settings,
        features=tuple(_with_business(one, config) for one in settings.features),
        fixed_monthly_usd=_amounts(config, "fixed_monthly_usd"),
        one_time_usd=_amounts(config, "one_time_usd"),
        embeddings={name: _embedding(row) for name, row in _rows(config, "embeddings").items()},
        runs_per_month=config.maybe(config.money, "runs_per_month"),
        price_decline_percent_per_year=decline,
        self_hosting=None if hosting is None else _self_hosting(hosting),
        fine_tuning={name: _fine_tuning(row) for name, row in _rows(config, "fine_tuning").items()},
    )


def _with_business(feature: Feature, config: Row) -> Feature:
    row = _rows(config, "business").get(feature.name)
    if row is None:
        return feature
    growth, peak = row.maybe(row.signed, "growth_percent_per_month"), row.maybe(row.money, "peak_factor")
    conversion = row.maybe(row.money, "conversion_rate")
    if growth is not None and growth <= -100:  # noqa: PLR2004 - as the word says
        raise row.wrong("growth_percent_per_month", "above -100")
    if peak is not None and peak < 1:
        raise row.wrong("peak_factor", "at least 1")
    if conversion is not None and conversion > 1:
        raise row.wrong("conversion_rate", "a share from 0 to 1")
    return replace(
        feature,
        growth_percent_per_month=feature.growth_percent_per_month if growth is None else growth,
        peak_factor=feature.peak_factor if peak is None else peak,
        revenue_per_month=row.maybe(row.money, "revenue_per_month"),
        conversion_rate=conversion,
    )


def _embedding(row: Row) -> Embedding:
    return Embedding(
        model=row.text("model"), tokens=row.count("tokens"), refreshes_per_month=row.money("refreshes_per_month")
    )


def _self_hosting(row: Row) -> Machine:
    tokens = row.money("tokens_per_day")
    if not tokens:
        raise row.wrong("tokens_per_day", "above 0")
    return Machine(usd_per_month=row.money("usd_per_month"), tokens_per_day=tokens)


def _fine_tuning(row: Row) -> FineTuning:
    return FineTuning(feature=row.text("feature"), model=row.text("model"), training_usd=row.money("training_usd"))


def _amounts(config: Row, key: str) -> dict[str, Decimal]:
    row = config.maybe(config.row, key)
    return {} if row is None else {name: row.money(name) for name in row.values}


def _rows(config: Row, key: str) -> dict[str, Row]:
    row = config.maybe(config.row, key)
    return {} if row is None else {name: row.row(name) for name in row.values}
