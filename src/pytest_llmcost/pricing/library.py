"""Library: genai-prices' book, read once per product; the only place that imports it, and only when first asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from decimal import localcontext
from typing import TYPE_CHECKING, Any

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.pricing.tariff import Bracket, Tariff, tariff

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice, Provider

    from pytest_llmcost.pricing.names import Candidate

_STANDARD = frozenset({"", "auto", "default", "on_demand", "standard", "standard_only"})
"""The providers' words for no special service tier."""
_BATCH = "batch"


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

    def find(self, names: Sequence[Candidate], tier: str | None) -> Tariff | None:
        """Return the tariff of the first name that the book knows; None when it knows none, or has no batch price."""
        for candidate in names:
            found = self._find(candidate)
            if found:
                provider, model = found
                if tier == _BATCH and not self._has(provider, model, _context(tier)):
                    return None  # half the standard price would be a guess, and the standard price wrong
                remark = candidate.remark.format(provider=provider.id, model=model.id)
                return self.tariff(provider, model, tier, remark)
        return None

    def tariff(self, provider: Provider, model: ModelInfo, tier: str | None = None, remark: str = "") -> Tariff:
        """Return what a model of the book costs in a service tier, standard where the tier has no price."""
        name = (tier or "").lower()
        context = _context(name)
        with localcontext(CONTEXT):
            probe = _Probe(provider, model, self.at, context)
            title = f"{provider.id}/{model.id}"
            if probe.is_empty and _is_free(model) and not remark:
                return tariff(title, f"free: genai-prices: {title}", [Bracket()])
            remarks = (
                f"genai-prices: {title}",
                remark,
                f"no {name} price known: standard price" if context and not self._has(provider, model, context) else "",
                "priced at noon UTC" if _has_hours(model) else "",
                "reply priced as images" if probe.draws else "",
            )
            note = "; ".join(filter(None, remarks))
            found = tariff(title, note, [probe.bracket(start) for start in (0, *probe.starts)], probe.starts)
            return replace(found, unpriced=probe.unpriced, as_text=probe.as_text)

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

    def _has(self, provider: Provider, model: ModelInfo, context: dict[str, str]) -> bool:
        """Tell whether the tier changes the price: the library answers the standard price without a word if not."""
        own = any(model is one for one in provider.models)  # a model borrowed from another provider has no tiers
        return own and any(
            all(context.get(key) == value for key, value in variant.when.items())
            and (variant.constraint is None or variant.constraint.active(self.at))
            for variant in model.price_variants or ()
        )


def _context(tier: str) -> dict[str, str]:
    return {} if tier in _STANDARD else {"processing": tier, "service_tier": tier, "speed": tier}


class _Probe:
    """Learns a model's rates by asking the library for the price of single tokens: its rules stay its own."""

    def __init__(self, provider: Provider, model: ModelInfo, at: datetime, context: dict[str, str]) -> None:
        self._ask: Any = lambda usage: model.calc_price(
            usage, provider, genai_request_timestamp=at, price_context=context
        )
        self.price: ModelPrice = self._ask({}).model_price
        self.draws = self.price.output_image_mtok is not None

    @property
    def is_empty(self) -> bool:
        return all(price is None for price in vars(self.price).values())

    @property
    def starts(self) -> tuple[int, ...]:
        """Input tokens above which another price begins, for any unit."""
        tiers = (tier for price in vars(self.price).values() for tier in getattr(price, "tiers", ()))
        return tuple(sorted({tier.start for tier in tiers}))

    @property
    def unpriced(self) -> frozenset[str]:
        without = {"input": self.price.input_mtok, "output": self.price.output_mtok}
        return frozenset(part for part, price in without.items() if price is None)

    @property
    def as_text(self) -> frozenset[str]:
        without = {"input_audio": self.price.input_audio_mtok, "output_audio": self.price.output_audio_mtok}
        audio = frozenset(part for part, price in without.items() if price is None)
        # A call's images have no token count of their own, so their price cannot be used.
        return audio if self.price.input_image_mtok is None else audio | {"images"}

    def bracket(self, start: int) -> Bracket:
        """Return the rates of calls with more than `start` input tokens, up to the next start."""
        base = start + 2  # room for a cached token beside one of audio
        image = {"output_image_tokens": 1} if self.draws else {}
        request = self._usd()
        bottom = self._usd(input_tokens=base)
        top = self._usd(input_tokens=base, output_tokens=1, **image)
        read = self._usd(input_tokens=base, cache_read_tokens=1)
        write = self._usd(input_tokens=base, cache_write_tokens=1)
        hour = self._usd(input_tokens=base, cache_write_tokens=1, cache_write_1h_tokens=1)
        audio = self._usd(input_tokens=base, input_audio_tokens=1)
        return Bracket(
            request=request,
            input=(bottom - request) / base,
            output=top - bottom,
            cache_read=read - bottom,
            cache_write=write - bottom,
            cache_write_1h=hour - write,
            input_audio=audio - bottom,
            output_audio=self._usd(input_tokens=base, output_tokens=1, output_audio_tokens=1) - top,
            cached_audio=self._cached_audio(base) - read - audio + bottom,
            reasoning=self._usd(input_tokens=base, output_tokens=1, output_reasoning_tokens=1) - top,
        )

    def _cached_audio(self, base: int) -> Decimal:
        """Price a token of cached audio; without a rate for it there is no discount."""
        if self.price.cache_audio_read_mtok is None:
            return self._usd(input_tokens=base, input_audio_tokens=1)
        return self._usd(input_tokens=base, cache_read_tokens=1, input_audio_tokens=1, cache_audio_read_tokens=1)

    def _usd(self, **counts: int) -> Decimal:
        # The library insists on the count of tokens that are both, where it has a rate for them.
        both = {"cache_audio_read_tokens": 0}
        total: Decimal = self._ask({**both, **counts}).total_price
        return total


def _has_hours(model: ModelInfo) -> bool:
    """Tell whether a price depends on the time of day."""
    prices = model.prices if isinstance(model.prices, list) else []
    return any(hasattr(price.constraint, "start_time") for price in (*prices, *(model.price_variants or ())))


def _is_free(model: ModelInfo) -> bool:
    """Tell whether the book says that a model without prices is free, rather than priced in another way."""
    words = f"{model.id} {model.name} {model.price_comments} {model.description}".lower()
    return any(sign in words for sign in (":free", "(free)", "free of charge"))
