"""Quoting: the rates of a model as people read them, and the names that are nearest to one that nobody knows."""

from __future__ import annotations

from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.quote import STANDARD, Quote, Rate, TierQuote
from pytest_llmcost.pricing.names import canonical, split
from pytest_llmcost.pricing.tariff import Bracket, Tariff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.pricing.book import PriceBook

_TIERS = (None, "batch", "flex", "priority", "fast")
_TOKENS = "million tokens"
_MILLION = 6
_UNKNOWN = "unknown"
_EACH = {
    "web_searches": ("web search", "search"),
    "rerank_searches": ("rerank", "search"),
    "document_pages": ("document", "page"),
    "audio_seconds": ("audio", "second"),
    "input_characters": ("text to speak", "character"),
    "image_count": ("image", "image"),
}
"""Count in Usage -> what is sold, and by what."""
_PARTS = {
    "cache_read": ("cache read", ("input",)),
    "cache_write": ("cache write, 5 minutes", ("input",)),
    "cache_write_1h": ("cache write, 1 hour", ("input", "cache_write")),
    "input_audio": ("input, audio", ("input",)),
    "output_audio": ("output, audio", ("output",)),
    "reasoning": ("output, reasoning", ("output",)),
}
"""Part of a bracket -> what it is, and the parts that it comes on top of."""


def quote(book: PriceBook, name: str, provider: str | None = None) -> Quote | None:
    """Return what a model costs, by the name that a user, an SDK or a gateway has for it; None for no price."""
    owner, model = (provider, name) if provider else split(name)
    host = canonical(owner) if owner else _UNKNOWN
    found = [(tier, book.find(Product(host, model, service_tier=tier))) for tier in _TIERS]
    sold = [(tier, one) for tier, one in found if isinstance(one, Tariff) and (tier is None or _is_own(tier, one))]
    if not sold:
        return None
    tiers: list[TierQuote] = []
    for quoted in (_quoted(tier, one) for tier, one in sold):
        # Your own price is that of every tier, and `fast` is another word for priority in some lists.
        known = [one.rates for one in tiers if one.tier == STANDARD or quoted.tier == "fast"]
        if quoted.rates not in known:
            tiers.append(quoted)
    return Quote(asked=name, name=sold[0][1].name, prices=book.prices, tiers=tuple(tiers))


def why_not(book: PriceBook, name: str, provider: str | None = None) -> str:
    """Return what the note of an unpriced call would say."""
    owner, model = (provider, name) if provider else split(name)
    found = book.find(Product(canonical(owner) if owner else _UNKNOWN, model))
    return found.note if isinstance(found, Cost) else ""


def nearest(book: PriceBook, name: str, at_most: int = 5) -> list[str]:
    """Return the names that look most like this one, the likest first."""
    known = {full.lower(): full for full in book.names()}
    found = get_close_matches(name.lower(), known, at_most, cutoff=0.5)
    if len(found) < at_most:
        bare = {full.rpartition("/")[2]: full for full in known}
        last = name.lower().rpartition("/")[2]
        found += [bare[one] for one in get_close_matches(last, bare, at_most, cutoff=0.5) if bare[one] not in found]
    return [known[one] for one in found[:at_most]]


def _is_own(tier: str, found: Tariff) -> bool:
    return not any(doubt.startswith(f"no {tier} price") for doubt in found.doubts)


def _quoted(tier: str | None, found: Tariff) -> TierQuote:
    return TierQuote(
        tier=tier or STANDARD, note=found.note, doubts=found.doubts, rates=tuple(dict.fromkeys(_rates(found)))
    )


def _rates(found: Tariff) -> Iterator[Rate]:
    for above, whole in zip((0, *found.starts), found.brackets, strict=True):
        bracket = Bracket(*map(Decimal, whole))
        parts = bracket._asdict()
        by_the_piece = found.units and not bracket.input and not bracket.output
        for part in () if by_the_piece else ("input", "output"):
            if part not in found.unpriced:
                yield Rate(part, above, _TOKENS, _usd(parts[part], found.scale - _MILLION))
        for part, (what, beside) in _PARTS.items():
            if parts[part] and beside[0] not in found.unpriced:
                whole_rate = sum((parts[name] for name in beside), parts[part])
                yield Rate(what, above, _TOKENS, _usd(whole_rate, found.scale - _MILLION))
        if bracket.request:
            yield Rate("call", above, "call", _usd(bracket.request, found.scale))
    for unit, rate in found.units.items():
        what, per = _EACH[unit]
        yield Rate(what, 0, per, _usd(Decimal(rate), found.scale))


def _usd(amount: Decimal, scale: int) -> Decimal:
    return plain(CONTEXT.scaleb(amount, -scale))
