"""Discounts: which of the declared ones a product is sold at, and its tariff after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.assignment import claim
from pytest_llmcost.core.discount import in_force, strongest
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.pricing.names import HOSTS, candidates, canonical, mapped, split
from pytest_llmcost.pricing.tariff import Bracket, Tariff, tariff
from pytest_llmcost.pricing.tiers import is_batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.discount import Discount, Kept, Strength

_SEARCHES = "web_searches"


class Discounts:
    """The discounts that hold on one day. List prices alone are lowered: no other price is a list's."""

    def __init__(self, declared: Mapping[str, Discount], day: date, models: Mapping[str, str]) -> None:
        self._own = in_force(declared, day.isoformat())
        self._models = models
        self._patterns = {key: _pattern(key) for key in self._own}

    def claims(self, product: Product) -> dict[str, Strength]:
        """Return the keys that cover a product, each with the strength of its claim."""
        if not self._own:
            return {}
        names = list(self._sold(product))
        found: dict[str, Strength] = {}
        for key, pattern in self._patterns.items():
            strengths = [one for name in names if (one := _strength(pattern, *name)) is not None]
            if strengths:
                found[key] = max(strengths)
        return found

    def applied(self, product: Product, listed: Tariff | None) -> Tariff | None:
        """Return a tariff after the discount that the product is sold at; as it is where there is none.

        Several with equal claim are a finding of the run, and none applies: the note says it as well, which is all that
        whoever asks for a price is told.
        """
        keys = strongest(self.claims(product))
        if len(keys) > 1 and listed is not None:
            return replace(listed, note=f"{listed.note}; no discount, of equal claim: {', '.join(keys)}")
        if len(keys) != 1:
            return listed
        key, discount = keys[0], self._own[keys[0]]
        if discount.committed_usd_per_month is not None:
            return _covered(product.model, listed, f"{discount.terms}: {key}")
        if listed is None or (is_batch(product.service_tier) and not discount.batch):
            return listed
        return _lowered(listed, discount)

    def _sold(self, product: Product) -> Iterator[tuple[str, str]]:
        """Yield who sends the bill, and the names of the model there, the user's own for it included."""
        name = mapped(product, self._models)
        host, model = (None, product.model) if name is None else split(name)
        seller = host or canonical(product.provider)
        names = [product.model, model]
        names += [one.model for one in candidates(product, self._models) if one.provider == seller]
        yield from ((seller, one.lower()) for one in dict.fromkeys(names))


def _pattern(key: str) -> str:
    """Return a key in lower case, with our word for the provider before the model."""
    host, model = split(key)
    return f"{host}/{model}".lower() if host else canonical(key)


def _strength(pattern: str, seller: str, model: str) -> Strength | None:
    if pattern == seller:
        return False, len(pattern)
    whole = claim(pattern, f"{seller}/{model}")
    # Routers have models that are called `openai/gpt-4o`, and send a bill of their own.
    bare = None if pattern in HOSTS or split(pattern)[0] else claim(pattern, model)
    literal = max((one for one in (whole, bare) if one is not None), default=None)
    return None if literal is None else (True, literal)


def _lowered(listed: Tariff, discount: Discount) -> Tariff:
    kept = discount.kept
    brackets = [Bracket(*map(listed.usd, one)) for one in listed.brackets]
    units = {unit: _times(listed.usd(rate), kept.rest) for unit, rate in listed.units.items()}
    lower = tariff(listed.name, f"{listed.note}; {discount.terms}", [_less(one, kept) for one in brackets], units=units)
    return replace(
        listed, note=lower.note, brackets=lower.brackets, scale=lower.scale, units=lower.units, listed=listed
    )


def _covered(model: str, listed: Tariff | None, note: str) -> Tariff:
    """Return the tariff of what a capacity paid by the month covers; searches in the web are billed beside it."""
    if listed is None:
        return tariff(model, note, [Bracket()])
    units = {unit: listed.usd(rate) if unit == _SEARCHES else ZERO for unit, rate in listed.units.items()}
    nothing = [Bracket()] * len(listed.brackets)
    return tariff(listed.name, note, nothing, listed.starts, units=units, least=listed.least, listed=listed)


def _less(rates: Bracket, kept: Kept) -> Bracket:
    """Lower every rate. One that comes on top of others is what is left of the sum, less what is left of those."""
    given, read = rates.input, CONTEXT.add(rates.input, rates.cache_read)
    write = CONTEXT.add(given, rates.cache_write)
    left_read = _difference(_times(read, kept.cache_read), _times(given, kept.input))
    audio = _times(rates.input_audio, kept.input)
    heard = CONTEXT.add(CONTEXT.add(read, rates.input_audio), rates.cached_audio)
    left_heard = _difference(_times(heard, kept.cache_read), _times(given, kept.input))
    others = {part: _times(rate, kept.rest) for part, rate in rates._asdict().items()}
    return Bracket(**others)._replace(
        input=_times(given, kept.input),
        output=_times(rates.output, kept.output),
        cache_read=left_read,
        cache_write=_difference(_times(write, kept.cache_write), _times(given, kept.input)),
        cache_write_1h=_times(rates.cache_write_1h, kept.cache_write),
        input_audio=audio,
        output_audio=_times(rates.output_audio, kept.output),
        cached_audio=_difference(left_heard, CONTEXT.add(left_read, audio)),
        reasoning=_times(rates.reasoning, kept.output),
    )


def _times(rate: Decimal, share: Decimal) -> Decimal:
    return CONTEXT.multiply(rate, share)


def _difference(one: Decimal, other: Decimal) -> Decimal:
    return CONTEXT.subtract(one, other)
