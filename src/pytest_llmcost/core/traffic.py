"""Traffic: how many requests a feature gets in a month, as declared."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.production import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Declared traffic, in exactly one of three forms: per month, per day, or per user."""

    requests_per_month: Decimal | None = None
    requests_per_day: Decimal | None = None
    monthly_users: Decimal | None = None
    sessions_per_user: Decimal | None = None
    """Per month."""
    turns_per_session: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    """Kinds of users, whose sessions these are; then the two before are not set."""

    def monthly(self, days_per_month: Decimal) -> Fraction:
        """Requests per month: the declared figure, requests_per_day x days, or users x sessions x turns.

        With tiers, that is users x the sum of share x sessions x turns.
        """
        if self.requests_per_month is not None:
            return Fraction(self.requests_per_month)
        if self.requests_per_day is not None:
            return Fraction(self.requests_per_day) * Fraction(days_per_month)
        if self.monthly_users is not None and self.tiers:
            each = (Fraction(tier.sessions) * Fraction(tier.turns_per_session) for tier in self.tiers)
            return Fraction(self.monthly_users) * sum(each, Fraction(0))
        if self.monthly_users is None or self.sessions_per_user is None:
            return Fraction(0)
        turns = Fraction(self.turns_per_session) if self.turns_per_session is not None else Fraction(1)
        return Fraction(self.monthly_users) * Fraction(self.sessions_per_user) * turns
