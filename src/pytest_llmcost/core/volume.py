"""Volume: how much a month buys: calls, and tokens by kind, of all models together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import dollars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.meter import Meter, Term
    from pytest_llmcost.core.sample import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Calls and tokens of a month; `input_tokens` includes those that are read from a cache or written to one."""

    calls: Decimal
    input_tokens: Decimal
    cache_read_tokens: Decimal
    cache_write_tokens: Decimal
    output_tokens: Decimal


def volume(request: Request, meter: Meter, requests: Fraction) -> Volume:
    """Return what so many requests buy, what a router or a response cache asks beside them included; exact.

    Args:
        request: what one request is made of, as production serves it.
        meter: what makes the calls of production of it.
        requests: per month.
    """
    whole = [Fraction(0)] * 5
    for often, term in per_request(request, meter):
        used = term.usage
        read, written = used.cache_read_tokens or 0, used.cache_write_tokens or 0
        for place, amount in enumerate((1, used.input_tokens, read, written, used.output_tokens)):
            whole[place] += often * amount
    calls, given, read_tokens, written_tokens, made = (dollars(amount * requests) for amount in whole)
    return Volume(
        calls=calls,
        input_tokens=given,
        cache_read_tokens=read_tokens,
        cache_write_tokens=written_tokens,
        output_tokens=made,
    )


def per_request(request: Request, meter: Meter) -> Iterator[tuple[Fraction, Term]]:
    """Yield every kind of call that a request becomes, and how often it is made per request."""
    for product, usage, share in request.parts:
        for term in meter.terms(product, usage):
            yield share * Fraction(term.times) / (meter.requests or 1), term
    for term in meter.beside():
        yield Fraction(term.times), term
