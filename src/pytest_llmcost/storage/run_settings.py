"""The settings that a run file states: what it was priced and projected with."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING

from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.production_row import production
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.settings import IGNORED, Feature, Rates, Settings
from pytest_llmcost.core.traffic import Traffic
from pytest_llmcost.storage.run_costs import with_costs
from pytest_llmcost.storage.run_row import Row

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.production import Production


def settings(data: Mapping[str, object]) -> Settings:
    """Return traffic, scenarios, overheads, models and prices of a parsed run file.

    Patterns and limits are not in the file: a feature comes back with its name, traffic, production and business alone.
    Raises RunFileError, one sentence with the place, for a key that is missing or of the wrong kind.
    """
    file = Row(data)
    config = file.row("config")
    requests = config.named("requests_per_month", Row.number)
    served = config.maybe(lambda key: config.named(key, _production), "production") or {}
    names = dict.fromkeys([*(one.text("name") for one in file.rows("features")), *requests, *served])
    found = Settings(
        scenario=config.text("scenario"),
        days_per_month=config.money("days_per_month"),
        prices_as_of=config.maybe(lambda key: _date(config, key), "prices_as_of"),
        ignore_below_usd=ignored(config),
        features=tuple(
            Feature(
                name=name,
                traffic=Traffic(requests_per_month=requests[name]) if name in requests else None,
                production=served.get(name, PLAIN),
            )
            for name in names
        ),
        scenarios=_scenarios(config),
        overheads=config.named("overheads", Row.money),
        models=config.named("models", Row.text),
        prices=config.named("prices", lambda row, name: _rates(row.row(name))),
        discounts=discounts(config),
        currency=currency(config),
    )
    return with_costs(found, config)


def _production(row: Row, name: str) -> Production:
    try:
        return production(row.values.get(name))
    except ValueError as problem:
        raise row.wrong(name, f"what a configuration can declare: {problem}") from None


def ignored(config: Row) -> Decimal:
    """Return the US dollars a month below which a change is not worth a word."""
    usd = config.maybe(config.money, "ignore_below_usd")
    return IGNORED if usd is None else usd


def currency(config: Row) -> Currency:
    """Return what amounts are drawn in; US dollars where the file does not say."""
    row = config.maybe(config.row, "currency")
    if row is None:
        return USD
    code, rate = row.text("code"), row.money("per_usd")
    if not re.fullmatch("[A-Z]{3}", code):
        raise row.wrong("code", "three capital letters")
    if not rate:
        raise row.wrong("per_usd", "an amount above 0")
    return Currency(code=code, per_usd=rate, as_of=row.maybe(lambda key: _date(row, key), "as_of"))


def discounts(config: Row) -> dict[str, Discount]:
    """Return the discounts that were declared; none where the file does not say."""
    return config.maybe(lambda key: config.named(key, lambda row, name: _terms(row.row(name))), "discounts") or {}


def prices_date(data: Mapping[str, object]) -> date:
    """Return the day whose prices the run was priced with. Raises RunFileError as `settings` does."""
    return _date(Row(data).row("prices"), "as_of")


def _scenarios(config: Row) -> tuple[Scenario, ...]:
    found = config.named("scenarios", lambda row, name: _scenario(name, row.row(name)))
    return tuple(({MEASURED.name: MEASURED} | found).values())


def _scenario(name: str, row: Row) -> Scenario:
    return Scenario(
        name=name,
        traffic=row.money("traffic"),
        context_growth=row.money("context_growth"),
        caching=row.flag("caching"),
    )


def _rates(row: Row) -> Rates:
    more = [one.name for one in fields(Rates) if one.name not in {"input", "output"}]
    return Rates(
        input=row.money("input"),
        output=row.money("output"),
        **{name: row.maybe(row.money, name) for name in more},
    )


def _terms(row: Row) -> Discount:
    percents = {key: row.maybe(row.money, key) for key in row.values if key.endswith("percent")}
    if any(one is not None and one > 100 for one in percents.values()):  # noqa: PLR2004 - as the word says
        raise row.wrong("percent", "at most 100")
    return Discount(
        percent=percents.get("percent"),
        input_percent=percents.get("input_percent"),
        output_percent=percents.get("output_percent"),
        cache_read_percent=percents.get("cache_read_percent"),
        cache_write_percent=percents.get("cache_write_percent"),
        batch=row.values.get("batch") is not False,
        committed_usd_per_month=row.maybe(row.money, "committed_usd_per_month"),
        starts=row.maybe(lambda key: _date(row, key), "from"),
        until=row.maybe(lambda key: _date(row, key), "until"),
        reason=row.maybe(row.text, "reason"),
    )


def _date(row: Row, key: str) -> date:
    try:
        return date.fromisoformat(row.text(key))
    except ValueError:
        raise row.wrong(key, "a date such as 2026-11-01") from None
