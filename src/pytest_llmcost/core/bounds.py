"""Bounds: how much an estimated call may use and cost at most, by the measured error of its estimate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Origin, Outcome
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars
from pytest_llmcost.core.projection import month, together
from pytest_llmcost.core.usage import Provenance, resized

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.call import Call, Cost, Price, PricedCall, Profile
    from pytest_llmcost.core.report import FeatureReport
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.core.usage import Usage

ESTIMATES = frozenset({Provenance.SCALED})
"""What is counted with the model's own tokenizer, or added to a reported figure, is held to a limit as it is."""

MATTERS = Decimal("0.01")
"""Share of a figure above which the distance to its bound is worth drawing."""


class Extra(NamedTuple):
    """What estimated calls may cost beyond their estimate, in USD."""

    spend: Decimal
    """Of calls that reached a real socket."""
    tests: Mapping[str, Decimal]
    """By test; none for tests without an estimate."""


def input_upper(profile: Profile) -> int:
    """Return the input tokens of a call, at most."""
    tokens = profile.usage.input_tokens
    return max(profile.input_tokens_upper, tokens) if profile.usage_source in ESTIMATES else tokens


def output_upper(profile: Profile) -> int:
    """Return the output tokens of a call, at most, as far as its text was seen: hidden reasoning has no bound."""
    tokens = profile.usage.output_tokens
    return max(profile.output_tokens_upper or 0, tokens) if profile.usage_source in ESTIMATES else tokens


def raised(profile: Profile) -> Usage:
    """Return the usage of a call at its bound; that of a reported one as it is."""
    usage = profile.usage
    given, made = input_upper(profile), output_upper(profile)
    if (given, made) == (usage.input_tokens, usage.output_tokens):
        return usage
    return replace(resized(usage, given), output_tokens=made)


def extra(priced: Iterable[PricedCall], price: Price) -> Extra:
    """Return what the estimated calls of a run may cost beyond their estimate; one without a price adds nothing."""
    spend, tests = ZERO, dict[str, Decimal]()
    for one in priced:
        call = one.call
        more = extra_cost(call, one.cost, price)
        if call.origin in (Origin.LIVE, Origin.LOCAL):
            spend = CONTEXT.add(spend, more)
        if call.test is not None and not call.evaluation and more:
            tests[call.test] = CONTEXT.add(tests.get(call.test, ZERO), more)
    return Extra(spend, tests)


def extra_cost(call: Call, cost: Cost, price: Price) -> Decimal:
    """Return what one call may cost beyond its estimate, in USD; nothing where it is none, or has no price."""
    if call.profile.usage_source not in ESTIMATES or call.outcome is Outcome.REFUSED or cost.usd is None:
        return ZERO
    most = price(call.profile.product, raised(call.profile)).usd
    return ZERO if most is None else max(CONTEXT.subtract(most, cost.usd), ZERO)


def request_upper(feature: str, samples: Sequence[Sample], now: Assumptions) -> Fraction | None:
    """Return what one request of a feature costs at most, in exact USD; None where no call of it is an estimate."""
    if not any(raised(profile) is not profile.usage for one in samples for profile in one.profiles):
        return None
    at_most = [
        replace(one, profiles=tuple(replace(profile, usage=raised(profile)) for profile in one.profiles))
        for one in samples
    ]
    return now.cost_per_request(feature, at_most)


def month_upper(each: Fraction | None, requests: Fraction | None, scenario: Scenario) -> Decimal | None:
    """Return what a month costs at most, in USD, from what one request does."""
    return None if requests is None else month(each, requests, scenario)


def total_upper(usd: Decimal | None, features: Iterable[FeatureReport], settings: Settings) -> Decimal | None:
    """Return what the month of everything costs at most, overheads included; None where nothing is estimated."""
    more = [
        CONTEXT.subtract(one.monthly_upper_usd, known)
        for one in features
        if one.monthly_upper_usd is not None and (known := one.monthly_usd.get(settings.scenario)) is not None
    ]
    if usd is None or not more:
        return None
    return CONTEXT.add(usd, dollars(sum(map(Fraction, more)) * (1 + together(settings.overheads))))


def matters(estimate: Decimal | None, upper: Decimal | None) -> bool:
    """Tell whether a bound is far enough from its figure to be drawn beside it."""
    if estimate is None or upper is None or upper <= estimate:
        return False
    return not estimate or CONTEXT.divide(CONTEXT.subtract(upper, estimate), estimate) >= MATTERS
