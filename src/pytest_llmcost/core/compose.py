"""Compose: from what was recorded to the report; the only composer, and the only verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import localcontext
from typing import TYPE_CHECKING

from pytest_llmcost.core import summary
from pytest_llmcost.core.advising import advise
from pytest_llmcost.core.asked import serving
from pytest_llmcost.core.assignment import Assignment
from pytest_llmcost.core.bounds import extra, total_upper
from pytest_llmcost.core.budgets import Cost, run_budgets
from pytest_llmcost.core.cache_break import breaks
from pytest_llmcost.core.checks import check
from pytest_llmcost.core.comparing import beside, comparison_of, of_comparison
from pytest_llmcost.core.discount import committed, in_force
from pytest_llmcost.core.discount_checks import of_discounts
from pytest_llmcost.core.facts import gather
from pytest_llmcost.core.features import feature_report
from pytest_llmcost.core.finding import ranked, verdict
from pytest_llmcost.core.fixed import fixed_costs
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars
from pytest_llmcost.core.outlook import outlook, plans
from pytest_llmcost.core.production_checks import of_production, products
from pytest_llmcost.core.projection import whole
from pytest_llmcost.core.prompt_checks import prompt_checks
from pytest_llmcost.core.prompt_files import measured
from pytest_llmcost.core.renames import renamed, renames
from pytest_llmcost.core.report import FeatureReport, Month, Report
from pytest_llmcost.core.sample import by_feature

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.advice import Advice
    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.call import Price, Product
    from pytest_llmcost.core.discount import Claims, Strength
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.prompt_files import PromptFile
    from pytest_llmcost.core.report import Prices
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Settings


def _no_claims(_product: Product) -> Mapping[str, Strength]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A price book: the port that prices calls, and how it introduces itself."""

    price: Price
    prices: Prices
    claims: Claims = _no_claims
    """Tells which of the declared discounts cover a product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What an earlier report of the same run has found: which feature a call serves, and what to change first.

    Attributes:
        unfolded: the only features whose months are unfolded, without an outlook on all of them; None for all, with it.
    """

    assignment: Assignment
    advice: tuple[Advice, ...]
    unfolded: Collection[str] | None = None


def build_report(run: Run, settings: Settings, against: Against, book: Book, earlier: Earlier | None = None) -> Report:
    """Settle, price, sample, project, compare and check one run. Nothing else composes or judges.

    Without `earlier`, the features of the settings claim the calls, and the calls give the advice.
    """
    with localcontext(CONTEXT):
        chosen = earlier.assignment if earlier else Assignment(settings.features)
        unfolded = earlier.unfolded if earlier else None
        known = against.baseline
        moved = () if known is None else renames(run, known)
        facts = gather(run, settings, known and renamed(known, moved), book.price, chosen)
        now = facts.assumptions()
        groups = by_feature(facts.sampled.head)
        costs = {name: now.costs_per_request(name, group, settings.scenarios) for name, group in groups.items()}
        features = tuple(
            feature_report(
                feature,
                facts,
                groups.get(feature.name, []),
                costs.get(feature.name, {}),
                unfold=unfolded is None or feature.name in unfolded,
            )
            for feature in settings.features
        )
        served = serving(facts.priced, facts.sampled, facts.last, now)
        broken_prefixes = [one for each in served for one in breaks(each)]
        comparison = comparison_of(facts, broken_prefixes)
        if comparison is not None:
            comparison = beside(facts, replace(comparison, renamed=moved), costs)
        totals = summary.totals(facts.priced)
        tests = summary.tests(facts.priced, run.tests, facts.last)
        discounts = in_force(settings.discounts, book.prices.as_of)
        fixed = fixed_costs(settings, committed(discounts), summary.spent(facts.priced), book.price)
        scenarios = {one.name: month_of(one, features, settings.overheads, fixed) for one in settings.scenarios}
        month_usd = scenarios[settings.scenario]
        app = Cost(month_usd.monthly_usd, total_upper(month_usd.monthly_usd, features, settings))
        budgets = run_budgets(settings, app, totals, tests, extra(facts.priced, facts.price))
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
            scenarios=scenarios if facts.has_traffic else {},
            groups=summary.groups(facts.priced, facts.last),
            budgets=budgets,
            findings=(),
            comparison=comparison,
            no_comparison=None if comparison else against.sentence,
            partial=run.is_partial,
            advice=earlier.advice
            if earlier
            else advise(served, broken_prefixes, facts.priced, now, settings.ignore_below_usd),
            calibration=facts.calibration,
            ignore_below_usd=settings.ignore_below_usd,
            outlook=outlook(month_usd, features, settings, plans(settings, groups, now))
            if facts.has_traffic and unfolded is None
            else None,
            prompts=measured(run.prompts, settings.prompts, _known_prompts(facts)),
            discounts=discounts,
            currency=settings.currency,
            run=run,
        )
        prompts = prompt_checks(report.prompts, settings, run.findings)
        broken = (
            *check(report, facts),
            *of_production(groups, facts),
            *of_discounts(report, facts, book.claims, products(groups, facts)),
            *prompts,
        )
        return judged(report, (*run.findings, *broken, *of_comparison(facts, report, against)))


def _known_prompts(facts: Facts) -> Mapping[str, PromptFile]:
    """Return the prompt files of the baseline by path; none where it counted tokens in another way."""
    known = facts.baseline
    return known.header.prompts if known is not None and known.header.estimator == facts.run.estimator else {}


def judged(report: Report, findings: Iterable[Finding]) -> Report:
    """Return the report with its findings, ranked, and the verdict that they mean."""
    in_order = ranked(findings)
    return replace(report, findings=in_order, verdict=verdict(in_order))


def month_of(
    scenario: Scenario,
    features: Sequence[FeatureReport],
    overheads: Mapping[str, Decimal],
    fixed: Mapping[str, Decimal | None],
) -> Month:
    """Add up the features that have traffic and samples; what is uncovered is a finding, not a zero."""
    covered = [one for one in features if one.requests_per_month is not None and not one.uncovered]
    usd, inference, beside = whole([one.monthly_usd[scenario.name] for one in covered], overheads, fixed)
    declared = sum((one.requests_per_month or ZERO for one in features), ZERO)
    return Month(
        monthly_usd=usd,
        inference_usd=inference,
        overheads_usd=beside,
        fixed_usd=fixed,
        requests=dollars(declared * scenario.traffic),
    )
