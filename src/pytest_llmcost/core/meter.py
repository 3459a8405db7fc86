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
from pytest_llmcost.core.usage import Usage, resized

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.production import Production, SideCall
    from pytest_llmcost.core.scenario import Scenario

CHAT = "chat"
"""The operation of the calls that send a history."""
ANY_HOST = "unknown"
"""The provider of a model of which only the name is declared: the price book knows whose it is."""
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
    3. prefix cache: hits read the cacheable prefix, all others pay its write, where the provider has a price for it;
    4. batch;
    5. routing: shares of the requests go to other models;
    6. fallback: a share of the requests is asked once more, of another model;
    7. response cache: a share of the requests makes no call at all.
    """

    __slots__ = ("_is_plain", "_price", "_production", "_scenario", "requests")

    def __init__(self, price: Price, scenario: Scenario = MEASURED, production: Production = PLAIN) -> None:
        self._price = price
        self._production = production
        self._scenario = scenario
        if production.is_conversation and scenario.context_growth:
            self._scenario = replace(scenario, context_growth=ZERO)
        self._is_plain = production == PLAIN and self._scenario.caching and not self._scenario.context_growth
        self.requests = Fraction(production.requests)

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
        grows = served.grows and product.operation == CHAT
        for turn in turns(served, self._per_turn(usage)) if grows else [Turn(served.samples, 0, True, 0)]:
            for share, used in self._cached(product, usage, turn):
                times = CONTEXT.multiply(CONTEXT.multiply(turn.times, share), self._missed)
                yield from (Term(*one) for one in self._asked(times, product, used) if one[0])
            if turn.dropped and served.summary is not None:
                made = Usage(input_tokens=turn.dropped, output_tokens=_whole(served.summary.tokens))
                times = CONTEXT.multiply(turn.times, self._missed)
                yield Term(times, Product(ANY_HOST, served.summary.model), made)

    @property
    def _missed(self) -> Decimal:
        rate = self._production.response_cache_hit_rate
        return CONTEXT.subtract(_ONE, rate) if rate and self._scenario.caching else _ONE

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

    def _cached(self, product: Product, usage: Usage, turn: Turn) -> Iterator[tuple[Decimal, Usage]]:
        """Yield the shares of the calls that read the prefix and that do not, each with its usage."""
        longer = resized(usage, usage.input_tokens + turn.history) if turn.history else usage
        rate = self._production.cache_hit_rate
        prefix = (usage.cache_read_tokens or 0) + (turn.history if turn.steady else 0)
        if rate is None or not self._scenario.caching:
            yield _ONE, under(longer, self._scenario)
            return
        if prefix < minimum(product):
            prefix, rate = 0, ZERO
        if rate:
            yield rate, under(replace(longer, cache_read_tokens=prefix), self._scenario)
        if rate < 1:
            written = prefix if is_marked(product) or usage.cache_write_tokens is not None else None
            missed = replace(longer, cache_read_tokens=0, cache_write_tokens=written)
            yield CONTEXT.subtract(_ONE, rate), under(missed, self._scenario)

    def _asked(self, times: Decimal, product: Product, usage: Usage) -> Iterator[tuple[Decimal, Product, Usage]]:
        served, rest = self._production, times
        for model, share in served.routes:
            routed = CONTEXT.multiply(times, share)
            rest = CONTEXT.subtract(rest, routed)
            yield routed, self._tiered(self._other(product, model, usage)), usage
        yield rest, self._tiered(product), usage
        if served.fallback is not None:
            model, share = served.fallback
            yield CONTEXT.multiply(times, share), self._tiered(self._other(product, model, usage)), usage

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


def _whole(tokens: Decimal) -> int:
    return int(tokens.to_integral_value(ROUND_HALF_EVEN))
