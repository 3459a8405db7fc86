"""Comparing: a run beside its baseline, and beside the baseline that the change itself proposes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.acceptance import Ratchet
from pytest_llmcost.core.cache_break import explained
from pytest_llmcost.core.comparison import compare, compare_runs
from pytest_llmcost.core.comparison_checks import ages, compared
from pytest_llmcost.core.live import noises
from pytest_llmcost.core.pairing import pairs
from pytest_llmcost.core.renames import renamed, renames
from pytest_llmcost.core.sample import Sample
from pytest_llmcost.core.sampling import in_sample, sample
from pytest_llmcost.core.sides import months, moved
from pytest_llmcost.core.silence import silence
from pytest_llmcost.core.worth import worth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.cache_break import Break
    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.sides import Costs


def comparison_of(facts: Facts, broken: Sequence[Break]) -> Comparison | None:
    """Compare a run with its baseline: per month where traffic is declared, else per run; None without a baseline.

    `broken` tells where prompts stop sharing a prefix, which explains lost cache reads.
    """
    if facts.baseline is None:
        return None
    if not facts.has_traffic:
        return compare_runs(facts.baseline, _by_test(facts), facts.sampled, facts.price)
    return explained(compare(facts.baseline, facts.sampled, facts.assumptions()), broken)


def beside(facts: Facts, comparison: Comparison, costs: Costs) -> Comparison:
    """Add what a month is under every scenario, and which tests moved; nothing to a comparison per run."""
    if facts.baseline is None or comparison.per != "month":
        return comparison
    return replace(
        comparison,
        scenarios=months(facts.baseline, facts.sampled.base, costs, facts.settings.scenarios, facts.assumptions()),
        tests=moved(facts.baseline, _by_test(facts), facts.price),
    )


def _by_test(facts: Facts) -> dict[str, Sample]:
    """Return this run's samples, one per test, whatever features its calls serve."""
    tests: dict[str, list[Call]] = {}
    for one in facts.priced:
        if in_sample(one.call, facts.last):
            tests.setdefault(one.call.test or "", []).append(one.call)
    return {
        test: Sample(
            test=test,
            feature=test,
            weight=Decimal(1),
            profiles=tuple(call.profile for call in calls),
            sites=tuple(call.call_site for call in calls),
        )
        for test, calls in tests.items()
    }


def of_comparison(facts: Facts, report: Report, against: Against) -> Iterator[Finding]:
    """Yield what a comparison breaks, what fell silent, and what moved under the baseline."""
    comparison = report.comparison
    if facts.baseline is None or comparison is None:
        return
    ratchet = _ratchet(facts, comparison, against)
    both = pairs(facts.priced, facts.last, facts.baseline)
    noise = noises(both, comparison, facts.sampled, facts.assumptions())
    found = compared(comparison, _gate(facts, ratchet), noise, facts.settings)
    # A change that writes its own baseline has written the lower cost down, or is told that it raised it.
    yield from (one for one in found if against.proposed is None or one.rule != "slack")
    yield from silence(both, facts.baseline, _unexplained(facts.sampled, against), report, facts.settings)
    yield from ages(facts.baseline.header, report.prices, facts.run.estimator)
    yield from ratchet.findings()


def _unexplained(sampled: Sampled, against: Against) -> Sampled:
    """Leave out silent tests that the baseline of the change itself has dropped: they are meant to make no call."""
    if against.proposed is None:
        return sampled
    return replace(sampled, silent=frozenset(test for test in sampled.silent if test in against.proposed.tests))


def _ratchet(facts: Facts, comparison: Comparison, against: Against) -> Ratchet:
    scenario = facts.headline if comparison.per == "month" else None
    usd = None if against.proposed is None else worth(against.proposed, facts.price, scenario)
    day = facts.run.created_at[: len("2026-11-26")]
    return Ratchet(comparison=comparison, against=against, proposed_usd=usd, settings=facts.settings, day=day)


def _gate(facts: Facts, ratchet: Ratchet) -> Comparison:
    """Return the comparison that limits on increases look at: with what the change itself has accepted, if it has."""
    proposed = ratchet.against.proposed
    if proposed is None or not ratchet.covers():
        return ratchet.comparison
    known = renamed(proposed, renames(facts.run, proposed))
    sampled = sample(facts.run, facts.priced, known)
    return ratchet.gate(comparison_of(replace(facts, baseline=known, sampled=sampled), ()))
