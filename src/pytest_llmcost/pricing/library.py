"""Library: genai-prices' book, read once per product; the only place that imports it, and only when first asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import localcontext
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.core.service_tiers import BATCH
from pytest_llmcost.pricing.probe import Probe
from pytest_llmcost.pricing.tariff import Bracket, Tariff, tariff
from pytest_llmcost.pricing.tiers import no_price, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider

    from pytest_llmcost.pricing.names import Candidate

_DATED = {"0.2.3": date(2026, 11, 9)}
"""Releases whose newest price that was in force is known, so that its age can be told without loading the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The bundled price data at one moment; an update that the user's own code starts does not reach it."""

    snapshot: DataSnapshot
    at: datetime

    @classmethod
    def load(cls, as_of: date) -> Library:
        """Import the data, some 150 ms, for noon UTC of a day."""
        with localcontext(CONTEXT):
            from genai_prices.data import providers
            from genai_prices.data_snapshot import DataSnapshot

            snapshot = DataSnapshot(providers=providers, from_auto_update=False)
        return cls(snapshot=snapshot, at=datetime.combine(as_of, time(12), tzinfo=UTC))

    def find(self, name: Candidate, tier: str | None, pieces: Mapping[str, Decimal] | None = None) -> Tariff | None:
        """Return the tariff of a name; None when the book does not know it, or has no batch price.

        Half the standard price would be a guess, and the standard price wrong. `pieces` is what one piece costs by
        another list; the book's own prices go first.
        """
        found = self._find(name)
        if found is None or (word(tier) == BATCH and not _has(*found, self.at, BATCH)):
            return None
        return self._tariff(*found, word(tier), name, pieces or {})

    def has_tier(self, name: Candidate, tier: str | None) -> bool:
        """Tell whether the book knows this name, with a price of its own in this service tier."""
        found = self._find(name)
        return found is not None and (not word(tier) or _has(*found, self.at, word(tier)))

    def tariff(self, provider: Provider, model: ModelInfo, tier: str | None = None) -> Tariff:
        """Return what a model of the book costs in a service tier, standard where the tier has no price."""
        return self._tariff(provider, model, word(tier), None, {})

    def _tariff(
        self, provider: Provider, model: ModelInfo, tier: str, name: Candidate | None, pieces: Mapping[str, Decimal]
    ) -> Tariff:
        remark = "" if name is None else name.told(provider.id, model.id)
        with localcontext(CONTEXT):
            probe = Probe(provider, model, self.at, context(tier))
            title = f"{provider.id}/{model.id}"
            if probe.is_empty and not pieces and _is_free(model) and not remark:
                return tariff(title, f"free: genai-prices: {title}", [Bracket()])
            doubts = (
                remark if name is not None and name.is_doubtful else "",
                no_price(tier, tier if tier and _has(provider, model, self.at, tier) else ""),
                "priced at noon UTC" if _has_hours(model) else "",
                *(f"another price from {day} on is announced" for day in _announced(model, self.at.date())),
            )
            drawn = "reply priced as images" if probe.draws else ""
            note = "; ".join(dict.fromkeys(filter(None, (f"genai-prices: {title}", remark, *doubts, drawn))))
            return tariff(
                title,
                note,
                [probe.bracket(start) for start in (0, *probe.starts)],
                probe.starts,
                units={**pieces, **probe.units},
                least=probe.least,
                unpriced=probe.unpriced,
                as_text=probe.as_text,
                doubts=tuple(filter(None, doubts)),
            )

    def _find(self, candidate: Candidate) -> tuple[Provider, ModelInfo] | None:
        providers = self.snapshot.providers
        if candidate.provider is None:
            try:
                return self.snapshot.find_provider_model(candidate.model, None, None, None)
            except LookupError:
                return None
        # By exact id: the library's own search takes any host with "openai" in its name for OpenAI.
        provider = next((one for one in providers if one.id == candidate.provider), None)
        model = provider and provider.find_model(candidate.model, all_providers=providers)
        return (provider, model) if provider and model else None


def dated(release: str, as_of: date) -> date:
    """Return the day of the newest price in a release of the book that was in force on a day."""
    if release in _DATED:
        return _DATED[release]
    models = [model for provider in Library.load(as_of).snapshot.providers for model in provider.models]
    return max((day for model in models for day in _starts(model) if day <= as_of), default=as_of)


def context(tier: str) -> dict[str, str]:
    """Return the library's words for a service tier."""
    return {"processing": tier, "service_tier": tier, "speed": tier} if tier else {}


def _has(provider: Provider, model: ModelInfo, at: datetime, tier: str) -> bool:
    """Tell whether the tier changes the price: the library answers the standard price without a word if not."""
    own = any(model is one for one in provider.models)  # a model borrowed from another provider has no tiers
    asked = context(tier)
    return own and any(
        all(asked.get(key) == value for key, value in variant.when.items())
        and (variant.constraint is None or variant.constraint.active(at))
        for variant in model.price_variants or ()
    )


def _has_hours(model: ModelInfo) -> bool:
    """Tell whether a price depends on the time of day."""
    prices = model.prices if isinstance(model.prices, list) else []
    return any(hasattr(price.constraint, "start_time") for price in (*prices, *(model.price_variants or ())))


def _announced(model: ModelInfo, after: date) -> list[date]:
    """Return the first day after this one on which another price begins, by what the book knows now."""
    return sorted({day for day in _starts(model) if day > after})[:1]


def _starts(model: ModelInfo) -> Iterator[date]:
    prices = model.prices if isinstance(model.prices, list) else []
    for price in prices:
        day = getattr(price.constraint, "start_date", None)
        if isinstance(day, date):
            yield day


def _is_free(model: ModelInfo) -> bool:
    """Tell whether the book says that a model without prices is free, rather than priced in another way."""
    words = f"{model.id} {model.name} {model.price_comments} {model.description}".lower()
    return any(sign in words for sign in (":free", "(free)", "free of charge"))
