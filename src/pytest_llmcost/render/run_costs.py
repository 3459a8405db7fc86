"""What a run file states of costs beside inference and of a feature's business: only what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.break_even import Machine
    from pytest_llmcost.core.settings import Embedding, Feature, FineTuning, Settings


def costs(settings: Settings) -> dict[str, object]:
    """Return what is declared beside inference, by its key in the configuration; amounts as plain decimals."""
    found: dict[str, object] = {
        "fixed_monthly_usd": _plain(settings.fixed_monthly_usd),
        "one_time_usd": _plain(settings.one_time_usd),
        "embeddings": {name: _embedding(one) for name, one in settings.embeddings.items()},
        "runs_per_month": None if settings.runs_per_month is None else f"{settings.runs_per_month:f}",
        "price_decline_percent_per_year": f"{settings.price_decline_percent_per_year:f}",
        "self_hosting": settings.self_hosting and _self_hosting(settings.self_hosting),
        "fine_tuning": {name: _fine_tuning(one) for name, one in settings.fine_tuning.items()},
        "business": {one.name: row for one in settings.features if (row := _business(one))},
    }
    if not settings.price_decline_percent_per_year:
        del found["price_decline_percent_per_year"]
    return {key: value for key, value in found.items() if value not in (None, {})}


def _plain(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: f"{usd:f}" for name, usd in amounts.items()}


def _embedding(one: Embedding) -> dict[str, object]:
    return {"model": one.model, "tokens": one.tokens, "refreshes_per_month": f"{one.refreshes_per_month:f}"}


def _self_hosting(one: Machine) -> dict[str, str]:
    return {"usd_per_month": f"{one.usd_per_month:f}", "tokens_per_day": f"{one.tokens_per_day:f}"}


def _fine_tuning(one: FineTuning) -> dict[str, str]:
    return {"feature": one.feature, "model": one.model, "training_usd": f"{one.training_usd:f}"}


def _business(feature: Feature) -> dict[str, str]:
    """Return growth, peak, revenue and conversion of a feature, where they differ from the default."""
    given = {
        "growth_percent_per_month": feature.growth_percent_per_month or None,
        "peak_factor": None if feature.peak_factor == 1 else feature.peak_factor,
        "revenue_per_month": feature.revenue_per_month,
        "conversion_rate": feature.conversion_rate,
    }
    return {key: f"{value:f}" for key, value in given.items() if value is not None}
