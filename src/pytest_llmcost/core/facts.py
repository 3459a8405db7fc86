"""Facts: what every part of a report is made of: settled and priced calls, samples, and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import Assumptions, headline, of_settings, requests
from pytest_llmcost.core.cache_loss import without_lost_cache
from pytest_llmcost.core.calibration import calibrated, in_use, learn, recalibrated
from pytest_llmcost.core.call import Outcome, PricedCall, cost
from pytest_llmcost.core.sampling import last_attempts, sample
from pytest_llmcost.core.settle import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from pytest_llmcost.core.assignment import Assignment
    from pytest_llmcost.core.baseline import Baseline, Entry
    from pytest_llmcost.core.calibration import Ratio
    from pytest_llmcost.core.call import Call, Cost, Price
    from pytest_llmcost.core.run import Run, TestRun
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Feature, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What every part of a report is made of.

    Attributes:
        run: as recorded.
        settings: as configured.
        baseline: what the run is compared with, its tests under their present names; None for nothing.
        price: the price book.
        assignment: which feature a call serves.
        priced: the run's calls, settled against the baseline.
        last: the last attempt at each test.
        sampled: the samples of both sides.
        calibration: what estimates of this run are scaled by, as learned from calls that state their usage.
    """

    run: Run
    settings: Settings
    baseline: Baseline | None
    price: Price
    assignment: Assignment
    priced: tuple[PricedCall, ...]
    last: Mapping[str, TestRun]
    sampled: Sampled
    calibration: tuple[Ratio, ...] = ()

    @property
    def headline(self) -> Scenario:
        """The scenario of the headline and of the budgets."""
        return headline(self.settings)

    @property
    def has_traffic(self) -> bool:
        """True when any feature declares traffic: then there is a month."""
        return any(feature.traffic is not None for feature in self.settings.features)

    def requests(self, feature: Feature) -> Fraction | None:
        """Return requests per month as declared; None where a feature declares none."""
        return requests(feature, self.settings)

    def assumptions(self) -> Assumptions:
        """Return what turns this run's samples into a month."""
        return of_settings(self.settings, self.price)


def gather(run: Run, settings: Settings, baseline: Baseline | None, price: Price, assignment: Assignment) -> Facts:
    """Settle, assign, price and sample the calls of a run; estimates of both sides are calibrated alike."""
    marked = {(test.test, test.attempt): test.feature for test in run.tests}
    last = last_attempts(run.tests)
    alike = baseline if baseline is not None and baseline.header.estimator == run.estimator else None
    known = {} if alike is None else alike.tests
    calls = tuple(_settled(run.calls, known))
    ratios = learn(calls, alike)
    calls = calibrated(calls, ratios)
    if alike is not None:
        baseline = recalibrated(alike, ratios)
        known = baseline.tests
    names = [
        assignment.feature(call.test, marked.get((call.test or "", call.attempt)), call.call_site) for call in calls
    ]
    calls = without_lost_cache(calls, names, known, last)
    priced = tuple(map(PricedCall, calls, names, _costs(calls, price)))
    return Facts(
        run=run,
        settings=settings,
        baseline=baseline,
        price=price,
        assignment=assignment,
        priced=priced,
        last=last,
        sampled=sample(run, priced, baseline),
        calibration=in_use(calls, ratios),
    )


def _costs(calls: Iterable[Call], price: Price) -> Iterable[Cost]:
    """Price calls in order; of those that share a profile, in memory, the first ordinary one stands for all."""
    known: dict[int, Cost] = {}
    for call in calls:
        if call.note is not None or call.stated_usd is not None or call.outcome is Outcome.REFUSED:
            yield cost(call, price)
            continue
        found = known.get(id(call.profile))
        if found is None:
            found = known[id(call.profile)] = cost(call, price)
        yield found


def _settled(calls: Sequence[Call], known: Mapping[str, Entry]) -> Iterable[Call]:
    tests: dict[tuple[str | None, int], list[Call]] = {}
    for call in calls:
        tests.setdefault((call.test, call.attempt), []).append(call)
    for (test, _), group in tests.items():
        entry = known.get(test) if test is not None else None
        yield from settle(group, entry.calls if entry is not None else ())
