"""Tiers: what each kind of users of a feature costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.economics import Business, UnitCosts, unit_costs
from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.projection import month

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import Feature


@dataclass(frozen=True, slots=True, kw_only=True)
class TierReport:
    """One kind of users, under the headline scenario: US dollars a month, None while a call has no price, and per unit.

    The months of all tiers add up to that of the feature, to its last rounded digits.
    """

    name: str
    monthly_usd: Decimal | None
    units: UnitCosts


def tiers(feature: Feature, samples: Sequence[Sample], now: Assumptions) -> Iterator[TierReport]:
    """Yield what each tier of a feature costs; nothing where none is declared."""
    users = feature.traffic.monthly_users if feature.traffic is not None else None
    if users is None:
        return
    for tier in feature.production.tiers:
        people = CONTEXT.multiply(CONTEXT.multiply(users, tier.share), now.scenario.traffic)
        requests = Fraction(people) * Fraction(tier.sessions_per_user) * Fraction(tier.turns_per_session)
        served = replace(feature.production, tiers=(), turns_per_session=tier.turns_per_session)
        alone = replace(now, production={**now.production, feature.name: served})
        each = alone.cost_per_request(feature.name, samples)
        usd = month(each, requests, replace(now.scenario, traffic=CONTEXT.create_decimal(1)))
        revenue = None if tier.revenue_per_user is None else CONTEXT.multiply(tier.revenue_per_user, people)
        business = Business(
            requests=requests,
            turns_per_session=tier.turns_per_session,
            users=people,
            conversion_rate=feature.conversion_rate,
            revenue_usd=revenue,
        )
        yield TierReport(name=tier.name, monthly_usd=usd, units=unit_costs(usd, business))
