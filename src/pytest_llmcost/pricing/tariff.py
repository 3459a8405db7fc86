"""Tariff: what one product costs, in whole numbers of a tiny part of a dollar: a call is priced exactly and fast."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcost.core.call import OWN, Cost
from pytest_llmcost.core.money import CONTEXT, dollars
from pytest_llmcost.core.usage import UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_llmcost.core.settings import Rates
    from pytest_llmcost.core.usage import Usage

_MILLION = 6
_PIECES = attrgetter(*UNITS)
CACHE = ("cache_read", "cache_write", "cache_write_1h")
_NOTHING = (None,) * len(UNITS)
_OWN_PIECES = {
    "web_searches": "web_search",
    "rerank_searches": "rerank_search",
    "document_pages": "document_page",
    "audio_seconds": "audio_second",
    "input_characters": "input_character",
    "image_count": "image",
}
"""Count in Usage -> the key of its price in [tool.llmcost.prices]."""


class Bracket(NamedTuple):
    """The rates of the calls in one range of input sizes: USD per token, and for `request` USD per call.

    Every part lies inside `input` or `output`, so its rate is what it costs on top of theirs; a discount is below 0.
    """

    request: Decimal = Decimal(0)
    input: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    cache_read: Decimal = Decimal(0)
    cache_write: Decimal = Decimal(0)
    cache_write_1h: Decimal = Decimal(0)
    """On top of `cache_write`."""
    input_audio: Decimal = Decimal(0)
    output_audio: Decimal = Decimal(0)
    cached_audio: Decimal = Decimal(0)
    """Of a token that is both: on top of `cache_read` and `input_audio`."""
    reasoning: Decimal = Decimal(0)


_CONTRADICTION = "no price: the token counts contradict each other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The prices of one product on one day. Build it with `tariff()`."""

    name: str
    """`provider/model` of the price list."""
    note: str
    starts: tuple[int, ...]
    """Input tokens above which the next bracket applies, to all tokens of the call."""
    brackets: tuple[tuple[int, ...], ...]
    """The rates of each `Bracket` in units of 10**-`scale` USD."""
    scale: int
    unpriced: frozenset[str] = frozenset()
    """`input`, `output`: what has no price at all, so that a call with such tokens has none either."""
    as_text: frozenset[str] = frozenset()
    """What has no price of its own: `input_audio`, `output_audio`, `reasoning`, `images`, `cache_read`, `cache_write`
    beside that of plain text, `cache_write_1h` beside that of five minutes.

    `sizes`: images, which have one price here and may have several.
    """
    units: Mapping[str, int] = field(default_factory=dict)
    """What one piece costs, in the same units, by the name of its count in Usage."""
    least: Mapping[str, int] = field(default_factory=dict)
    """How many pieces are billed at least, where that is more than one."""
    known_up_to: int | None = None
    """Input tokens above which a standard call has another price, and one of this tier none; None for no such size."""
    doubts: tuple[str, ...] = ()
    """What was assumed; it stands in the note as well."""
    listed: Tariff | None = None
    """That of the list, where a discount is off it."""

    def cost(self, usage: Usage) -> Cost:
        """Price one call, exactly; unknown where the counts contradict each other or a part of them has no price."""
        tokens, output = usage.input_tokens, usage.output_tokens
        read, write = usage.cache_read_tokens or 0, usage.cache_write_tokens or 0
        hour, audio = usage.cache_write_1h_tokens or 0, usage.input_audio_tokens or 0
        speech, thought = usage.output_audio_tokens or 0, usage.reasoning_tokens or 0
        if hour > write and usage.cache_write_tokens is None:
            write = hour
        # Audio that was read from the cache is not counted apart: no more of it than the other counts force.
        both = max(read + write + audio - tokens, 0)
        if (both and both > min(read, audio)) or hour > write or speech > output:
            return Cost(None, _CONTRADICTION)
        pieces = _PIECES(usage)
        counted = pieces != _NOTHING and any(pieces)
        if counted and self.sells(usage):
            if "input" in self.unpriced:  # what is sold is the pieces: tokens come with them
                tokens = output = read = write = hour = audio = speech = both = 0
        elif (tokens and "input" in self.unpriced) or (output and "output" in self.unpriced):
            return Cost(None, f"no price: {self.name} is not sold by these tokens; {fix(self.name)}")
        elif counted and not tokens and not output:
            return Cost(None, f"no price: {self.name} has no known price by the piece; {fix(self.name)}")
        request, per_input, per_output, per_read, per_write, per_hour, per_audio, per_speech, per_both, per_thought = (
            self.brackets[bisect_left(self.starts, tokens)]
        )
        if thought > output and (per_output or per_thought):  # what is free is free, whatever is in which count
            return Cost(None, _CONTRADICTION)
        amount = (
            request
            + tokens * per_input
            + output * per_output
            + read * per_read
            + write * per_write
            + hour * per_hour
            + audio * per_audio
            + speech * per_speech
            + both * per_both
            + thought * per_thought
        )
        if counted:
            amount += self._pieces(usage)
        note, doubts = self.note, self.doubts
        uncached = (read and "cache_read" in self.as_text) or (
            write and ("cache_write" in self.as_text or "cache_write_1h" in self.as_text)
        )
        larger = self.known_up_to is not None and tokens > self.known_up_to
        if counted or audio or speech or uncached or larger:
            remarks = tuple(self._remarks(usage))
            note, doubts = "; ".join((note, *remarks)), (*doubts, *remarks)
        usd = Decimal(amount).scaleb(-self.scale, CONTEXT)
        return Cost(dollars(usd) if counted else usd, note, doubts)  # a second of an hour's price has no end of digits

    def _pieces(self, usage: Usage) -> int:
        """Price what was counted by the piece; pictures that were made of stated tokens are paid with these."""
        counts = {unit: getattr(usage, unit) for unit in self.units}
        if usage.output_tokens:
            counts.pop("image_count", None)
        return sum(max(count, self.least.get(unit, 0)) * self.units[unit] for unit, count in counts.items() if count)

    def usd(self, rate: int) -> Decimal:
        """Return one of the rates in US dollars."""
        return CONTEXT.scaleb(Decimal(rate), -self.scale)

    def sells(self, usage: Usage) -> bool:
        """Tell whether all that was counted by the piece has a price."""
        return all(unit in self.units for unit in UNITS if getattr(usage, unit))

    def _remarks(self, usage: Usage) -> Iterator[str]:
        """Yield what this call has and the list has no price for."""
        if self.known_up_to is not None and usage.input_tokens > self.known_up_to:
            yield f"no price known above {self.known_up_to:,} input tokens in this tier: the one below"
        heard = usage.input_audio_tokens and "input_audio" in self.as_text
        spoken = usage.output_audio_tokens and "output_audio" in self.as_text
        if heard or spoken:
            yield "audio priced as text"
        if usage.cache_read_tokens and "cache_read" in self.as_text:
            yield "cached input priced as plain"
        if usage.cache_write_tokens and "cache_write" in self.as_text:
            yield "cache writes priced as plain"
        elif usage.cache_write_1h_tokens and "cache_write_1h" in self.as_text:
            yield "cache writes for an hour priced as those for 5 minutes"
        if usage.image_count and "images" in self.as_text and "image_count" not in self.units:
            yield "images priced as text"
        if usage.image_count and not usage.output_tokens and "sizes" in self.as_text:
            yield "images priced alike, whatever their size and quality"
        if usage.web_searches and "web_searches" not in self.units:
            yield "web searches without a known price left out"
        if usage.document_pages and usage.input_tokens and "document_pages" not in self.units:
            yield "pages without a known price left out"


def tariff(
    name: str,
    note: str,
    brackets: Sequence[Bracket],
    starts: Sequence[int] = (),
    *,
    units: Mapping[str, Decimal] = MappingProxyType({}),
    **more: Any,
) -> Tariff:
    """Bring all rates to the smallest power of ten that holds them exactly; `more` are other fields of a tariff."""
    rates = [rate for bracket in brackets for rate in bracket]
    scale = -min(map(_exponent, (*rates, *units.values())))
    whole = tuple(tuple(int(rate.scaleb(scale, CONTEXT)) for rate in bracket) for bracket in brackets)
    pieces = {unit: int(rate.scaleb(scale, CONTEXT)) for unit, rate in units.items()}
    return Tariff(name=name, note=note, starts=tuple(starts), brackets=whole, scale=scale, units=pieces, **more)


def declared(name: str, rates: Rates) -> Tariff:
    """Return the tariff of a user's own rates, which are in USD per million tokens."""
    read = rates.input if rates.cache_read is None else rates.cache_read
    write = rates.input if rates.cache_write is None else rates.cache_write
    hour = write if rates.cache_write_1h is None else rates.cache_write_1h
    per_million = {
        "input": rates.input,
        "output": rates.output,
        "cache_read": CONTEXT.subtract(read, rates.input),
        "cache_write": CONTEXT.subtract(write, rates.input),
        "cache_write_1h": CONTEXT.subtract(hour, write),
    }
    bracket = per_token(per_million)._replace(request=rates.request or Decimal(0))
    pieces = {unit: rate for unit, key in _OWN_PIECES.items() if (rate := getattr(rates, key)) is not None}
    audio = frozenset({"input_audio", "output_audio"})
    return tariff(name, f"{OWN}: {name}", [bracket], units=pieces, as_text=audio)


def fix(name: str) -> str:
    """Say how to give a product a price."""
    return f'add [tool.llmcost.prices."{name}"], or name its like in [tool.llmcost.models]'


def per_token(per_million: Mapping[str, Decimal]) -> Bracket:
    """Return a bracket of rates that are in USD per million tokens."""
    return Bracket(**{part: rate.scaleb(-_MILLION, CONTEXT) for part, rate in per_million.items()})


def _exponent(rate: Decimal) -> int:
    exponent = CONTEXT.normalize(rate).as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
