"""Build: validated values -> Settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.config.problems import dotted
from pytest_llmcost.config.production import production, tiers
from pytest_llmcost.config.shapes import Named, Shape, Table
from pytest_llmcost.config.tables import ROOT
from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.settings import Feature, PromptLimit, Rates, Settings
from pytest_llmcost.core.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Values = Mapping[str, Any]

_AS_THEY_ARE = (
    "scenario",
    "baseline",
    "days_per_month",
    "prices_as_of",
    "max_increase_percent",
    "max_increase_usd",
    "ignore_below_usd",
    "warn_at_percent",
    "store_text",
    "subprocesses",
)
_FIELDS = {"from": "starts"}
"""Keys that are no names in Python."""
_USERS = ("monthly_users", "sessions_per_user", "turns_per_session")


def settings(values: Values) -> Settings:
    """The settings of a table whose values are validated; what it leaves out takes the default of Settings."""
    given = {key: values[key] for key in _AS_THEY_ARE if key in values}
    given |= {key: tuple(dict.fromkeys(values[key])) for key in ("fail_on", "evaluation") if key in values}
    return Settings(
        **given,
        features=tuple(_feature(name, feature) for name, feature in values.get("features", {}).items()),
        budget=RunBudget(**values.get("budget", {})),
        scenarios=_scenarios(values.get("scenarios", {})),
        overheads=values.get("overheads", {}),
        models=values.get("models", {}),
        prices={model: Rates(**rates) for model, rates in values.get("prices", {}).items()},
        discounts={key: _discount(terms) for key, terms in values.get("discounts", {}).items()},
        currency=Currency(**values["currency"]) if "currency" in values else USD,
        prompts=tuple(PromptLimit(pattern=pattern, **values) for pattern, values in values.get("prompts", {}).items()),
        not_applied=tuple(_not_applied(values, ROOT)),
    )


def _discount(terms: Values) -> Discount:
    return Discount(**{_FIELDS.get(key, key): value for key, value in terms.items()})


def _feature(name: str, values: Values) -> Feature:
    return Feature(
        name=name,
        tests=tuple(values.get("tests", ())),
        call_sites=tuple(values.get("call_sites", ())),
        traffic=_traffic(values),
        production=production(values),
        budget=FeatureBudget(**values.get("budget", {})),
    )


def _traffic(values: Values) -> Traffic | None:
    if "monthly_users" in values:
        return Traffic(**{key: values[key] for key in _USERS if key in values}, tiers=tiers(values))
    for form in ("requests_per_month", "requests_per_day"):
        if form in values:
            return Traffic(**{form: values[form]})
    return None


def _scenarios(own: Mapping[str, Values]) -> tuple[Scenario, ...]:
    declared = {name: Scenario(name=name, **values) for name, values in own.items()}
    defaults = {scenario.name: scenario for scenario in DEFAULTS}
    return (MEASURED, *(defaults | declared).values())


def _not_applied(values: Values, shape: Shape, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The keys, as dotted names, that are set to something other than their default and that nothing reads yet."""
    if isinstance(shape, Named) and isinstance(shape.each, Table):
        for name, entry in values.items():
            yield from _not_applied(entry, shape.each, (*path, name))
    if not isinstance(shape, Table):
        return
    for name, key in shape.keys.items():
        if name not in values:
            continue
        if not key.not_yet:
            yield from _not_applied(values[name], key.shape, (*path, name))
        elif values[name] not in (key.default, {}):
            yield dotted((*path, name))
