"""Estimate: a month without any test, from declared usage, by the very functions that a pytest run goes through."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import localcontext
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Assignment
from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.compose import Earlier, build_report
from pytest_llmcost.core.economics import Business, unit_costs
from pytest_llmcost.core.forecast import forecast
from pytest_llmcost.core.money import CONTEXT, ZERO, total
from pytest_llmcost.core.prefix import minimum
from pytest_llmcost.core.scenario import MEASURED
from pytest_llmcost.core.served import request_of
from pytest_llmcost.core.volume import per_request, volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.compose import Book
    from pytest_llmcost.core.declared import Declared
    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.economics import UnitCosts
    from pytest_llmcost.core.meter import Term
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.report import Month, Report
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.core.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a declared feature costs. All but the report is of the headline scenario.

    Attributes:
        report: as of a run with one test.
        settings: what it was made with.
        served: how production serves it, with what the declared usage tells.
        each: US dollars of the calls alone per request, session and user.
        whole: the same with overheads and fixed costs.
        volume: what a month buys.
        request: what one request buys.
        growth_percent: of traffic, per month, as declared.
        months: US dollars of the months to come; empty where no growth is declared.
        too_short: tokens that a prefix must have, where a prefix cache is declared and no prompt has them; else None.
        unpriced: why a model has no price, by its name; empty when the month is known.
    """

    report: Report
    settings: Settings
    served: Production
    each: UnitCosts
    whole: UnitCosts
    volume: Volume
    request: Volume
    growth_percent: Decimal | None = None
    months: tuple[Decimal, ...] = ()
    too_short: int | None = None
    unpriced: Mapping[str, str] = field(default_factory=dict)

    @property
    def month(self) -> Month:
        """The month of the headline scenario."""
        return self.report.scenarios[self.report.headline]


def estimate(
    declared: Declared,
    settings: Settings,
    book: Book,
    stamp: tuple[str, str] = ("", ""),
    growth_percent: Decimal | None = None,
) -> Estimate:
    """Project a month of a declared feature.

    Args:
        declared: the feature.
        settings: of the project: its prices, scenarios, overheads and fixed costs hold, its features and limits do not.
        book: the price book.
        stamp: when it is made, ISO in UTC, and by which version of the plugin.
        growth_percent: of traffic, per month, for the twelve months to come; None for no forecast.
    """
    with localcontext(CONTEXT):
        own, sample = declared.settings(settings), declared.sample
        scenario = next((one for one in own.scenarios if one.name == own.scenario), MEASURED)
        now = Assumptions(scenario=scenario, requests={}, price=book.price, production=own.production)
        served, meter = now.served(declared.name, [sample]), now.meter(declared.name, [sample])
        request = request_of([sample], served)
        assert request is not None  # its one sample has weight
        terms = [term for _, term in per_request(request, meter)]
        own = replace(own, discounts=_claimed(own.discounts, terms, book))
        # No advice: a call that is only declared has no prompt to say anything about.
        earlier = Earlier(assignment=Assignment(own.features), advice=())
        report = build_report(declared.run(*stamp), own, Against(), book, earlier)
        month = report.scenarios[own.scenario]
        requests = declared.traffic.monthly(own.days_per_month) * Fraction(scenario.traffic)
        business = _business(declared, requests, scenario)
        return Estimate(
            report=report,
            settings=own,
            served=served,
            each=unit_costs(month.inference_usd, business),
            whole=unit_costs(month.monthly_usd, business),
            volume=volume(request, meter, requests),
            request=volume(request, meter, Fraction(1)),
            growth_percent=growth_percent,
            months=_months(month, growth_percent),
            too_short=minimum(declared.product) if served.cache_hit_rate and _is_idle(terms, scenario) else None,
            unpriced=dict(_unpriced(terms, book)),
        )


def _is_idle(terms: Iterable[Term], scenario: Scenario) -> bool:
    """Tell whether no call reads anything from a prefix cache, though the scenario has one."""
    return scenario.caching and not any(term.usage.cache_read_tokens for term in terms)


def _claimed(discounts: Mapping[str, Discount], terms: Iterable[Term], book: Book) -> dict[str, Discount]:
    """Return the discounts on what is bought: commitments to other models are no part of this month."""
    keys = {key for term in terms for key in book.claims(term.product)}
    return {key: one for key, one in discounts.items() if key in keys}


def _business(declared: Declared, requests: Fraction, scenario: Scenario) -> Business:
    users, turns = declared.traffic.monthly_users, declared.production.turns_per_session
    has_sessions = turns > 1 or users is not None
    return Business(
        requests=requests,
        turns_per_session=turns if has_sessions else None,
        users=None if users is None else CONTEXT.multiply(users, scenario.traffic),
    )


def _months(month: Month, growth_percent: Decimal | None) -> tuple[Decimal, ...]:
    """Return the months to come: what is fixed does not grow."""
    fixed = total(month.fixed_usd.values()) or ZERO
    if growth_percent is None or month.monthly_usd is None:
        return ()
    return forecast(CONTEXT.subtract(month.monthly_usd, fixed), growth_percent=growth_percent, flat_usd=fixed)


def _unpriced(terms: Iterable[Term], book: Book) -> Iterator[tuple[str, str]]:
    for term in terms:
        found = book.price(term.product, term.usage)
        if found.usd is None:
            tier = f" ({term.product.service_tier})" if term.product.service_tier else ""
            yield f"{term.product.model}{tier}", found.note
