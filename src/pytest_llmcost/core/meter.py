"""Meter: what a call of a sample costs in production: who buys how much of what, how often, in a stated order."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.conversation import Turn, turns
from pytest_llmcost.core.levers import in_batch
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.core.prefix import is_marked, minimum
from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.scenario import MEASURED, under
from pytest_llmcost.core.usage import Usage, cached, resized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.production import Production, SideCall
    from pytest_llmcost.core.scenario import Scenario

CHAT = "chat"
"""The operation of the calls that send a history."""
ANY_HOST = ""
"""The provider of a model of which only the name is declared. A host that nobody knows is not that."""
_ONE = Decimal(1)


class Term(NamedTuple):
    """An amount of equal calls: how many, per `Meter.requests`."""

    times: Decimal
    product: Product
    usage: Usage


class Meter:
    """Prices the calls of a feature's samples, under a scenario, as production makes them.

    A call of a sample stands for `requests` requests: those of one session, or of one session of every kind. The order:

    1. conversation: each later turn sends the history too;
    2. context growth of the scenario, where no history is modelled;
    3. prefix cache: hits read what the turn before has left in it, all others nothing; what is not in it yet is
       written, where the provider has a price for that;
    4. batch;
    5. routing: shares of the requests go to other models;
    6. fallback: a share of the requests is asked once more, of another model;
    7. response cache: a share of the requests makes no call at all.
    """

    __slots__ = ("_grows", "_is_plain", "_missed", "_once", "_price", "_production", "_scenario", "requests")

    def __init__(self, price: Price, scenario: Scenario = MEASURED, production: Production = PLAIN) -> None:
        self._price = price
        self._production = production
        self._scenario = scenario
        if production.is_conversation and scenario.context_growth:
            self._scenario = replace(scenario, context_growth=ZERO)
        self._is_plain = production == PLAIN and self._scenario.caching and not self._scenario.context_growth
        self.requests = Fraction(production.requests)
        # What no call changes is found out once: there may be many.
        self._grows = production.grows
        self._once = Turn(production.samples, 0, True, 0)
        rate = production.response_cache_hit_rate
        self._missed = CONTEXT.subtract(_ONE, rate) if rate and scenario.caching else _ONE

    def __call__(self, product: Product, usage: Usage) -> Decimal | None:
        """Return US dollars over `requests` requests, for one call of a sample; None without a price."""
        if self._is_plain:
            return self._price(product, usage).usd
        whole = ZERO
        for times, bought, used in self.terms(product, usage):
            usd = self._price(bought, used).usd
            if usd is None:
                return None
            whole = CONTEXT.fma(times, usd, whole)
        return whole

    def per_request(self, usd: Fraction) -> Fraction | None:
        """Return US dollars per request from what its calls cost over `requests` of them; None without a price."""
        beside = self.beside_usd
        return None if beside is None else usd / (self.requests or 1) + Fraction(beside)

    @property
    def beside_usd(self) -> Decimal | None:
        """US dollars per request beside its calls: looking into the response cache, and choosing a route."""
        whole = ZERO
        for times, product, usage in self.beside():
            usd = self._price(product, usage).usd
            if usd is None:
                return None
            whole = CONTEXT.fma(times, usd, whole)
        return whole

    def beside(self) -> Iterator[Term]:
        """Yield the calls that one request makes beside those of its sample."""
        served = self._production
        for side, share in ((served.response_cache_lookup, self._looked_up), (served.router, self._missed)):
            if side is not None and share:
                yield Term(share, *self._bought(side))

    def terms(self, product: Product, usage: Usage) -> Iterator[Term]:
        """Yield what one call of a sample becomes; never with a share of nothing."""
        served = self._production
        asked = [(share, bought) for share, bought in self._asked(product, usage) if share]
        added = self._per_turn(usage) if self._grows and product.operation == CHAT else None
        for turn in [self._once] if added is None else turns(served, added):
            often = CONTEXT.multiply(turn.times, self._missed)
            for share, bought in asked if often else ():
                times, sold = CONTEXT.multiply(often, share), self._tiered(bought)
                for part, used in self._cached(bought, usage, turn, added):
                    yield Term(CONTEXT.multiply(times, part), sold, used)
            if often and turn.dropped and served.summary is not None:
                made = Usage(input_tokens=turn.dropped, output_tokens=_whole(served.summary.tokens))
                yield Term(often, self._other(product, served.summary.model, made), made)

    @property
    def _looked_up(self) -> Decimal:
        return _ONE if self._scenario.caching else ZERO

    def _per_turn(self, usage: Usage) -> Decimal:
        """Return what a turn adds to the history: as declared, as fitted, or the user's text and the answer seen."""
        served = self._production
        if served.tokens_per_turn is not None:
            return served.tokens_per_turn
        if served.fit is not None:
            return served.fit.mean
        return CONTEXT.add(served.user_tokens, Decimal(usage.output_tokens - (usage.reasoning_tokens or 0)))

    def _cached(
        self, product: Product, usage: Usage, turn: Turn, added: Decimal | None
    ) -> Iterator[tuple[Decimal, Usage]]:
        """Yield the shares of the calls that read the prefix and that do not, each with its usage."""
        tokens, rate = usage.input_tokens + turn.history, self._production.cache_hit_rate
        if rate is None or not self._scenario.caching:
            yield _ONE, under(resized(usage, tokens) if turn.history else usage, self._scenario)
            return
        read, kept = (min(part, tokens) for part in _prefix(product, usage, turn, added))
        is_written = is_marked(product) or usage.cache_write_tokens is not None
        if read and rate:
            yield rate, under(cached(usage, tokens, read, kept - read if is_written else None), self._scenario)
        if not read or rate < 1:
            missed = cached(usage, tokens, 0, kept if is_written else None)
            yield CONTEXT.subtract(_ONE, rate) if read else _ONE, under(missed, self._scenario)

    def _asked(self, product: Product, usage: Usage) -> Iterator[tuple[Decimal, Product]]:
        """Yield who is asked, and by which share of the requests that are not answered before."""
        served, rest = self._production, _ONE
        for model, share in served.routes:
            rest = CONTEXT.subtract(rest, share)
            yield share, self._other(product, model, usage)
        yield rest, product
        if served.fallback is not None:
            model, share = served.fallback
            yield share, self._other(product, model, usage)

    def _tiered(self, product: Product) -> Product:
        return in_batch(product) if self._production.batch else product

    def _other(self, product: Product, model: str, usage: Usage) -> Product:
        """Return another model of the same host, or of its own where the host does not sell it.

        What is no chat, such as the embedding of a search, goes where it went.
        """
        if product.operation != CHAT:
            return product
        same = replace(product, model=model)
        return same if self._price(same, usage).usd is not None else replace(product, provider=ANY_HOST, model=model)

    def _bought(self, side: SideCall) -> tuple[Product, Usage]:
        given = self._production.user_tokens if side.input_tokens is None else side.input_tokens
        operation = "chat" if side.output_tokens else "embeddings"
        used = Usage(input_tokens=_whole(given), output_tokens=_whole(side.output_tokens))
        return Product(ANY_HOST, side.model, operation), used


def _prefix(product: Product, usage: Usage, turn: Turn, added: Decimal | None) -> tuple[int, int]:
    """Return the tokens that the cache holds from the turn before, and those that this one leaves in it.

    A turn leaves all that the next one begins with: its history and what the user has written. The answer was not part
    of any prompt yet, so the next turn pays for it once more. No provider keeps less than its minimum.
    """
    read = kept = usage.cache_read_tokens or 0
    if added is not None and turn.steady:
        answer = min(usage.output_tokens - (usage.reasoning_tokens or 0), _whole(added))
        read += max(turn.history - answer, 0)
        kept += turn.history + _whole(added) - answer
    least = minimum(product)
    return (read if read >= least else 0), (kept if kept >= least else 0)


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_HALF_EVEN))
