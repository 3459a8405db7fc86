"""Quote: what one model costs by one price book, and why: for people who ask before they spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.report import Prices

STANDARD = "standard"
"""The tier of a call that asks for none."""


class Rate(NamedTuple):
    """One rate, in US dollars: of calls with more than `above` input tokens, for one `per`.

    `list_usd` is what the list says, where a discount is off it; else None.
    """

    what: str
    above: int
    per: str
    usd: Decimal
    list_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierQuote:
    """The rates of one service tier, and how they are known, as the calls of a report say it."""

    tier: str
    note: str
    doubts: tuple[str, ...]
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a model costs.

    Attributes:
        asked: the name as it was given.
        name: `provider/model` of the list that prices it.
        prices: the price book.
        tiers: `standard` first, where the model is sold so, then those that have prices of their own.
    """

    asked: str
    name: str
    prices: Prices
    tiers: tuple[TierQuote, ...]
