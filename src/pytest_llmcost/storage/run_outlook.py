"""The outlook of a run file."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.break_even import Hosting
from pytest_llmcost.core.outlook import Outlook, Training
from pytest_llmcost.storage.run_features import layer

if TYPE_CHECKING:
    from pytest_llmcost.storage.run_row import Row


def outlook(row: Row) -> Outlook:
    """Read an outlook."""
    return Outlook(
        layers=tuple(map(layer, row.rows("layers"))),
        forecast_usd=row.amounts("forecast_usd"),
        year_usd=row.maybe(row.money, "year_usd"),
        one_time_usd=row.named("one_time_usd", lambda found, name: found.maybe(found.money, name)),
        rule_of_thumb_usd=row.maybe(row.money, "rule_of_thumb_usd"),
        hosting=row.maybe(lambda key: _hosting(row.row(key)), "self_hosting"),
        trainings=tuple(map(_training, row.rows("fine_tuning"))),
    )


def _hosting(row: Row) -> Hosting:
    even = row.maybe(row.money, "break_even_tokens_per_day")
    return Hosting(
        machines=row.count("machines"),
        usd=row.money("usd"),
        saving_usd=row.signed("saving_usd"),
        break_even=None if even is None else Fraction(even),
        is_within_reach=row.flag("is_within_reach"),
    )


def _training(row: Row) -> Training:
    return Training(
        name=row.text("name"),
        feature=row.text("feature"),
        model=row.text("model"),
        once_usd=row.money("once_usd"),
        before_usd=row.maybe(row.money, "before_usd"),
        after_usd=row.maybe(row.money, "after_usd"),
        months=row.maybe(row.money, "months"),
    )
