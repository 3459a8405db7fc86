"""Sides: what a comparison says beside its headline: a month under every scenario, and the tests that moved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.comparison import Change, recorded
from pytest_llmcost.core.money import dollars, total
from pytest_llmcost.core.projection import costs_per_request, month, together
from pytest_llmcost.core.sample import average, by_feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price, Profile
    from pytest_llmcost.core.comparison import Assumptions
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.scenario import Scenario


def months(
    baseline: Baseline, sampled: Sampled, scenarios: Sequence[Scenario], now: Assumptions
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Return US dollars a month before and after, by scenario.

    As for the headline, each side has the traffic, the overheads and the scenario that it declared itself.
    """
    header = baseline.header
    requests = {name: Fraction(count) for name, count in header.requests_per_month.items()}
    then = replace(now, requests=requests, overheads=together(header.overheads))
    old = _side(sampled.base, [recorded(header, one) for one in scenarios], then)
    new = _side(sampled.head, scenarios, now)
    return {name: (old[name], usd) for name, usd in new.items()}


def _side(
    samples: Iterable[Sample], scenarios: Sequence[Scenario], assumptions: Assumptions
) -> dict[str, Decimal | None]:
    found: dict[str, list[Decimal | None]] = {one.name: [] for one in scenarios}
    for name, group in by_feature(samples).items():
        request = average(group) if name in assumptions.requests else None
        if request is None:
            continue
        costs = costs_per_request(request, scenarios, assumptions.price)
        for one in scenarios:
            found[one.name].append(month(costs[one.name], assumptions.requests[name], one, assumptions.overheads))
    return {name: total(usd) for name, usd in found.items()}


def moved(baseline: Baseline, tests: Mapping[str, Sample], price: Price) -> tuple[Change, ...]:
    """Return what one run of a test costs, before and after, for the tests on both sides whose cost moved.

    `tests` are this run's, with all calls of a test, whatever feature they serve.
    """
    cost = _costs(price)
    sides = (
        Change(name=test, before_usd=cost(entry.calls), after_usd=cost(tests[test].profiles))
        for test, entry in sorted(baseline.tests.items())
        if test in tests
    )
    return tuple(one for one in sides if one.before_usd != one.after_usd)


def _costs(price: Price) -> Callable[[Sequence[Profile]], Decimal | None]:
    """Return what prices the calls of a test; calls that share a profile, in memory, are priced once."""
    known: dict[int, Decimal | None] = {}

    def of_profile(profile: Profile) -> Decimal | None:
        if id(profile) not in known:
            known[id(profile)] = price(profile.product, profile.usage).usd
        return known[id(profile)]

    def of_test(profiles: Sequence[Profile]) -> Decimal | None:
        usd = total(map(of_profile, profiles))
        return None if usd is None else dollars(usd)

    return of_test
