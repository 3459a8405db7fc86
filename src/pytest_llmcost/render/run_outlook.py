"""The outlook in a run file: layers, forecast, what is paid once, and what would be cheaper from where on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import dollars
from pytest_llmcost.render.json_text import money
from pytest_llmcost.render.run_features import layer_row

if TYPE_CHECKING:
    from pytest_llmcost.core.break_even import Hosting
    from pytest_llmcost.core.outlook import Outlook, Training


def outlook_row(outlook: Outlook) -> dict[str, object]:
    """Return an outlook; money is a decimal string, null while unknown."""
    return {
        "layers": [layer_row(one) for one in outlook.layers],
        "forecast_usd": [money(usd) for usd in outlook.forecast_usd],
        "year_usd": money(outlook.year_usd),
        "one_time_usd": {name: money(usd) for name, usd in outlook.one_time_usd.items()},
        "rule_of_thumb_usd": money(outlook.rule_of_thumb_usd),
        "self_hosting": None if outlook.hosting is None else _hosting(outlook.hosting),
        "fine_tuning": [_training(one) for one in outlook.trainings],
    }


def _hosting(hosting: Hosting) -> dict[str, object]:
    return {
        "machines": hosting.machines,
        "usd": money(hosting.usd),
        "saving_usd": money(hosting.saving_usd),
        "break_even_tokens_per_day": None if hosting.break_even is None else money(dollars(hosting.break_even)),
        "is_within_reach": hosting.is_within_reach,
    }


def _training(training: Training) -> dict[str, object]:
    return {
        "name": training.name,
        "feature": training.feature,
        "model": training.model,
        "once_usd": money(training.once_usd),
        "before_usd": money(training.before_usd),
        "after_usd": money(training.after_usd),
        "months": money(training.months),
    }
