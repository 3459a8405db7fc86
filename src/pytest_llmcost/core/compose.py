"""Compose: from what was recorded to the report; the only composer, and the only verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import localcontext
from typing import TYPE_CHECKING

from pytest_llmcost.core import summary
from pytest_llmcost.core.assignment import Assignment
from pytest_llmcost.core.budgets import feature_budgets, run_budgets
from pytest_llmcost.core.call import PricedCall, cost
from pytest_llmcost.core.checks import ages, check
from pytest_llmcost.core.comparison import Assumptions, compare, compare_runs
from pytest_llmcost.core.finding import ranked, verdict
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars, total
from pytest_llmcost.core.projection import costs_per_request, month
from pytest_llmcost.core.report import FeatureReport, Month, Report
from pytest_llmcost.core.sample import average
from pytest_llmcost.core.sampling import in_sample, last_attempts, sample
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.settle import settle
from pytest_llmcost.core.usage import weakest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Call, Price, Profile
    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import Prices
    from pytest_llmcost.core.run import Run, TestRun
    from pytest_llmcost.core.sampling import Sampled
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Feature, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A price book: the port that prices calls, and how it introduces itself."""

    price: Price
    prices: Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What every part of the report is made of."""

    run: Run
    settings: Settings
    baseline: Baseline | None
    price: Price
    assignment: Assignment
    priced: tuple[PricedCall, ...]
    last: Mapping[str, TestRun]
    sampled: Sampled


def build_report(
    run: Run, settings: Settings, against: Against, book: Book, assignment: Assignment | None = None
) -> Report:
    """Settle, price, sample, project, compare and check one run. Nothing else composes or judges.

    `assignment` tells which feature a call serves; without one, the features of the settings do.
    """
    with localcontext(CONTEXT):
        facts = _gather(run, settings, against.baseline, book.price, assignment or Assignment(settings.features))
        features = tuple(_feature(feature, facts) for feature in settings.features)
        comparison = _comparison(facts)
        totals = summary.totals(facts.priced)
        tests = summary.tests(facts.priced, run.tests, facts.last)
        scenarios = {scenario.name: _month(scenario, features) for scenario in settings.scenarios}
        budgets = run_budgets(settings, scenarios[settings.scenario], totals, tests)
        report = Report(
            created_at=run.created_at,
            plugin_version=run.plugin_version,
            origins=run.origins,
            prices=book.prices,
            headline=settings.scenario,
            verdict=verdict(()),
            totals=totals,
            calls=facts.priced,
            tests=tests,
            features=features,
            scenarios=scenarios if _has_traffic(settings) else {},
            groups=summary.groups(facts.priced, facts.last),
            budgets=budgets,
            findings=(),
            comparison=comparison,
            no_comparison=None if comparison else against.sentence,
            not_applied=settings.not_applied,
            partial=run.is_partial,
            run=run,
        )
        broken = check(report, settings, facts.assignment, facts.sampled)
        return judged(report, (*run.findings, *broken, *_of_baseline(facts, book.prices)))


def judged(report: Report, findings: Iterable[Finding]) -> Report:
    """Return the report with its findings, ranked, and the verdict that they mean."""
    in_order = ranked(findings)
    return replace(report, findings=in_order, verdict=verdict(in_order))


def _gather(run: Run, settings: Settings, baseline: Baseline | None, price: Price, assignment: Assignment) -> _Facts:
    marked = {(test.test, test.attempt): test.feature for test in run.tests}
    priced = tuple(
        PricedCall(
            call,
            assignment.feature(call.test, marked.get((call.test or "", call.attempt)), call.call_site),
            cost(call, price),
        )
        for call in _settled(run.calls, baseline, run.estimator)
    )
    return _Facts(
        run=run,
        settings=settings,
        baseline=baseline,
        price=price,
        assignment=assignment,
        priced=priced,
        last=last_attempts(run.tests),
        sampled=sample(run, priced, baseline),
    )


def _settled(calls: Sequence[Call], baseline: Baseline | None, estimator: str) -> Iterable[Call]:
    tests: dict[tuple[str | None, int], list[Call]] = {}
    for call in calls:
        tests.setdefault((call.test, call.attempt), []).append(call)
    known = baseline.tests if baseline is not None and baseline.header.estimator == estimator else {}
    for (test, _), group in tests.items():
        entry = known.get(test) if test is not None else None
        yield from settle(group, entry.calls if entry is not None else ())


def _feature(feature: Feature, facts: _Facts) -> FeatureReport:
    samples = [one for one in facts.sampled.head if one.feature == feature.name]
    request = average(samples)
    requests = _requests(feature, facts.settings)
    costs = {} if request is None else costs_per_request(request, facts.settings.scenarios, facts.price)
    each = costs.get(_headline(facts.settings).name)
    lost = _lost(feature, facts, {one.test for one in samples})
    months = {
        scenario.name: month(costs.get(scenario.name), requests, scenario)
        for scenario in facts.settings.scenarios
        if requests is not None
    }
    request_usd = None if each is None else dollars(each)
    headline = months.get(facts.settings.scenario)
    return FeatureReport(
        name=feature.name,
        samples=len(samples),
        carried=sum(one.carried for one in samples),
        lost=lost,
        calls_per_request=None if request is None else dollars(request.calls),
        input_tokens=None if request is None else dollars(request.input_tokens),
        output_tokens=None if request is None else dollars(request.output_tokens),
        cost_per_request_usd=request_usd,
        requests_per_month=None if requests is None else dollars(requests),
        monthly_usd=months,
        provenance=weakest(profile.usage_source for one in samples for profile in one.profiles),
        uncovered=requests is not None and request is None,
        budgets=feature_budgets(feature.budget, samples, facts.priced, (headline, request_usd)),
    )


def _lost(feature: Feature, facts: _Facts, sampled: set[str]) -> int:
    """Count the feature's tests that exist but stand for nothing: failed, skipped or not run, and not carried."""
    silent = {test for test, last in facts.last.items() if not last.is_sample} | facts.run.missing
    marks = {test: last.feature for test, last in facts.last.items()}
    return sum(
        facts.assignment.feature(test, marks.get(test), None) == feature.name for test in silent if test not in sampled
    )


def _requests(feature: Feature, settings: Settings) -> Fraction | None:
    return None if feature.traffic is None else feature.traffic.monthly(settings.days_per_month)


def _headline(settings: Settings) -> Scenario:
    return next((one for one in settings.scenarios if one.name == settings.scenario), MEASURED)


def _of_baseline(facts: _Facts, prices: Prices) -> Iterable[Finding]:
    return () if facts.baseline is None else ages(facts.baseline.header, prices, facts.run.estimator)


def _has_traffic(settings: Settings) -> bool:
    return any(feature.traffic is not None for feature in settings.features)


def _month(scenario: Scenario, features: Sequence[FeatureReport]) -> Month:
    """Add up the features that have traffic and samples; what is uncovered is a finding, not a zero."""
    covered = [one for one in features if one.requests_per_month is not None and not one.uncovered]
    inference = total(one.monthly_usd[scenario.name] for one in covered) if covered else None
    declared = sum((one.requests_per_month or ZERO for one in features), ZERO)
    return Month(monthly_usd=inference, inference_usd=inference, requests=dollars(declared * scenario.traffic))


def _comparison(facts: _Facts) -> Comparison | None:
    if facts.baseline is None:
        return None
    if not _has_traffic(facts.settings):
        return compare_runs(facts.baseline, _profiles(facts), facts.sampled, facts.price)
    requests = {
        one.name: count for one in facts.settings.features if (count := _requests(one, facts.settings)) is not None
    }
    now = Assumptions(scenario=_headline(facts.settings), requests=requests, price=facts.price)
    return compare(facts.baseline, facts.sampled, now)


def _profiles(facts: _Facts) -> dict[str, list[Profile]]:
    profiles: dict[str, list[Profile]] = {}
    for one in facts.priced:
        if in_sample(one.call, facts.last):
            profiles.setdefault(one.call.test or "", []).append(one.call.profile)
    return profiles
