"""Budgets: how much of each declared limit a run uses."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.bounds import input_upper, output_upper
from pytest_llmcost.core.money import CONTEXT, ZERO, plain
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.report import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_llmcost.core.bounds import Extra
    from pytest_llmcost.core.call import PricedCall, Profile
    from pytest_llmcost.core.report import TestReport, Totals
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Feature, Settings


class Cost(NamedTuple):
    """Dollars as they are known, None while they are not, and at most where they are estimated."""

    usd: Decimal | None
    upper: Decimal | None = None


def feature_budgets(
    feature: Feature,
    samples: Sequence[Sample],
    priced: Sequence[PricedCall],
    costs: tuple[Cost, Cost],
) -> tuple[Use, ...]:
    """Measure a feature against its limits; `costs` are USD per month and per request."""
    budget, (monthly, request) = feature.budget, costs
    profiles = [profile for sample in samples for profile in sample.profiles]
    of_month = "mean" if budget.at == "p50" else budget.at
    uses = [
        _at(of_month, _money("monthly_usd", budget.monthly_usd, monthly)),
        _at(of_month, _money("share_of_revenue", _of_revenue(feature), monthly)),
        _at(budget.at, _money("request_usd", budget.request_usd, request)),
        _largest("input_tokens", budget.input_tokens, profiles, (input_upper, _input), priced),
        _largest("system_tokens", budget.system_tokens, profiles, (_system_upper, _system), priced),
        _largest("output_tokens", budget.output_tokens, profiles, (output_upper, _output), priced),
        _calls(budget.calls, samples),
    ]
    return tuple(use for use in uses if use is not None)


def _at(level: str, use: Use | None) -> Use | None:
    return None if use is None else replace(use, at=level)


def _of_revenue(feature: Feature) -> Decimal | None:
    """Return USD per month that the declared share of the declared revenue comes to."""
    share, revenue = feature.budget.share_of_revenue, feature.revenue_per_month
    return None if share is None or revenue is None else plain(CONTEXT.multiply(share, revenue))


def run_budgets(
    settings: Settings, month: Cost, totals: Totals, tests: Sequence[TestReport], extra: Extra
) -> tuple[Use, ...]:
    """Measure the whole application and the run against their limits; `extra` is what its estimates may cost more."""
    budget = settings.budget
    spent = Cost(totals.spend_usd, CONTEXT.add(totals.spend_usd, extra.spend))
    uses = [
        _money("monthly_usd", budget.monthly_usd, month),
        _money("run_usd", budget.run_usd, spent),
        _dearest(budget.test_usd, tests, extra.tests),
    ]
    return tuple(use for use in uses if use is not None)


def _dearest(limit: Decimal | None, tests: Sequence[TestReport], extra: Mapping[str, Decimal]) -> Use | None:
    """Measure the dearest test. One of unknown cost may be dearer, unless a known one breaks the limit already."""

    def most(test: TestReport) -> Decimal:
        return CONTEXT.add(test.cost_usd or ZERO, extra.get(test.test, ZERO))

    known = max((test for test in tests if test.cost_usd is not None), key=most, default=None)
    unknown = next((test for test in tests if test.cost_usd is None), None)
    if limit is None or (known is None and unknown is None):
        return _money("test_usd", limit, Cost(ZERO))
    breaks = known is not None and most(known) > limit
    test = known if breaks or unknown is None else unknown
    if test is None or test.cost_usd is None:
        return _money("test_usd", limit, Cost(None), test.test if test else None)
    return _money("test_usd", limit, Cost(test.cost_usd, most(test)), test.test)


def _money(key: str, limit: Decimal | None, cost: Cost, location: str | None = None) -> Use | None:
    if limit is None:
        return None
    usd, upper = cost
    if usd is None or upper is None or upper <= usd:
        return Use(key=key, limit=limit, actual=usd, unit="usd", location=location)
    return Use(key=key, limit=limit, actual=upper, unit="usd", location=location, estimate=usd)


def _largest(
    key: str,
    limit: int | None,
    profiles: Sequence[Profile],
    sizes: tuple[Callable[[Profile], int], Callable[[Profile], int]],
    priced: Sequence[PricedCall],
) -> Use | None:
    """Measure the largest call; `sizes` are its size at most, and as it is known."""
    if limit is None:
        return None
    size, known = sizes
    largest = max(profiles, key=size, default=None)
    if largest is None:
        return Use(key=key, limit=Decimal(limit), actual=None, unit="tokens")
    site = next((one.call.call_site for one in priced if one.call.profile is largest), None)
    most, usual = Decimal(size(largest)), Decimal(known(largest))
    return Use(
        key=key,
        limit=Decimal(limit),
        actual=most,
        unit="tokens",
        location=site,
        estimate=None if most == usual else usual,
    )


def _calls(limit: int | None, samples: Sequence[Sample]) -> Use | None:
    if limit is None:
        return None
    most = max(samples, key=lambda sample: len(sample.profiles), default=None)
    actual = None if most is None else Decimal(len(most.profiles))
    return Use(key="calls", limit=Decimal(limit), actual=actual, unit="calls", location=most.test if most else None)


def _system_upper(profile: Profile) -> int:
    tokens, most = profile.usage.input_tokens, input_upper(profile)
    return _system(profile) if most == tokens else -(-_system(profile) * most // max(tokens, 1))


def _input(profile: Profile) -> int:
    return profile.usage.input_tokens


def _output(profile: Profile) -> int:
    return profile.usage.output_tokens


def _system(profile: Profile) -> int:
    segments = profile.segments
    return segments.get(Segment.SYSTEM, 0) + segments.get(Segment.TOOLS, 0)
