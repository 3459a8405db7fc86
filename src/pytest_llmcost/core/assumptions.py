"""Assumptions: what turns samples into a month, and those that a baseline was written under."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.projection import costs_per_request, month, together
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.served import request_of, resolved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.baseline import Header
    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Feature, Settings

_LARGEST_EXPONENT = 30
"""A number in a header beyond it is no assumption that anybody made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What turns samples into a month: the scenario, requests per month by feature, price book, and overheads."""

    scenario: Scenario
    requests: Mapping[str, Fraction]
    price: Price
    overheads: Fraction = Fraction(0)
    """All of them together, as a share of the inference cost."""
    production: Mapping[str, Production] = field(default_factory=dict)
    """How production serves a feature, by name, where it is declared to differ from the tests."""

    def served(self, feature: str, samples: Sequence[Sample]) -> Production:
        """Return how production serves a feature, with what its samples tell about it."""
        declared = self.production.get(feature)
        return PLAIN if declared is None else resolved(declared, samples)

    def meter(self, feature: str, samples: Sequence[Sample] = ()) -> Meter:
        """Return what prices the calls of a feature."""
        return Meter(self.price, self.scenario, self.served(feature, samples))

    def cost_per_request(self, feature: str, samples: Sequence[Sample]) -> Fraction | None:
        """Return exact US dollars of one request; None while a call has no price. Samples have weight."""
        return self.costs_per_request(feature, samples, (self.scenario,)).get(self.scenario.name)

    def costs_per_request(
        self, feature: str, samples: Sequence[Sample], scenarios: Iterable[Scenario]
    ) -> dict[str, Fraction | None]:
        """Return the same by scenario; empty where no sample has weight."""
        production = self.served(feature, samples)
        request = request_of(samples, production)
        return {} if request is None else costs_per_request(request, scenarios, self.price, production)

    def months(self, groups: Mapping[str, Sequence[Sample]]) -> dict[str, Decimal | None]:
        """Return US dollars a month of the features with traffic and samples; None while a call has no price."""
        return {
            name: month(self.cost_per_request(name, group), self.requests[name], self.scenario, self.overheads)
            for name, group in groups.items()
            if name in self.requests and any(sample.weight for sample in group)
        }


def headline(settings: Settings) -> Scenario:
    """Return the scenario of the headline and of the budgets."""
    return next((one for one in settings.scenarios if one.name == settings.scenario), MEASURED)


def requests(feature: Feature, settings: Settings) -> Fraction | None:
    """Return requests per month as declared; None where a feature declares none."""
    return None if feature.traffic is None else feature.traffic.monthly(settings.days_per_month)


def of_settings(settings: Settings, price: Price) -> Assumptions:
    """Return what is configured, and a price book."""
    declared = {one.name: count for one in settings.features if (count := requests(one, settings)) is not None}
    return Assumptions(
        scenario=headline(settings),
        requests=declared,
        price=price,
        overheads=together(settings.overheads),
        production=settings.production,
    )


def assumed(header: Header, scenario: Scenario, price: Price) -> Assumptions:
    """Return what a baseline declares, under a scenario and a price book."""
    return Assumptions(
        scenario=scenario,
        requests={name: Fraction(count) for name, count in header.requests_per_month.items()},
        price=price,
        overheads=together(header.overheads),
        production=header.production,
    )


def recorded(header: Header, now: Scenario) -> Scenario:
    """Return the scenario of this name as the baseline recorded it; this run's where it did not, or not legibly."""
    row = header.scenarios.get(now.name, {})
    try:
        traffic, growth = Decimal(row["traffic"]), Decimal(row["context_growth"])
    except (KeyError, InvalidOperation):
        return now
    if not all(one.is_finite() and abs(one.adjusted()) <= _LARGEST_EXPONENT for one in (traffic, growth)):
        return now
    caching = row.get("caching", str(now.caching).lower()) == "true"
    return Scenario(name=now.name, traffic=traffic, context_growth=growth, caching=caching)
