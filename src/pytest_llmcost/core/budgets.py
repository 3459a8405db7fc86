"""Budgets: how much of each declared limit a run uses."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.report import Use

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_llmcost.core.budget import FeatureBudget
    from pytest_llmcost.core.call import PricedCall, Profile
    from pytest_llmcost.core.report import Month, TestReport, Totals
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Settings


def feature_budgets(
    budget: FeatureBudget,
    samples: Sequence[Sample],
    priced: Sequence[PricedCall],
    costs: tuple[Decimal | None, Decimal | None],
) -> tuple[Use, ...]:
    """Measure a feature against its limits; `costs` are USD per month and per request, None while unknown."""
    monthly, request = costs
    profiles = [profile for sample in samples for profile in sample.profiles]
    uses = [
        _money("monthly_usd", budget.monthly_usd, monthly),
        _money("request_usd", budget.request_usd, request),
        _largest("input_tokens", budget.input_tokens, profiles, _input, priced),
        _largest("system_tokens", budget.system_tokens, profiles, _system, priced),
        _largest("output_tokens", budget.output_tokens, profiles, _output, priced),
        _calls(budget.calls, samples),
    ]
    return tuple(use for use in uses if use is not None)


def run_budgets(settings: Settings, headline: Month, totals: Totals, tests: Sequence[TestReport]) -> tuple[Use, ...]:
    """Measure the whole application and the run against their limits."""
    budget = settings.budget
    uses = [
        _money("monthly_usd", budget.monthly_usd, headline.monthly_usd),
        _money("run_usd", budget.run_usd, totals.spend_usd),
        _dearest(budget.test_usd, tests),
    ]
    return tuple(use for use in uses if use is not None)


def _dearest(limit: Decimal | None, tests: Sequence[TestReport]) -> Use | None:
    """Measure the dearest test. One of unknown cost may be dearer, unless a known one breaks the limit already."""
    known = max((test for test in tests if test.cost_usd is not None), key=_cost, default=None)
    unknown = next((test for test in tests if test.cost_usd is None), None)
    if limit is None or (known is None and unknown is None):
        return _money("test_usd", limit, ZERO)
    breaks = known is not None and _cost(known) > limit
    test = known if breaks or unknown is None else unknown
    return _money("test_usd", limit, test.cost_usd if test else None, test.test if test else None)


def _cost(test: TestReport) -> Decimal:
    return test.cost_usd or ZERO


def _money(key: str, limit: Decimal | None, actual: Decimal | None, location: str | None = None) -> Use | None:
    return None if limit is None else Use(key=key, limit=limit, actual=actual, unit="usd", location=location)


def _largest(
    key: str,
    limit: int | None,
    profiles: Sequence[Profile],
    size: Callable[[Profile], int],
    priced: Sequence[PricedCall],
) -> Use | None:
    if limit is None:
        return None
    largest = max(profiles, key=size, default=None)
    if largest is None:
        return Use(key=key, limit=Decimal(limit), actual=None, unit="tokens")
    site = next((one.call.call_site for one in priced if one.call.profile is largest), None)
    return Use(key=key, limit=Decimal(limit), actual=Decimal(size(largest)), unit="tokens", location=site)


def _calls(limit: int | None, samples: Sequence[Sample]) -> Use | None:
    if limit is None:
        return None
    most = max(samples, key=lambda sample: len(sample.profiles), default=None)
    actual = None if most is None else Decimal(len(most.profiles))
    return Use(key="calls", limit=Decimal(limit), actual=actual, unit="calls", location=most.test if most else None)


def _input(profile: Profile) -> int:
    return profile.usage.input_tokens


def _output(profile: Profile) -> int:
    return profile.usage.output_tokens


def _system(profile: Profile) -> int:
    segments = profile.segments
    return segments.get(Segment.SYSTEM, 0) + segments.get(Segment.TOOLS, 0)
