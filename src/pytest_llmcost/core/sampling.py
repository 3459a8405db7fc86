"""Sampling: which calls of a run are samples of which feature, and what the baseline lends to tests that gave none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.core.run import Run, TestRun, file_of
from pytest_llmcost.core.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_llmcost.core.baseline import Baseline, Entry
    from pytest_llmcost.core.call import Call, PricedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """The samples of a run, those of its baseline, and the tests behind the difference.

    Attributes:
        head: this run's samples, carried ones included.
        base: the baseline's samples; empty without a baseline.
        removed: baseline tests that are gone, or that make no call any more.
        silent: of these, the tests that ran, did what they should, and made no call.
        added: tests with samples that the baseline does not know; empty without a baseline.
    """

    head: tuple[Sample, ...]
    base: tuple[Sample, ...] = ()
    removed: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()

    def common(self) -> tuple[list[Sample], list[Sample]]:
        """Return the samples of tests that stand on both sides, the baseline's first."""
        shared = {(s.test, s.feature) for s in self.base} & {(s.test, s.feature) for s in self.head}
        return (
            [sample for sample in self.base if (sample.test, sample.feature) in shared],
            [sample for sample in self.head if (sample.test, sample.feature) in shared],
        )


def last_attempts(tests: Iterable[TestRun]) -> dict[str, TestRun]:
    """Return the last attempt at each test: of reruns, only that one is a sample."""
    last: dict[str, TestRun] = {}
    for test in tests:
        if test.test not in last or test.attempt >= last[test.test].attempt:
            last[test.test] = test
    return last


def in_sample(call: Call, last: Mapping[str, TestRun]) -> bool:
    """Tell whether a call is part of its test's sample: the last attempt's, and not an evaluation."""
    test = last.get(call.test) if call.test is not None else None
    return test is not None and test.is_sample and call.attempt == test.attempt and not call.evaluation


def sample(run: Run, priced: Iterable[PricedCall], baseline: Baseline | None) -> Sampled:
    """Make the samples of a run. A call without a feature is in none."""
    last = last_attempts(run.tests)
    groups: dict[tuple[str, str], list[PricedCall]] = {}
    sampled: set[str] = set()
    for one in priced:
        if in_sample(one.call, last) and one.call.test is not None:
            sampled.add(one.call.test)
            if one.feature is not None:
                groups.setdefault((one.call.test, one.feature), []).append(one)
    own = [
        Sample(
            test=test,
            feature=feature,
            weight=last[test].weight,
            profiles=tuple(one.call.profile for one in group),
            sites=tuple(one.call.call_site for one in group),
        )
        for (test, feature), group in groups.items()
    ]
    if baseline is None:
        return Sampled(head=tuple(own))
    carried = {test: entry for test, entry in baseline.tests.items() if is_carried(test, run, last)}
    removed = frozenset(baseline.tests.keys() - sampled - carried.keys())
    lent = [one for test, entry in carried.items() for one in of_entry(test, entry, carried=True)]
    return Sampled(
        head=tuple(sorted([*own, *lent], key=lambda one: (one.feature, one.test))),
        base=tuple(
            one for test, entry in sorted(baseline.tests.items()) for one in of_entry(test, entry, carried=False)
        ),
        removed=removed,
        silent=removed & last.keys(),
        added=frozenset(sampled - baseline.tests.keys()),
    )


def is_carried(test: str, run: Run, last: Mapping[str, TestRun]) -> bool:
    """Tell whether a baseline test keeps its figure: it exists, but gave no sample in this run."""
    if test in last:
        return not last[test].is_sample
    if test in run.missing:
        return True
    return file_of(test) not in run.searched and file_of(test) not in run.gone


def of_entry(test: str, entry: Entry, *, carried: bool) -> Iterable[Sample]:
    """Return the samples that a baseline entry stands for, one per feature."""
    groups: dict[str, list[int]] = {}
    for position, feature in enumerate(entry.features):
        if feature is not None:
            groups.setdefault(feature, []).append(position)
    for feature, positions in groups.items():
        profiles = tuple(entry.calls[position] for position in positions)
        yield Sample(test=test, feature=feature, profiles=profiles, weight=entry.weight, carried=carried)
