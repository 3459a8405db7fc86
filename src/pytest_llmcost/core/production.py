"""Production: how users are served otherwise than the tests are: conversations, caches, routing, batch."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.fit import Fit

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCall:
    """A call that a lever itself makes for each request: a router's classifier, the embedding of a cache's key.

    Attributes:
        input_tokens: None takes what the user writes, as measured.
    """

    model: str
    input_tokens: Decimal | None = None
    output_tokens: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A summary in place of the turns that the history window drops, written anew each turn by a call to `model`."""

    model: str
    tokens: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One kind of users: their share of all, and their sessions per user and month."""

    name: str
    share: Decimal
    sessions_per_user: Decimal
    turns_per_session: Decimal = _ONE
    revenue_per_user: Decimal | None = None
    """US dollars per month."""

    @property
    def sessions(self) -> Decimal:
        """Sessions per month and user of the feature, of whatever tier."""
        return CONTEXT.multiply(self.share, self.sessions_per_user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """What production does to the calls of a feature. Every default leaves them as the tests made them.

    Attributes:
        is_session: one test stands for a whole session, not for one request.
        turns_per_session: requests per session.
        tiers: kinds of users, whose sessions differ in length; then `turns_per_session` is theirs.
        tokens_per_turn: what each turn adds to the history; None for what the user writes plus the answer.
        user_tokens: what a user writes in one turn, as measured; 0 where nobody knows.
        fit: what a turn adds as measured in tests of several turns; None where none is one.
        history_turns: how many turns the history keeps; None for all.
        history_tokens: how many tokens of the history are selected at most; None for all.
        summary: what stands in for the turns that `history_turns` drops.
        cache_hit_rate: share of requests that read the provider's prefix cache; None for as measured.
        response_cache_hit_rate: share of requests that the product's own cache answers.
        response_cache_lookup: what looking into that cache costs, paid by every request.
        batch: calls are bought at the batch rate.
        routes: models that other shares of the requests go to; the rest stays where it is.
        router: the call that chooses the route.
        fallback: the share of requests that are asked once more, and of which model.
    """

    is_session: bool = False
    turns_per_session: Decimal = _ONE
    tiers: tuple[Tier, ...] = ()
    tokens_per_turn: Decimal | None = None
    user_tokens: Decimal = ZERO
    fit: Fit | None = None
    history_turns: int | None = None
    history_tokens: int | None = None
    summary: Summary | None = None
    cache_hit_rate: Decimal | None = None
    response_cache_hit_rate: Decimal = ZERO
    response_cache_lookup: SideCall | None = None
    batch: bool = False
    routes: tuple[tuple[str, Decimal], ...] = ()
    router: SideCall | None = None
    fallback: tuple[str, Decimal] | None = None

    @property
    def sessions(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """How many sessions, relative to each other, have how many turns."""
        if self.tiers:
            return tuple((tier.sessions, tier.turns_per_session) for tier in self.tiers)
        return ((_ONE, self.turns_per_session),)

    @property
    def requests(self) -> Decimal:
        """Requests of these sessions together."""
        return _sum(CONTEXT.multiply(many, turns) for many, turns in self.sessions)

    @property
    def samples(self) -> Decimal:
        """How often these sessions do what one sample shows."""
        return _sum(many for many, _ in self.sessions) if self.is_session else self.requests

    @property
    def requests_per_sample(self) -> Fraction:
        """How many requests one sample stands for."""
        return Fraction(self.requests) / Fraction(self.samples) if self.samples else Fraction(1)

    @property
    def requests_per_session(self) -> Fraction:
        """Turns of the mean session; 1 where nobody comes."""
        sessions = _sum(many for many, _ in self.sessions)
        return Fraction(self.requests) / Fraction(sessions) if sessions else Fraction(1)

    @property
    def turn_tokens(self) -> Decimal:
        """What a turn adds beside the answers, or with them where tests of several turns show it."""
        return self.user_tokens if self.fit is None else self.fit.mean

    @property
    def has_turns(self) -> bool:
        """True when a session goes on: then a user waits for each answer."""
        return any(turns > 1 for _, turns in self.sessions)

    @property
    def grows(self) -> bool:
        """True when later turns carry a history that the tests do not show."""
        return not self.is_session and self.tokens_per_turn != 0 and self.has_turns

    @property
    def is_conversation(self) -> bool:
        """True when the history is modelled, or measured as whole sessions: then no growth stands in for it."""
        return self.is_session or self.grows


PLAIN = Production()
"""Production is what the tests saw, times traffic."""


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    whole = ZERO
    for amount in amounts:
        whole = CONTEXT.add(whole, amount)
    return whole
