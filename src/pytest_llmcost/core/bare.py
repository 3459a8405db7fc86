"""Bare: the month of a run by the same steps as its report, without what explains or judges it."""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core import summary
from pytest_llmcost.core.discount import committed, in_force
from pytest_llmcost.core.facts import gather
from pytest_llmcost.core.fixed import fixed_costs
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.projection import month, whole
from pytest_llmcost.core.sample import by_feature

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.assignment import Assignment
    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.compose import Book
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Settings

    Groups = Mapping[str, Sequence[Sample]]
    """Samples by feature."""


class Bare(NamedTuple):
    """A month of the headline scenario in US dollars a month; None while a call has no price.

    Attributes:
        groups: the samples by feature.
        inference_usd: of the features with traffic and samples.
        fixed_usd: fixed costs by name.
        usd: of everything.
    """

    groups: Groups
    inference_usd: Mapping[str, Decimal | None]
    fixed_usd: Mapping[str, Decimal | None]
    usd: Decimal | None


def bare(run: Run, settings: Settings, book: Book, assignment: Assignment) -> Bare:
    """Return the month that a report of the same run without a baseline would state."""
    with localcontext(CONTEXT):
        facts = gather(run, settings, None, book.price, assignment)
        groups = by_feature(facts.sampled.head)
        commitments = committed(in_force(settings.discounts, book.prices.as_of))
        fixed = fixed_costs(settings, commitments, summary.spent(facts.priced), book.price)
        months = dict(_months(groups, facts.assumptions()))
        return Bare(groups, months, fixed, whole([*months.values()], settings.overheads, fixed).usd)


def _months(groups: Groups, now: Assumptions) -> Iterator[tuple[str, Decimal | None]]:
    for name, requests in now.requests.items():
        costs = now.costs_per_request(name, groups.get(name, ()), (now.scenario,))
        if costs:
            yield name, month(costs[now.scenario.name], requests, now.scenario)
