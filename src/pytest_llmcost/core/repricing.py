"""Repricing: what many versions of a baseline cost at one price book, each distinct call priced once."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.assumptions import assumed
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars, total
from pytest_llmcost.core.projection import month
from pytest_llmcost.core.sample import by_feature
from pytest_llmcost.core.sampling import of_entry
from pytest_llmcost.core.scenario import MEASURED

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Baseline, Entry
    from pytest_llmcost.core.call import Price, Profile
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.scenario import Scenario

MONTH, RUN = "month", "run"

_REMEMBERED = 65_536
"""Prices of calls kept: those of a large baseline, and what comparing its versions asks for besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one version costs, in US dollars.

    Attributes:
        per: `month` where the version declares traffic, else `run`: what one run of its tests costs.
        parts: by feature per month, by test per run; None where a call has no price.
    """

    per: str
    parts: Mapping[str, Decimal | None]

    @property
    def usd(self) -> Decimal | None:
        """Everything; None while any part has no price."""
        return total(self.parts.values())


class Repricer:
    """Prices versions under one scenario; values that versions share are priced once.

    The figures are those of a comparison of the versions, to the last digit.
    """

    def __init__(self, scenario: Scenario, price: Price, *, feature: str | None = None) -> None:
        """Take the scenario, the price book, and the only feature to look at (None for all)."""
        self.scenario = scenario
        self.price: Price = lru_cache(_REMEMBERED)(price)
        self.feature = feature
        self._monthly = _Costs(Meter(self.price, scenario))
        self._of_a_run = _Costs(Meter(self.price, MEASURED))

    def figures(self, baseline: Baseline) -> Figures:
        """Price one version."""
        requests = baseline.header.requests_per_month
        if requests:
            return Figures(per=MONTH, parts=self._months(baseline, requests))
        parts: dict[str, Decimal | None] = {}
        for test, entry in baseline.tests.items():
            own = [cost.usd for cost in self._of_a_run.of(entry) if self.feature in (None, cost.feature)]
            usd = total(own)
            if own or self.feature is None:
                parts[test] = None if usd is None else dollars(usd)
        return Figures(per=RUN, parts=parts)

    def _months(self, baseline: Baseline, requests: Mapping[str, Decimal]) -> dict[str, Decimal | None]:
        wanted = requests.keys() if self.feature is None else requests.keys() & {self.feature}
        sums: dict[str, Decimal | None] = dict.fromkeys(wanted, ZERO)
        weights = dict.fromkeys(wanted, ZERO)
        for entry in baseline.tests.values():
            for feature, usd in self._monthly.of(entry):
                if feature is None or feature not in wanted:
                    continue
                weights[feature] = CONTEXT.add(weights[feature], entry.weight)
                whole = sums[feature]
                if usd is None or whole is None:
                    sums[feature] = None
                else:
                    sums[feature] = CONTEXT.fma(usd, entry.weight, whole)
        now = assumed(baseline.header, self.scenario, self.price)
        months = {
            name: month(_mean(sums[name], weights[name]), Fraction(requests[name]), self.scenario, now.overheads)
            for name in wanted
            if weights[name]
        }
        changed = now.production.keys() & months.keys()  # what production does to these is not a sum over entries
        groups = by_feature(_samples(baseline, changed)) if changed else {}
        return dict(sorted((months | now.months(groups)).items()))


class _Cost(NamedTuple):
    """What the calls of one test for one feature cost, in US dollars a request."""

    feature: str | None
    usd: Decimal | None


@dataclass(slots=True)
class _Costs:
    """Costs of entries under one scenario. What was priced is kept, so that its identity stays its own."""

    meter: Meter
    entries: dict[int, tuple[Entry, tuple[_Cost, ...]]] = field(default_factory=dict)

    def of(self, entry: Entry) -> tuple[_Cost, ...]:
        """Return the cost of each feature that the entry serves; by identity, because hashing one is as dear."""
        known = self.entries.get(id(entry))
        if known is None:
            groups: dict[str | None, list[Profile]] = {}
            for profile, feature in zip(entry.calls, entry.features, strict=True):
                groups.setdefault(feature, []).append(profile)
            costs = tuple(_Cost(feature, self._sum(profiles)) for feature, profiles in groups.items())
            known = self.entries[id(entry)] = (entry, costs)
        return known[1]

    def _sum(self, profiles: Iterable[Profile]) -> Decimal | None:
        return total([self.meter(one.product, one.usage) for one in profiles])


def _samples(baseline: Baseline, features: Container[str]) -> Iterator[Sample]:
    for test, entry in sorted(baseline.tests.items()):
        yield from (one for one in of_entry(test, entry, carried=False) if one.feature in features)


def _mean(usd: Decimal | None, weight: Decimal) -> Fraction | None:
    return None if usd is None else Fraction(usd) / Fraction(weight)
