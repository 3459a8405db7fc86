"""The configuration of a run file: all that it takes to price and project the run again, anywhere."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.production_row import row
from pytest_llmcost.render.run_costs import costs

if TYPE_CHECKING:
    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.settings import Rates, Settings


def declared(settings: Settings) -> dict[str, object]:
    """Return what the configuration declares, as primitives: requests per month by feature, USD per million tokens."""
    return {
        "days_per_month": f"{settings.days_per_month:f}",
        "requests_per_month": {
            feature.name: dollars(feature.traffic.monthly(settings.days_per_month))
            for feature in settings.features
            if feature.traffic is not None
        },
        "production": {name: row(one) for name, one in settings.production.items()},
        "scenarios": {
            one.name: {
                "traffic": f"{one.traffic:f}",
                "context_growth": f"{one.context_growth:f}",
                "caching": one.caching,
            }
            for one in settings.scenarios
        },
        "overheads": {name: f"{share:f}" for name, share in settings.overheads.items()},
        **costs(settings),
        "models": dict(settings.models),
        "prices": {name: _rates(rates) for name, rates in settings.prices.items()},
        "discounts": {key: _terms(one) for key, one in settings.discounts.items()},
        "prices_as_of": settings.prices_as_of.isoformat() if settings.prices_as_of else None,
    }


def _terms(discount: Discount) -> dict[str, object]:
    given = {
        "percent": discount.percent,
        "input_percent": discount.input_percent,
        "output_percent": discount.output_percent,
        "cache_read_percent": discount.cache_read_percent,
        "cache_write_percent": discount.cache_write_percent,
        "committed_usd_per_month": discount.committed_usd_per_month,
    }
    days = {"from": discount.starts, "until": discount.until}
    return {
        **{name: f"{value:f}" for name, value in given.items() if value is not None},
        **{name: day.isoformat() for name, day in days.items() if day is not None},
        **({} if discount.batch else {"batch": False}),
        **({"reason": discount.reason} if discount.reason else {}),
    }


def _rates(rates: Rates) -> dict[str, str]:
    given = {one.name: getattr(rates, one.name) for one in fields(rates)}
    return {name: f"{rate:f}" for name, rate in given.items() if rate is not None}
