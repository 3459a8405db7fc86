"""Build: validated values -> Settings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmcost.config.production import production, tiers
from pytest_llmcost.core.break_even import Machine
from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.settings import Embedding, Feature, FineTuning, PromptLimit, Rates, Settings
from pytest_llmcost.core.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "overheads",
    "fixed_monthly_usd",
    "one_time_usd",
    "runs_per_month",
    "price_decline_percent_per_year",
    "models",
)
_BUSINESS = ("growth_percent_per_month", "peak_factor", "revenue_per_month", "conversion_rate")
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
        embeddings={name: Embedding(**corpus) for name, corpus in values.get("embeddings", {}).items()},
        self_hosting=Machine(**values["self_hosting"]) if "self_hosting" in values else None,
        fine_tuning={name: FineTuning(**tuned) for name, tuned in values.get("fine_tuning", {}).items()},
        prices={model: Rates(**rates) for model, rates in values.get("prices", {}).items()},
        discounts={key: _discount(terms) for key, terms in values.get("discounts", {}).items()},
        currency=Currency(**values["currency"]) if "currency" in values else USD,
        prompts=tuple(PromptLimit(pattern=pattern, **values) for pattern, values in values.get("prompts", {}).items()),
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
        **{key: values[key] for key in _BUSINESS if key in values},
    )


def _traffic(values: Values) -> Traffic | None:
    if "monthly_users" in values:
        return Traffic(**{key: values[key] for key in _USERS if key in values}, tiers=tiers(values))
    for form in ("requests_per_month", "requests_per_day"):
        if form in values:
            return Traffic(**{form: values[form]})
    return None


def _scenarios(own: Mapping[str, Values]) -> tuple[Scenario, ...]:
    known = {scenario.name: scenario for scenario in (MEASURED, *DEFAULTS)}
    return tuple(_scenario(name, own, known) for name in dict.fromkeys((*known, *own)))


def _scenario(name: str, own: Mapping[str, Values], known: Mapping[str, Scenario]) -> Scenario:
    """A scenario with what it leaves open taken from the one that it extends, and so on."""
    given: dict[str, Any] = {}
    at = name
    while at in own:
        given = {**own[at], **given}
        at = own[at].get("extends", "")
    given.pop("extends", None)
    return replace(known.get(at, MEASURED), **given, name=name)
