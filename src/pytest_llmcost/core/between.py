"""Between: two baselines compared, the later one in the place of a run."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import assumed
from pytest_llmcost.core.baseline import Baseline, Entry
from pytest_llmcost.core.comparison import compare
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.sampling import Sampled, of_entry
from pytest_llmcost.core.scenario import MEASURED, Scenario

if TYPE_CHECKING:
    from collections.abc import Container

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.sample import Sample


def compare_baselines(
    before: Baseline, after: Baseline, scenario: Scenario, price: Price, *, features: Container[str] | None = None
) -> Comparison:
    """Compare two baselines per month, both under one scenario and price book.

    Each has the traffic and the overheads that it declares.

    With `features`, only these are looked at, which is faster where few have changed.
    """
    # What the earlier one knew of scenarios is left out: the same one holds for both.
    old = replace(before, header=replace(before.header, scenarios={}))
    with localcontext(CONTEXT):
        return compare(old, _sampled(old, after, features), assumed(after.header, scenario, price))


def compare_baseline_runs(before: Baseline, after: Baseline, price: Price, *, tests: Container[str]) -> Comparison:
    """Compare what one run of some tests costs in two baselines: each test is a feature that is used once a month."""
    old, new = (_each_test_once(one, tests) for one in (before, after))
    return compare_baselines(old, new, MEASURED, price)


def _each_test_once(baseline: Baseline, tests: Container[str]) -> Baseline:
    entries = {
        test: Entry(calls=entry.calls, features=(test,) * len(entry.calls))
        for test, entry in baseline.tests.items()
        if test in tests
    }
    header = replace(
        baseline.header, requests_per_month=dict.fromkeys(entries, Decimal(1)), overheads={}, production={}
    )
    return replace(baseline, tests=entries, header=header)


def _sampled(before: Baseline, after: Baseline, features: Container[str] | None) -> Sampled:
    calling = {test for test, entry in after.tests.items() if entry.calls}
    return Sampled(
        head=_samples(after, features),
        base=_samples(before, features),
        removed=frozenset(before.tests.keys() - calling),
        added=frozenset(calling - before.tests.keys()),
    )


def _samples(baseline: Baseline, features: Container[str] | None) -> tuple[Sample, ...]:
    every = (one for test, entry in baseline.tests.items() for one in of_entry(test, entry, carried=False))
    kept = (one for one in every if features is None or one.feature in features)
    return tuple(sorted(kept, key=lambda one: (one.feature, one.test)))
