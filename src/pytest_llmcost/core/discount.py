"""Discount: what is taken off the list price of some calls, or a capacity that is paid by the month instead."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from pytest_llmcost.core.call import Product

_HUNDRED = Decimal(100)

if TYPE_CHECKING:
    Strength = tuple[bool, int]
    """How strong a claim is: whether the key of the discount names a model, then its literal characters."""
    Claims = Callable[[Product], Mapping[str, Strength]]
    """The port to the declared discounts: which of them cover a product, by their keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """The terms that a provider grants; percents are of its list price, from 0 to 100.

    Attributes:
        percent: off all that a call is billed for, where no other key says more; None for nothing.
        input_percent, output_percent: off these tokens; `percent` when None.
        cache_read_percent, cache_write_percent: off input tokens read from the cache or written to it;
            `input_percent` when None.
        batch: whether it also holds for calls at the batch rate.
        committed_usd_per_month: US dollars for a capacity: then the tokens of its calls cost nothing.
        starts, until: the first and the last day on which it holds; None for no such day.
        reason: what it rests on, in the words of whoever declared it.
    """

    percent: Decimal | None = None
    input_percent: Decimal | None = None
    output_percent: Decimal | None = None
    cache_read_percent: Decimal | None = None
    cache_write_percent: Decimal | None = None
    batch: bool = True
    committed_usd_per_month: Decimal | None = None
    starts: date | None = None
    until: date | None = None
    reason: str | None = None

    def holds(self, day: str) -> bool:
        """Tell whether it holds on the day of the prices, as ISO writes it, which sorts as days do."""
        return (self.starts is None or self.starts.isoformat() <= day) and not self.is_over(day)

    def is_over(self, day: str) -> bool:
        """Tell whether its last day is past."""
        return self.until is not None and self.until.isoformat() < day

    @property
    def kept(self) -> Kept:
        """What is left of each rate."""
        rest = self.percent or ZERO
        given = rest if self.input_percent is None else self.input_percent
        return Kept(
            rest=_kept(rest),
            input=_kept(given),
            output=_kept(rest if self.output_percent is None else self.output_percent),
            cache_read=_kept(given if self.cache_read_percent is None else self.cache_read_percent),
            cache_write=_kept(given if self.cache_write_percent is None else self.cache_write_percent),
        )

    @property
    def terms(self) -> str:
        """The terms as one phrase, without amounts: `15% off (enterprise agreement)`."""
        why = f" ({self.reason:.300})" if self.reason else ""
        if self.committed_usd_per_month is not None:
            return f"covered by committed capacity{why}"
        parts = [
            (self.percent, ""),
            (self.input_percent, " input"),
            (self.output_percent, " output"),
            (self.cache_read_percent, " cache reads"),
            (self.cache_write_percent, " cache writes"),
        ]
        return f"{', '.join(f'{_percent(one)}% off{what}' for one, what in parts if one is not None)}{why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a discount leaves of each rate, as shares from 0 to 1; `rest` is for what is billed beside tokens."""

    rest: Decimal
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


def in_force(discounts: Mapping[str, Discount], day: str) -> dict[str, Discount]:
    """Return the discounts that hold on the day of the prices (ISO)."""
    return {key: one for key, one in discounts.items() if one.holds(day)}


def strongest(claims: Mapping[str, Strength]) -> tuple[str, ...]:
    """Return the keys with the strongest claim: none, one, or several of equal claim, sorted."""
    best = max(claims.values(), default=None)
    return tuple(sorted(key for key, strength in claims.items() if strength == best))


def committed(discounts: Mapping[str, Discount]) -> dict[str, Decimal]:
    """Return what is paid for capacities, in US dollars a month, by the name that a fixed cost has in a report."""
    paid = ((key, one.committed_usd_per_month) for key, one in discounts.items())
    return {f"committed: {key}": usd for key, usd in paid if usd is not None}


def _kept(percent: Decimal) -> Decimal:
    return CONTEXT.scaleb(CONTEXT.subtract(_HUNDRED, percent), -2)


def _percent(value: Decimal) -> str:
    return f"{value.normalize(CONTEXT):f}"
