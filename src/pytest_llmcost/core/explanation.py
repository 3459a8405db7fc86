"""Explanation: a feature's month unfolded into amounts, rates and dollars, so that a reader can redo it by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import CONTEXT, dollars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.call import Price, Product
    from pytest_llmcost.core.meter import Meter
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.usage import Usage

KINDS = INPUT, READ, WRITE, OUTPUT, REST = "input", "cache read", "cache write", "output", "everything else"
"""What is bought; the rest is what no single rate shows: audio, searches, images, fees of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """An amount that is bought at one rate.

    Attributes:
        model: `provider/model`, or the name as declared, with its service tier where it has one.
        kind: what of it.
        amount: tokens a month; calls for `everything else`.
        usd_per_million: None for `everything else`, whose calls differ.
        usd: a month.
    """

    model: str
    kind: str
    amount: Decimal
    usd_per_million: Decimal | None
    usd: Decimal


class _Part(NamedTuple):
    kind: str
    tokens: int
    rate: Decimal | None
    """US dollars a token."""
    usd: Decimal


def bought(request: Request, times: Fraction, meter: Meter, price: Price) -> tuple[Bought, ...]:
    """Return what the calls of a month buy, in order of first appearance; empty while a call has no price.

    Args:
        request: what one sample is made of, as production serves it.
        times: how many requests a month has.
        meter: what makes the calls of a month of it.
        price: the book that the meter has.
    """
    amounts: defaultdict[tuple[Product, str, Decimal | None], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 2)
    for often, product, usage in _calls(request, times, meter):
        parts = _parts(product, usage, price)
        if parts is None:
            return ()
        for part in parts:
            found = amounts[product, part.kind, part.rate]
            found[0] += often * part.tokens
            found[1] += often * Fraction(part.usd)
    return tuple(_row(key, *sums) for key, sums in amounts.items())


def _calls(request: Request, times: Fraction, meter: Meter) -> Iterator[tuple[Fraction, Product, Usage]]:
    """Yield the calls of a month, and how often each is made."""
    for product, usage, share in request.parts:
        for term in meter.terms(product, usage):
            yield share * Fraction(term.times) * times / (meter.requests or 1), term.product, term.usage
    for term in meter.beside():
        yield Fraction(term.times) * times, term.product, term.usage


def _row(key: tuple[Product, str, Decimal | None], amount: Fraction, usd: Fraction) -> Bought:
    product, kind, rate = key
    tier = f" ({product.service_tier})" if product.service_tier else ""
    return Bought(
        model=f"{product.name}{tier}",
        kind=kind,
        amount=dollars(amount),
        usd_per_million=None if rate is None else CONTEXT.scaleb(rate, 6),
        usd=dollars(usd),
    )


def _parts(product: Product, usage: Usage, price: Price) -> list[_Part] | None:
    """Split the price of one call into tokens at a rate each, and what they do not explain."""
    whole = price(product, usage).usd
    if whole is None:
        return None
    found, rest = [], whole
    for kind, tokens, more in _kinds(usage):
        dearer = price(product, more).usd
        if not tokens or dearer is None:
            continue
        rate = CONTEXT.subtract(dearer, whole)
        usd = CONTEXT.multiply(rate, tokens)
        found.append(_Part(kind, tokens, rate, usd))
        rest = CONTEXT.subtract(rest, usd)
    if rest < 0:  # one more token is in another bracket of the price list
        return [_Part(REST, 1, None, whole)]
    return [*found, _Part(REST, 1, None, rest)] if rest else found


def _kinds(usage: Usage) -> Iterator[tuple[str, int, Usage]]:
    """Yield each kind of token that a call has, how many of it, and the usage with one more of them."""
    read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    longer = replace(usage, input_tokens=usage.input_tokens + 1)
    yield INPUT, usage.input_tokens - read - write - (usage.input_audio_tokens or 0), longer
    yield READ, read, replace(longer, cache_read_tokens=read + 1)
    yield WRITE, write - (usage.cache_write_1h_tokens or 0), replace(longer, cache_write_tokens=write + 1)
    made = usage.output_tokens - (usage.output_audio_tokens or 0)
    yield OUTPUT, made, replace(usage, output_tokens=usage.output_tokens + 1)
