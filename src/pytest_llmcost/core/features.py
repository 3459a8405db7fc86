"""Features: what one request of a feature is and costs, what its month comes to, and how that came out."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypedDict

from pytest_llmcost.core import how
from pytest_llmcost.core.bounds import month_upper, request_upper
from pytest_llmcost.core.budget import LEVELS
from pytest_llmcost.core.budgets import Cost, feature_budgets
from pytest_llmcost.core.economics import Business, UnitCosts, unit_costs
from pytest_llmcost.core.explanation import Bought, bought
from pytest_llmcost.core.forecast import forecast
from pytest_llmcost.core.layers import Layer, layers
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, dollars, plain, total
from pytest_llmcost.core.projection import month
from pytest_llmcost.core.report import FeatureReport
from pytest_llmcost.core.sample import average
from pytest_llmcost.core.served import request_of, served
from pytest_llmcost.core.spread import SampleCost, Spread, spread
from pytest_llmcost.core.tiers import TierReport, tiers
from pytest_llmcost.core.usage import weakest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Feature


class _Unfolded(TypedDict, total=False):
    layers: tuple[Layer, ...]
    bought: tuple[Bought, ...]
    how: tuple[str, ...]
    units: UnitCosts
    forecast_usd: tuple[Decimal, ...]
    peak_usd: Decimal | None
    tiers: tuple[TierReport, ...]


def feature_report(
    feature: Feature,
    facts: Facts,
    samples: Sequence[Sample],
    costs: Mapping[str, Fraction | None],
    *,
    unfold: bool = True,
) -> FeatureReport:
    """Report a feature, by what one request of it is on average, and what that costs by scenario."""
    request = average(served(samples, feature.production), feature.production.requests_per_sample)
    requests = facts.requests(feature)
    each = costs.get(facts.headline.name)
    lost = _lost(feature, facts, {one.test for one in samples})
    months = {
        scenario.name: month(costs.get(scenario.name), requests, scenario)
        for scenario in facts.settings.scenarios
        if requests is not None
    }
    request_usd = None if each is None else dollars(each)
    headline = months.get(facts.settings.scenario)
    at_most = request_upper(feature.name, samples, facts.assumptions())
    month_usd = Cost(headline, month_upper(at_most, requests, facts.headline))
    each_usd = Cost(request_usd, None if at_most is None else dollars(at_most))
    times = (requests or Fraction(0)) * Fraction(facts.headline.traffic)
    is_asked = requests is not None or feature.budget.at != LEVELS[0]
    differ = _spread(feature, facts, samples, times) if is_asked else None
    held = _held(feature, (month_usd, each_usd), differ, times)
    return FeatureReport(
        name=feature.name,
        samples=len(samples),
        carried=sum(one.carried for one in samples),
        lost=lost,
        calls_per_request=None if request is None else dollars(request.calls),
        input_tokens=None if request is None else dollars(request.input_tokens),
        output_tokens=None if request is None else dollars(request.output_tokens),
        cost_per_request_usd=request_usd,
        requests_per_month=None if requests is None else dollars(requests),
        monthly_usd=months,
        provenance=weakest(profile.usage_source for one in samples for profile in one.profiles),
        uncovered=requests is not None and request is None,
        budgets=feature_budgets(feature, samples, facts.priced, held),
        monthly_upper_usd=month_usd.upper,
        spread=None if requests is None else differ,
        **(_unfolded(feature, facts, samples) if unfold else {}),
    )


def _held(feature: Feature, means: tuple[Cost, Cost], found: Spread | None, times: Fraction) -> tuple[Cost, Cost]:
    """Return what budgets are held against, a month and a request: the means, or a percentile of the samples.

    The median of the resampled months is their mean as near as matters, so `p50` holds a month to that. Without enough
    samples for an interval, the month at `p95` is one of nothing but such requests.
    """
    level = feature.budget.at
    if found is None or level == LEVELS[0]:
        return means
    monthly, each = means
    if level == "p50":
        return monthly, Cost(found.p50_usd, each.upper)
    worst = dollars(Fraction(found.p95_usd) * times)
    most = None if monthly.usd is None else found.month_p95_usd or worst
    return Cost(most, monthly.upper), Cost(found.p95_usd, each.upper)


def _unfolded(feature: Feature, facts: Facts, samples: Sequence[Sample]) -> _Unfolded:
    """Return how the month of the headline scenario comes out; nothing without traffic or samples."""
    requests, now = facts.requests(feature), facts.assumptions()
    served = now.served(feature.name, samples)
    request = request_of(samples, served)
    if feature.traffic is None or requests is None or request is None:
        return {}
    meter = Meter(now.price, now.scenario, served)
    times = requests * Fraction(now.scenario.traffic)
    return {
        "layers": layers(samples, requests, now.scenario, now.price, served),
        "bought": bought(request, times, meter, now.price),
        "how": (
            how.traffic(feature.traffic, facts.settings.days_per_month, now.scenario),
            *how.calls(samples),
            *how.begun(samples, served),
            *how.production(served, now.scenario),
        ),
        "tiers": tuple(tiers(feature, samples, now)),
        **_ahead(feature, facts, month(now.cost_per_request(feature.name, samples), requests, now.scenario)),
    }


def _ahead(feature: Feature, facts: Facts, usd: Decimal | None) -> _Unfolded:
    """Return what a month of US dollars comes to per unit, at peak, and in the next twelve."""
    units = unit_costs(usd, _business(feature, facts))
    if usd is None:
        return {"units": units}
    growth, decline = feature.growth_percent_per_month, facts.settings.price_decline_percent_per_year
    return {
        "units": units,
        "forecast_usd": forecast(usd, growth_percent=growth, decline_percent=decline),
        "peak_usd": plain(CONTEXT.multiply(usd, feature.peak_factor)) if feature.peak_factor != 1 else None,
    }


def _business(feature: Feature, facts: Facts) -> Business:
    """Return what a month is shared out among; the traffic is that of the headline scenario."""
    factor, declared = facts.headline.traffic, feature.traffic
    requests, users = facts.requests(feature), None if declared is None else declared.monthly_users
    served = feature.production
    is_counted = served.is_session or served.requests_per_session != 1
    has_sessions = is_counted or users is not None or feature.conversion_rate is not None
    return Business(
        requests=None if requests is None else requests * Fraction(factor),
        turns_per_session=served.requests_per_session if has_sessions else None,
        users=None if users is None else CONTEXT.multiply(users, factor),
        conversion_rate=feature.conversion_rate,
        revenue_usd=feature.revenue_per_month,
    )


def _spread(feature: Feature, facts: Facts, samples: Sequence[Sample], times: Fraction) -> Spread | None:
    """Return how much the samples differ; a budget of one request is held to it without traffic too."""
    now = facts.assumptions()
    production = now.served(feature.name, samples)
    return spread(_costs(samples, Meter(now.price, now.scenario, production), production), times)


def _costs(samples: Sequence[Sample], meter: Meter, production: Production) -> Iterator[SampleCost]:
    """Yield what one request costs by each sample alone."""
    for sample in served(samples, production):
        usd = total(meter(profile.product, profile.usage) for profile in sample.profiles)
        yield SampleCost(None if usd is None else meter.per_request(Fraction(usd)), sample.weight)


def _lost(feature: Feature, facts: Facts, sampled: set[str]) -> int:
    """Count the feature's tests that exist but stand for nothing: failed, skipped or not run, and not carried."""
    silent = {test for test, last in facts.last.items() if not last.is_sample} | facts.run.missing
    marks = {test: last.feature for test, last in facts.last.items()}
    return sum(
        facts.assignment.feature(test, marks.get(test), None) == feature.name for test in silent if test not in sampled
    )
