"""Quoting: the rates of a model as people read them, and the names that are nearest to one that nobody knows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.quote import STANDARD, Quote, Rate, TierQuote
from pytest_llmcost.core.service_tiers import BATCH, REGIONAL
from pytest_llmcost.pricing.names import canonical
from pytest_llmcost.pricing.tariff import Bracket, Tariff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.pricing.book import PriceBook

_TIERS = (None, BATCH, "flex", "priority", "fast", REGIONAL)
_TOKENS = "million tokens"
_MILLION = 6
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
    product = Product(canonical(provider or ""), name)
    found = [(tier, book.find(replace(product, service_tier=tier))) for tier in _TIERS]
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
    found = book.find(Product(canonical(provider or ""), name))
    return found.note if isinstance(found, Cost) else ""


def nearest(book: PriceBook, name: str, at_most: int = 5) -> list[str]:
    """Return the names that look most like this one, the likest first."""
    known = {full.lower(): full for full in book.names()}
    known.pop(name.lower(), None)  # a name of the user's own may lead to nothing
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
    """Yield every rate; where a discount is off it, what the list says beside it."""
    listed = found.listed or found
    for above, whole, before in zip((0, *found.starts), found.brackets, listed.brackets, strict=True):
        now, then = _parts(whole, found), _parts(before, listed)
        by_the_piece = listed.units and not then["input"] and not then["output"]
        for part in () if by_the_piece else ("input", "output"):
            if part not in listed.unpriced:
                yield _rate((part, above, _TOKENS), now[part], then[part])
        for part, (what, beside) in _PARTS.items():
            if (now[part] or then[part]) and beside[0] not in listed.unpriced:
                parts = (*beside, part)
                yield _rate((what, above, _TOKENS), _sum(now[one] for one in parts), _sum(then[one] for one in parts))
        if then["request"]:
            yield _rate(("call", above, "call"), now["request"], then["request"], 0)
    for unit, rate in found.units.items():
        what, per = _EACH[unit]
        yield _rate((what, 0, per), found.usd(rate), listed.usd(listed.units[unit]), 0)


def _rate(kind: tuple[str, int, str], now: Decimal, then: Decimal, power: int = _MILLION) -> Rate:
    usd, before = (plain(CONTEXT.scaleb(one, power)) for one in (now, then))
    return Rate(*kind, usd, None if usd == before else before)


def _parts(bracket: tuple[int, ...], of: Tariff) -> dict[str, Decimal]:
    return Bracket(*map(of.usd, bracket))._asdict()


def _sum(rates: Iterable[Decimal]) -> Decimal:
    return sum(rates, Decimal(0))
