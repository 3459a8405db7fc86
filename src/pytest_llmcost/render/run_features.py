"""The features of a run file: what a request of each is, what its month comes to, and how that came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import money, number

if TYPE_CHECKING:
    from pytest_llmcost.core.economics import UnitCosts
    from pytest_llmcost.core.explanation import Bought
    from pytest_llmcost.core.layers import Layer
    from pytest_llmcost.core.report import FeatureReport, Use
    from pytest_llmcost.core.spread import Spread
    from pytest_llmcost.core.tiers import TierReport


def feature_row(feature: FeatureReport) -> dict[str, object]:
    """Return a feature; what its month came out of only where it has one."""
    return {
        "name": feature.name,
        "samples": feature.samples,
        "carried": feature.carried,
        "lost": feature.lost,
        "calls_per_request": number(feature.calls_per_request),
        "input_tokens": number(feature.input_tokens),
        "output_tokens": number(feature.output_tokens),
        "cost_per_request_usd": money(feature.cost_per_request_usd),
        "requests_per_month": number(feature.requests_per_month),
        "monthly_usd": {name: money(amount) for name, amount in feature.monthly_usd.items()},
        "provenance": feature.provenance,
        "uncovered": feature.uncovered,
        "budgets": [use_row(use) for use in feature.budgets],
        **({} if feature.monthly_upper_usd is None else {"monthly_upper_usd": money(feature.monthly_upper_usd)}),
        **_unfolded(feature),
    }


def _unfolded(feature: FeatureReport) -> dict[str, object]:
    """Return how the month of the headline scenario came out; nothing where there is none."""
    if not feature.how:
        return {}
    return {
        "how": feature.how,
        "layers": [layer_row(one) for one in feature.layers],
        "bought": [_bought(one) for one in feature.bought],
        "spread": None if feature.spread is None else _spread(feature.spread),
        "units": None if feature.units is None else _units(feature.units),
        **({"tiers": [_tier(one) for one in feature.tiers]} if feature.tiers else {}),
        "forecast_usd": [money(usd) for usd in feature.forecast_usd],
        **({} if feature.peak_usd is None else {"peak_usd": money(feature.peak_usd)}),
    }


def layer_row(layer: Layer) -> dict[str, object]:
    """Return one layer of a month."""
    alone = {} if layer.alone_usd is None else {"alone_usd": money(layer.alone_usd)}
    return {"name": layer.name, "usd": money(layer.usd), **alone}


def _bought(one: Bought) -> dict[str, object]:
    return {
        "model": one.model,
        "kind": one.kind,
        "amount": money(one.amount),
        "usd_per_million": money(one.usd_per_million),
        "usd": money(one.usd),
    }


def _units(units: UnitCosts) -> dict[str, object]:
    return {
        "per_request_usd": money(units.per_request),
        "per_session_usd": money(units.per_session),
        "per_user_usd": money(units.per_user),
        "per_conversion_usd": money(units.per_conversion),
        "share_of_revenue": money(units.share_of_revenue),
    }


def _tier(tier: TierReport) -> dict[str, object]:
    return {"name": tier.name, "monthly_usd": money(tier.monthly_usd), "units": _units(tier.units)}


def _spread(spread: Spread) -> dict[str, object]:
    return {
        "samples": spread.samples,
        "p50_usd": money(spread.p50_usd),
        "p95_usd": money(spread.p95_usd),
        "low_usd": money(spread.low_usd),
        "high_usd": money(spread.high_usd),
        "month_p95_usd": money(spread.month_p95_usd),
    }


def use_row(use: Use) -> dict[str, object]:
    """Return how much of a budget is used; dollars of a request are those of one."""
    return {
        "key": use.key,
        "limit": money(use.limit),
        "actual": money(use.actual),
        "unit": use.unit,
        "location": use.location,
        **({} if use.estimate is None else {"estimate": money(use.estimate)}),
        **({} if use.at == "mean" else {"at": use.at}),
    }
