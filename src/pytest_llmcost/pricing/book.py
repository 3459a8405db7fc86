"""PriceBook: what a call costs, by the user's own prices, then by price lists; never 0 by ignorance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.service_tiers import BATCH, anywhere
from pytest_llmcost.core.usage import UNITS
from pytest_llmcost.pricing import fallback
from pytest_llmcost.pricing.discounts import Discounts
from pytest_llmcost.pricing.library import Library, dated
from pytest_llmcost.pricing.names import HOSTS, Candidate, candidates, canonical, free, mapped, split
from pytest_llmcost.pricing.regional import regional
from pytest_llmcost.pricing.tariff import Bracket, Tariff, declared, fix, tariff
from pytest_llmcost.pricing.tiers import is_batch, word

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.discount import Discount, Strength
    from pytest_llmcost.core.settings import Rates
    from pytest_llmcost.core.usage import Usage

_UNKNOWN = "unknown"
"""The host of a name whose maker no list tells."""
_KEPT = 4_096
"""Products remembered at most, so that generated model names cannot fill the memory."""

_BY_THE_PIECE = frozenset({"audio", "cache", "image", "ocr", "rerank"})
"""Operations that are also sold by the minute, hour, character, image, page or search: no tokens is not no cost."""
_MADE = _BY_THE_PIECE - {"rerank"}
"""Those whose output costs most, or is what they cost: input tokens alone are no price."""
_UNBILLED = {"count": "free: counting tokens", "moderation": "free: moderation"}
"""Operations that no provider bills, and the note; one that states tokens all the same is priced by them."""
_PIECES = attrgetter(*UNITS)

_SEARCHING = frozenset({"anthropic", "openai", "perplexity", "x-ai"})
_EXA = Decimal("0.007")
"""Whose models search by themselves behind OpenRouter, and USD a search of Exa, which does it for all others.

Sources: openrouter.ai/docs/web-search and exa.ai/docs/reference/pricing, as of 2026-11-27.
"""
_OCR = Decimal("0.002")
"""USD a page that OpenRouter reads for a model. Source: openrouter.ai/docs, "PDF Inputs", as of 2026-11-27."""


class PriceBook:
    """A port `Price`: what one call of a product with some usage costs, at noon UTC of a day.

    Prices are looked up once per product; each call is then priced by whole numbers, exactly. Amounts are in USD, not
    rounded. Nothing raises: what has no price costs None, and the note says what to do about it.
    """

    source = "genai-prices"

    def __init__(
        self,
        *,
        as_of: date,
        models: Mapping[str, str] | None = None,
        prices: Mapping[str, Rates] | None = None,
        discounts: Mapping[str, Discount] | None = None,
    ) -> None:
        self.as_of = as_of
        self._models = dict(models or {})
        self._own = {_key(name): (name, rates) for name, rates in (prices or {}).items()}
        self._discounts = Discounts(discounts or {}, as_of, self._models)
        self._tariffs: dict[Product, Tariff | Cost] = {}
        self._last: tuple[Product | None, Tariff | Cost | None] = (None, None)

    def __call__(self, product: Product, usage: Usage) -> Cost:
        """Price one call. Tiers depend on its input, so a sum of calls must be priced call by call."""
        product = product if product.provider else self.sold(product)
        found = None
        if not usage.output_tokens and (not usage.input_tokens or product.operation in _MADE):
            found = self.find(product) if any(_PIECES(usage)) else None
            if found is None or (usage.input_tokens and isinstance(found, Tariff) and not found.sells(usage)):
                return self._without_tokens(product, usage)
        found = found or self.find(product)
        return found.cost(usage) if isinstance(found, Tariff) else found

    def find(self, product: Product) -> Tariff | Cost:
        """Return the rates of a product, or why there are none. Every rate that is ever used comes from here."""
        last, found = self._last
        if product is not last:  # most calls buy what the one before has bought, and a hash is slow
            found = self._tariffs.get(product)
        if found is None:
            if len(self._tariffs) >= _KEPT:
                self._tariffs.clear()
            found = self._tariffs[product] = self._look_up(product)
        self._last = product, found
        return found

    def claims(self, product: Product) -> dict[str, Strength]:
        """Return the keys of the declared discounts that cover a product, each with the strength of its claim."""
        return self._discounts.claims(self.sold(product))

    def sold(self, product: Product) -> Product:
        """Return a product with who sells it, where no provider is declared: the one before its name, or its maker."""
        if product.provider:
            return product
        unknown = replace(product, provider=_UNKNOWN)
        owner, model = split(product.model)
        if owner is None:
            found = self.find(unknown)
            owner = split(found.name)[0] if isinstance(found, Tariff) else None
        made = unknown if owner is None else replace(product, provider=owner, model=model)
        return made if isinstance(self.find(made), Tariff) else unknown

    @cached_property
    def version(self) -> str:
        """The release of genai-prices, whose data are part of it."""
        from importlib.metadata import version

        return version("genai-prices")

    @property
    def prices(self) -> Prices:
        """Which book this is, of which day its newest price is, and the day whose prices hold."""
        known = Prices(source=self.source, version=self.version, as_of=self.as_of.isoformat())
        try:
            newest = dated(self.version, self.as_of)
        except Exception:  # the age of a book must not end a run
            return known
        return replace(known, dated=newest.isoformat(), age_days=max((self.as_of - newest).days, 0))

    def names(self) -> list[str]:
        """Return every `provider/model` that has a price somewhere: the user's own first."""
        listed = (f"{one.id}/{model.id}" for one in self._library.snapshot.providers for model in one.models)
        others = (f"{host}/{model}" for host, model in fallback.read(fallback.text()))
        own = (name for name, _ in self._own.values())
        return list(dict.fromkeys((*own, *self._models, *listed, *others)))

    @cached_property
    def _library(self) -> Library:
        return Library.load(self.as_of)

    def _look_up(self, product: Product) -> Tariff | Cost:
        if not product.provider:
            return self.find(self.sold(product))
        try:
            found = self._own_tariff(product) or self._free(product)
            found = found or self._discounts.applied(product, self._listed(product))
        except Exception as problem:  # whatever the library does must not reach the user's test
            return Cost(None, f"no price: genai-prices failed ({type(problem).__name__}: {problem})")
        host = canonical(product.provider)
        name = f"{host}/{product.model}" if host in HOSTS else product.model
        batch = "no batch price known; " if is_batch(product.service_tier) else ""
        return found or Cost(None, f"no price: {batch}{fix(name)}")

    def _listed(self, product: Product) -> Tariff | None:
        """Return the tariff of the first name that a list knows; the fallback's where only it has the tier."""
        tier = product.service_tier
        if anywhere(word(tier)) != word(tier):
            found = self._listed(replace(product, service_tier=anywhere(word(tier))))
            return found and regional(found, canonical(product.provider))
        for name in candidates(product, self._models):
            other = not self._library.has_tier(name, tier) and fallback.has_tier(name, tier)
            other = other or fallback.goes_first(name, tier)
            found = None if other else self._library.find(name, tier, self._pieces(name))
            if found := found or fallback.find(name, tier):
                return self._limited(found, name) if word(tier) else found
            if word(tier) == BATCH and (self._library.has_tier(name, None) or fallback.find(name, None)):
                return None  # a name that is less sure would be another model's batch
        return None

    def _limited(self, found: Tariff, name: Candidate) -> Tariff:
        """Say up to which size a tier has a price, where large calls have another one in the standard tier alone."""
        standard = self._library.find(name, None) or fallback.find(name, None)
        if standard is None or not standard.starts or len(set(found.brackets)) > 1:
            return found
        return replace(found, known_up_to=standard.starts[0])

    def _pieces(self, name: Candidate) -> Mapping[str, Decimal]:
        """Return USD a piece by another list than the book's own; a router passes on what its host searches with."""
        found = fallback.pieces_of(name)
        if name.provider != "openrouter":
            return found
        found = {"document_pages": _OCR, **found}
        if "web_searches" in found:
            return found
        owner, model = split(name.model)
        vendor = self._library.find(Candidate(owner, model), None) if owner in _SEARCHING else None
        rate = None if vendor is None else vendor.units.get("web_searches")
        fee = _EXA if vendor is None or rate is None else vendor.usd(rate)
        return {**found, "web_searches": fee}

    def _own_tariff(self, product: Product) -> Tariff | None:
        if not self._own:
            return None
        names = [mapped(product, self._models) or "", f"{product.provider}/{product.model}", product.model]
        for candidate in candidates(product, self._models):
            names += [f"{candidate.provider}/{candidate.model}", candidate.model]
        for name in names:
            if found := self._own.get(_key(name)):
                return declared(*found)
        return None

    def _free(self, product: Product) -> Tariff | None:
        """Return the tariff of what costs nothing by rule."""
        host, model = split(mapped(product, self._models) or "")
        host, model = (host, model) if host else (canonical(product.provider), product.model)
        why = free(host, model)
        return tariff(product.model, f"free: {why}", [Bracket()]) if why else None

    def _without_tokens(self, product: Product, usage: Usage) -> Cost:
        operation = product.operation
        if operation not in _BY_THE_PIECE:
            return Cost(Decimal(0), _UNBILLED.get(operation, "no tokens"))
        own = self._own_tariff(product) if usage.input_tokens else None
        if found := own or self._free(product):
            return found.cost(usage)
        if not usage.input_tokens:
            return Cost(None, f"no price: this {operation} call states no tokens")
        advice = fix(f"{canonical(product.provider)}/{product.model}")
        return Cost(None, f"no price: this {operation} call states input tokens only; {advice}")


def _key(name: str) -> str:
    owner, rest = split(name)
    return f"{owner}/{rest}".lower() if owner else name.lower()
