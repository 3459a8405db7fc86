"""Economics: what a month comes to per request, session, user and conversion, and as a share of revenue."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import dollars

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What a month is shared out among, as declared; None for what is not.

    Attributes:
        requests: per month.
        turns_per_session: requests of one session, on average.
        users: who use it in a month.
        conversion_rate: share of sessions that convert, from 0 to 1.
        revenue_usd: US dollars per month.
    """

    requests: Fraction | None = None
    turns_per_session: Fraction | Decimal | None = None
    users: Decimal | None = None
    conversion_rate: Decimal | None = None
    revenue_usd: Decimal | None = None

    @property
    def sessions(self) -> Fraction | None:
        """Sessions per month: requests / turns per session; None where one of the two is not declared."""
        return _ratio(self.requests, self.turns_per_session)

    @property
    def conversions(self) -> Fraction | None:
        """Conversions per month: sessions x the share of them that convert."""
        if self.sessions is None or self.conversion_rate is None:
            return None
        return self.sessions * Fraction(self.conversion_rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """US dollars of one month per unit of it; None where the unit is not declared, or there is none of it in the month.

    Attributes:
        per_request, per_session, per_user, per_conversion: in US dollars.
        share_of_revenue: cost / revenue of the same month; 1 for all of it.
    """

    per_request: Decimal | None
    per_session: Decimal | None
    per_user: Decimal | None
    per_conversion: Decimal | None
    share_of_revenue: Decimal | None


def unit_costs(monthly_usd: Decimal | None, business: Business) -> UnitCosts:
    """Return what US dollars of a month are per unit, to 12 places; all None while the month is unknown."""
    return UnitCosts(
        per_request=_rounded(_ratio(monthly_usd, business.requests)),
        per_session=_rounded(_ratio(monthly_usd, business.sessions)),
        per_user=_rounded(_ratio(monthly_usd, business.users)),
        per_conversion=_rounded(_ratio(monthly_usd, business.conversions)),
        share_of_revenue=_rounded(_ratio(monthly_usd, business.revenue_usd)),
    )


def at_users(monthly_usd: Decimal | None, *, users: Decimal | None, other: Decimal) -> Decimal | None:
    """Return US dollars of a month with `other` users at the cost per user of one with `users`; exact before rounding.

    None while the month is unknown, and where no users are declared.
    """
    each = _ratio(monthly_usd, users)
    return None if each is None else dollars(each * Fraction(other))


def _ratio(amount: Fraction | Decimal | None, of: Fraction | Decimal | None) -> Fraction | None:
    """Return an amount per one of something; None where one of the two is unknown, or there is nothing of it."""
    return Fraction(amount) / Fraction(of) if amount is not None and of else None


def _rounded(amount: Fraction | None) -> Decimal | None:
    return None if amount is None else dollars(amount)
