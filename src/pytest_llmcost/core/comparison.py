"""Comparison: this run against the baseline, both sides priced with the same book."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import Assumptions, assumed, recorded
from pytest_llmcost.core.causes import causes
from pytest_llmcost.core.money import ZERO, dollars, total
from pytest_llmcost.core.sample import Sample, by_feature
from pytest_llmcost.core.scenario import MEASURED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price, Profile
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.sampling import Sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Before and after of one feature, in US dollars per month (or per run); None where a price is unknown.

    `causes` add up to the difference exactly, the largest first; empty where one side is unknown.
    """

    name: str
    before_usd: Decimal | None
    after_usd: Decimal | None
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """This run against the baseline.

    Attributes:
        source: where the baseline was read.
        commit: the commit that wrote it, when it says so.
        per: `month` where traffic is declared, else `run`.
        before_usd, after_usd: everything; None while any part has no price.
        features: one change per feature with traffic, by name; empty per run.
        gate: the same for the tests that stand on both sides only; limits on increases look at this.
        added, removed: tests that give samples on one side only.
        carried: tests that gave no sample in this run and keep the baseline's figure.
        renamed: tests that the baseline knows under another name, as (old name, new name).
        scenarios: dollars a month before and after by scenario, each side by its own definition of it; empty per run.
        tests: what one run of a test costs, for the tests on both sides whose cost moved, by name; empty per run,
            where `gate` says it.
    """

    source: str
    commit: str | None
    per: str
    before_usd: Decimal | None
    after_usd: Decimal | None
    features: tuple[Change, ...]
    gate: tuple[Change, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    scenarios: Mapping[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)
    tests: tuple[Change, ...] = ()

    def ranked_causes(self) -> tuple[tuple[str, Cause], ...]:
        """Return every cause with its feature (per run: its test), the largest amount first."""
        changes = self.features if self.per == "month" else self.gate
        pairs = [(change.name, cause) for change in changes for cause in change.causes]
        return tuple(sorted(pairs, key=lambda pair: -abs(pair[1].monthly_usd)))

    def gate_total(self) -> tuple[Decimal, Decimal]:
        """US dollars before and after, over the tests on both sides; what has no price is left out on both."""
        known = [change for change in self.gate if change.before_usd is not None and change.after_usd is not None]
        before, after = total(one.before_usd for one in known), total(one.after_usd for one in known)
        return before or ZERO, after or ZERO


def compare(baseline: Baseline, sampled: Sampled, now: Assumptions) -> Comparison:
    """Compare per month, with the traffic, the scenario and the overheads that each side declared."""
    then = assumed(baseline.header, recorded(baseline.header, now.scenario), now.price)
    base, head = by_feature(sampled.base), by_feature(sampled.head)
    before, after = then.months(base), now.months(head)
    common_base, common_head = map(by_feature, sampled.common())
    features = tuple(
        replace(one, causes=causes(one.name, base.get(one.name, ()), head.get(one.name, ()), then, now))
        if one.before_usd is not None and one.after_usd is not None
        else one
        for one in _changes(before, after)
    )
    return Comparison(
        source=baseline.source,
        commit=baseline.header.commit,
        per="month",
        before_usd=total(change.before_usd for change in features),
        after_usd=total(change.after_usd for change in features),
        features=features,
        gate=_changes(
            _narrowed(before, base, common_base, then),
            _narrowed(after, head, common_head, now),
        ),
        added=tuple(sorted(sampled.added)),
        removed=tuple(sorted(sampled.removed)),
        carried=tuple(sorted({sample.test for sample in sampled.head if sample.carried})),
    )


def compare_runs(baseline: Baseline, tests: Mapping[str, Sample], sampled: Sampled, price: Price) -> Comparison:
    """Compare what one run of the tests costs, where no traffic is declared; `tests` are this run's samples."""
    base = {test: _whole(test, entry.calls) for test, entry in baseline.tests.items()}
    before = {test: _cost(sample, price) for test, sample in base.items()}
    after = {test: _cost(sample, price) for test, sample in tests.items()}
    carried = set(before) - set(after) - sampled.removed
    after |= {test: before[test] for test in carried}
    common = sorted(before.keys() & after.keys())
    once = Assumptions(scenario=MEASURED, requests=dict.fromkeys(common, Fraction(1)), price=price)
    return Comparison(
        source=baseline.source,
        commit=baseline.header.commit,
        per="run",
        before_usd=total(before.values()),
        after_usd=total(after.values()),
        features=(),
        gate=tuple(
            Change(
                name=test,
                before_usd=before[test],
                after_usd=after[test],
                causes=causes(test, (base[test],), (tests[test],), once, once) if test in tests else (),
            )
            for test in common
        ),
        added=tuple(sorted(sampled.added)),
        removed=tuple(sorted(sampled.removed)),
        carried=tuple(sorted(carried)),
    )


def _whole(test: str, profiles: tuple[Profile, ...]) -> Sample:
    """All calls of a test, whatever feature they serve, as one request."""
    return Sample(test=test, feature=test, profiles=profiles, weight=Decimal(1))


def _narrowed(
    months: Mapping[str, Decimal | None],
    whole: Mapping[str, Sequence[Sample]],
    part: Mapping[str, Sequence[Sample]],
    assumptions: Assumptions,
) -> dict[str, Decimal | None]:
    """Return the months of a part of the samples; a feature that lost none of them keeps its month."""
    kept = {name: usd for name, usd in months.items() if len(part.get(name, ())) == len(whole[name])}
    return kept | assumptions.months({name: group for name, group in part.items() if name not in kept})


def _changes(before: Mapping[str, Decimal | None], after: Mapping[str, Decimal | None]) -> tuple[Change, ...]:
    names = sorted(before.keys() | after.keys())
    return tuple(Change(name=n, before_usd=before.get(n, ZERO), after_usd=after.get(n, ZERO)) for n in names)


def _cost(sample: Sample, price: Price) -> Decimal | None:
    usd = total(price(profile.product, profile.usage).usd for profile in sample.profiles)
    return None if usd is None else dollars(usd)
