"""Explanation: a feature's month unfolded into amounts, rates and dollars, so that a reader can redo it by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import CONTEXT, ZERO, dollars, plain, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from pytest_llmcost.core.call import Price, Product
    from pytest_llmcost.core.meter import Meter, Term
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.usage import Usage

    _Key = tuple[Product, str, Decimal | None]
    """What is bought: of whom, which kind of tokens, and US dollars a token."""

KINDS = INPUT, READ, WRITE, HOUR, OUTPUT, REST = (
    "input",
    "cache read",
    "cache write",
    "cache write for an hour",
    "output",
    "everything else",
)
"""What is bought; the rest is what no single rate shows: audio, searches, images, fees of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """An amount that is bought at one rate.

    Attributes:
        model: `provider/model`, with its service tier where it has one; the model alone where only that is declared.
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


def title(product: Product) -> str:
    """Return `provider/model` with its service tier where it has one; the model alone where only its name is known."""
    return product.name + (f" ({product.service_tier})" if product.service_tier else "")


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
    amounts: defaultdict[_Key, list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 2)
    for often, terms in _calls(request, times, meter):
        sums = _sums(terms, price)
        if sums is None:
            return ()
        for key, (amount, usd) in sums.items():
            found = amounts[key]
            found[0] += often * Fraction(amount)
            found[1] += often * Fraction(usd)
    exact = sum((usd for _, usd in amounts.values()), Fraction(0))
    return _adding_up([_row(key, *sums) for key, sums in amounts.items()], exact)


def tokens(request: Request, times: Fraction, meter: Meter) -> Fraction:
    """Return the tokens of a month, input and output; arguments as of `bought`, prices do not matter."""
    whole = Fraction(0)
    for often, terms in _calls(request, times, meter):
        each = (Fraction(many) * (usage.input_tokens + usage.output_tokens) for many, _, usage in terms)
        whole += often * sum(each, Fraction(0))
    return whole


def _adding_up(rows: list[Bought], exact: Fraction) -> tuple[Bought, ...]:
    """Leave to the dearest row what rounding each has lost, so that they add up to the month."""
    if not rows:
        return ()
    off = CONTEXT.subtract(dollars(exact), total(row.usd for row in rows) or ZERO)
    at = max(range(len(rows)), key=lambda place: rows[place].usd)
    rows[at] = replace(rows[at], usd=plain(CONTEXT.add(rows[at].usd, off)))
    return tuple(rows)


def _calls(request: Request, times: Fraction, meter: Meter) -> Iterator[tuple[Fraction, Iterator[Term]]]:
    """Yield the calls of a month, those that are equally frequent together: few sums then take fractions."""
    for share, parts in request.by_share():
        each = (term for product, usage, _ in parts for term in meter.terms(product, usage))
        yield share * times / (meter.requests or 1), each
    yield times, meter.beside()


def _sums(terms: Iterable[Term], price: Price) -> dict[_Key, tuple[Decimal, Decimal]] | None:
    """Return amount and US dollars of some calls by what is bought; None while one has no price."""
    sums: dict[_Key, tuple[Decimal, Decimal]] = {}
    for times, product, usage in terms:
        parts = _parts(product, usage, price)
        if parts is None:
            return None
        for part in parts:
            key = product, part.kind, part.rate
            amount, usd = sums.get(key, (ZERO, ZERO))
            sums[key] = CONTEXT.fma(times, part.tokens, amount), CONTEXT.fma(times, part.usd, usd)
    return sums


def _row(key: _Key, amount: Fraction, usd: Fraction) -> Bought:
    product, kind, rate = key
    return Bought(
        model=title(product),
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
        if tokens <= 0 or dearer is None:
            continue
        rate = CONTEXT.subtract(dearer, whole)
        if rate < 0:  # one more token is in a cheaper bracket of the price list
            return [_Part(REST, 1, None, whole)]
        usd = CONTEXT.multiply(rate, tokens)
        found.append(_Part(kind, tokens, rate, usd))
        rest = CONTEXT.subtract(rest, usd)
    if rest < 0:  # it is in a dearer one
        return [_Part(REST, 1, None, whole)]
    return [*found, _Part(REST, 1, None, rest)] if rest else found


def _kinds(usage: Usage) -> Iterator[tuple[str, int, Usage]]:
    """Yield each kind of token that a call has, how many of it, and the usage with one more of them."""
    read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
    longer = replace(usage, input_tokens=usage.input_tokens + 1)
    yield INPUT, usage.input_tokens - read - write - (usage.input_audio_tokens or 0), longer
    yield READ, read, replace(longer, cache_read_tokens=read + 1)
    hour, writing = usage.cache_write_1h_tokens or 0, replace(longer, cache_write_tokens=write + 1)
    yield WRITE, write - hour, writing
    yield HOUR, hour, replace(writing, cache_write_1h_tokens=hour + 1)
    made = usage.output_tokens - (usage.output_audio_tokens or 0)
    yield OUTPUT, made, replace(usage, output_tokens=usage.output_tokens + 1)
