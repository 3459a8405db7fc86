"""Probe: a model's rates, learned by asking genai-prices for the price of single tokens and pieces."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pytest_llmcost.core.money import CONTEXT
from pytest_llmcost.pricing.tariff import CACHE, Bracket

if TYPE_CHECKING:
    from datetime import datetime

    from genai_prices.types import ModelInfo, ModelPrice, Provider

_PIECES = {
    "web_searches_kcount": "web_searches",
    "rerank_searches_kcount": "rerank_searches",
    "input_document_kpages": "document_pages",
    "input_audio_hours": "audio_seconds",
    "audio_hours": "audio_seconds",
    "input_mchars": "input_characters",
}
"""The library's word for a rate -> the name of the count in Usage."""
_COUNTS = {
    "web_searches": {"web_searches": 1},
    "rerank_searches": {"rerank_searches": 1},
    "document_pages": {"input_document_pages": 1, "input_annotated_document_pages": 0},
    "audio_seconds": {"audio_seconds": 1, "input_audio_seconds": 1, "output_audio_seconds": 0},
    "input_characters": {"input_characters": 1},
}
"""One piece in the library's words, which insist on what a count is part of."""
_MANY = 3_600
_FINEST = Decimal("1e-18")
"""A second of an hour's price has no end of digits."""


class Probe:
    """Learns a model's rates on one day and in one tier: the library's rules stay its own."""

    def __init__(self, provider: Provider, model: ModelInfo, at: datetime, context: dict[str, str]) -> None:
        self._ask: Any = lambda usage: model.calc_price(
            usage, provider, genai_request_timestamp=at, price_context=context
        )
        self.price: ModelPrice = self._ask({}).model_price
        self.draws = self.price.output_image_mtok is not None

    @property
    def is_empty(self) -> bool:
        """Tell whether the book has no price of anything."""
        return all(price is None for price in vars(self.price).values())

    @property
    def starts(self) -> tuple[int, ...]:
        """Input tokens above which another price begins, for any unit."""
        tiers = (tier for price in vars(self.price).values() for tier in getattr(price, "tiers", ()))
        return tuple(sorted({tier.start for tier in tiers}))

    @property
    def units(self) -> dict[str, Decimal]:
        """Return what one piece costs, in US dollars, by the name of its count in Usage."""
        # By a difference, as the first seconds may cost a minimum.
        return {
            unit: CONTEXT.quantize((self._many(unit, 2) - self._many(unit, 1)) / _MANY, _FINEST) for unit in self._sold
        }

    @property
    def least(self) -> dict[str, int]:
        """Return the pieces that are billed at least, where that is more than one."""
        none, units = self._usd(), self.units
        first = {unit: self._usd(**_COUNTS[unit]) - none for unit in self._sold if units[unit]}
        found = {unit: round(usd / units[unit]) for unit, usd in first.items()}
        return {unit: count for unit, count in found.items() if count > 1}

    @property
    def _sold(self) -> list[str]:
        return list(
            dict.fromkeys(unit for rate, unit in _PIECES.items() if getattr(self.price, rate, None) is not None)
        )

    def _many(self, unit: str, times: int) -> Decimal:
        return self._usd(**{name: count * times * _MANY for name, count in _COUNTS[unit].items()})

    @property
    def unpriced(self) -> frozenset[str]:
        """Return what has no price at all: `input`, `output`."""
        without = {"input": self.price.input_mtok, "output": self.price.output_mtok}
        return frozenset(part for part, price in without.items() if price is None)

    @property
    def as_text(self) -> frozenset[str]:
        """Return what has no price of its own beside text."""
        without = {"input_audio": self.price.input_audio_mtok, "output_audio": self.price.output_audio_mtok}
        if self.price.input_mtok is not None:
            without |= {part: getattr(self.price, f"{part}_mtok") for part in CACHE}
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
