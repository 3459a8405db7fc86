"""Sides: what a comparison says beside its headline: a month under every scenario, and the tests that moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import assumed, recorded
from pytest_llmcost.core.comparison import Change
from pytest_llmcost.core.money import dollars, total
from pytest_llmcost.core.projection import month
from pytest_llmcost.core.sample import by_feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from decimal import Decimal
    from fractions import Fraction

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price, Profile
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario


if TYPE_CHECKING:
    Costs = Mapping[str, Mapping[str, Fraction | None]]
    """Exact US dollars per request by feature and scenario; None while a call has no price."""


def months(
    baseline: Baseline, base: Iterable[Sample], head: Costs, scenarios: Sequence[Scenario], now: Assumptions
) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Return US dollars a month before and after, by scenario.

    As for the headline, each side has the traffic, the overheads and the scenario that it declared itself.

    Args:
        baseline: for what it declares.
        base: its samples.
        head: what a request of each feature costs now.
        scenarios: of this run.
        now: what this run declares.
    """
    header = baseline.header
    then = assumed(header, now.scenario, now.price)
    former = [recorded(header, one) for one in scenarios]
    old = _added(_costs_of(base, former, then), former, then)
    new = _added(head, scenarios, now)
    return {name: (old[name], usd) for name, usd in new.items()}


def _costs_of(samples: Iterable[Sample], scenarios: Sequence[Scenario], then: Assumptions) -> Costs:
    groups = ((name, group) for name, group in by_feature(samples).items() if name in then.requests)
    costs = ((name, then.costs_per_request(name, group, scenarios)) for name, group in groups)
    return {name: one for name, one in costs if one}


def _added(costs: Costs, scenarios: Sequence[Scenario], declared: Assumptions) -> dict[str, Decimal | None]:
    """Add up the features that have traffic, each rounded as its month is."""
    requests, overheads = declared.requests, declared.overheads
    return {
        one.name: total(
            month(each[one.name], requests[name], one, overheads) for name, each in costs.items() if name in requests
        )
        for one in scenarios
    }


def moved(baseline: Baseline, tests: Mapping[str, Sample], price: Price) -> tuple[Change, ...]:
    """Return what one run of a test costs, before and after, for the tests on both sides whose cost moved.

    `tests` are this run's, with all calls of a test, whatever feature they serve.
    """
    cost = _costs(price)
    sides = (
        Change(name=test, before_usd=cost(entry.calls), after_usd=cost(tests[test].profiles))
        for test, entry in sorted(baseline.tests.items())
        if test in tests and not _is_same(entry.calls, tests[test].profiles)
    )
    return tuple(one for one in sides if one.before_usd != one.after_usd)


def _is_same(before: Sequence[Profile], after: Sequence[Profile]) -> bool:
    """Whether all calls cost the same whatever a price is: comparing takes half the time of pricing."""
    return len(before) == len(after) and all(
        old.usage == new.usage and old.product == new.product for old, new in zip(before, after, strict=True)
    )


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
