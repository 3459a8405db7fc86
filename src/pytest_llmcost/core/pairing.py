"""Pairing: the calls of one test on both sides, in the baseline and in this run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.core.alignment import align, by_operation, by_product, by_prompt
from pytest_llmcost.core.sampling import in_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Call, PricedCall, Profile
    from pytest_llmcost.core.run import TestRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The calls of one test that serve one feature (None: no feature), then and now; neither side is empty.

    A test whose figure is carried is in no pair: nothing is known of it now.
    """

    test: str
    feature: str | None
    weight: Decimal
    before: tuple[Profile, ...]
    after: tuple[Call, ...]

    def aligned(self) -> Iterator[tuple[Profile | None, Call | None]]:
        """Yield each call with its partner: of the same prompt, else product, else operation, in order of appearance.

        Calls without a partner come with None, those of the baseline last.
        """
        partners = align(self.before, [call.profile for call in self.after], (by_prompt, by_product, by_operation))
        for call, partner in zip(self.after, partners, strict=True):
            yield None if partner is None else self.before[partner], call
        for number in sorted(set(range(len(self.before))).difference(p for p in partners if p is not None)):
            yield self.before[number], None


def pairs(priced: Iterable[PricedCall], last: Mapping[str, TestRun], baseline: Baseline) -> tuple[Pair, ...]:
    """Pair the samples of a run with the baseline's, by test and feature, in order of their names."""
    after: dict[tuple[str, str | None], list[Call]] = {}
    for one in priced:
        test = one.call.test
        if test is not None and test in baseline.tests and in_sample(one.call, last):
            after.setdefault((test, one.feature), []).append(one.call)
    before: dict[tuple[str, str | None], list[Profile]] = {}
    for test in {test for test, _ in after}:
        entry = baseline.tests[test]
        for profile, feature in zip(entry.calls, entry.features, strict=True):
            before.setdefault((test, feature), []).append(profile)
    return tuple(
        Pair(test=test, feature=name, weight=last[test].weight, before=tuple(before[test, name]), after=tuple(calls))
        for (test, name), calls in sorted(after.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        if (test, name) in before
    )
