"""Figures as words: counts, shares and token pairs, rounded so that they never tell a lie."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Use

NONE = "-"
"""There is no such figure; an unknown one is `?`."""

_TENTH = Decimal("0.1")
_FINEST = 13
"""Decimals up to which two figures are told apart: one more than what dollars are kept to."""


def count(value: Decimal | int | None) -> str:
    """Draw a mean or a count: whole from 10 up, else with one decimal where it has any; never 0 for something."""
    if value is None:
        return NONE
    number = Decimal(value)
    if 0 < number < _TENTH:
        return "<0.1"
    step = Decimal(1) if number >= 10 or number == number.to_integral_value() else Decimal("0.1")  # noqa: PLR2004
    return f"{number.quantize(step, context=CONTEXT):,f}"


def pair(before: Decimal | None, after: Decimal | None) -> tuple[str, str]:
    """Draw two means, with as many decimals as tell them apart."""
    drawn = (count(before), count(after))
    if before is None or after is None or before == after:
        return drawn
    for places in range(1, _FINEST):
        if drawn[0].removesuffix(".0") != drawn[1].removesuffix(".0"):
            break
        drawn = (_fixed(before, places), _fixed(after, places))
    return drawn


def shares(before: Decimal | None, after: Decimal | None) -> tuple[str, str]:
    """Draw two shares of 0 to 1 in percent, told apart likewise; never 0% for something, nor 100% for less than all."""
    for places in range(_FINEST):
        drawn = (_percent(before, places), _percent(after, places))
        if drawn[0] != drawn[1]:
            return drawn
        if before == after:
            break
    return drawn


def change(before: Decimal, after: Decimal) -> str:
    """Draw by how much a mean moved: `+1,840`, `-0.5`."""
    difference = CONTEXT.subtract(after, before)
    size = difference.copy_abs()
    mark = "-" if difference < 0 else "+" if difference else ""
    if 0 < size < _TENTH:
        return f"{mark}{plain(size.quantize(Decimal(1).scaleb(size.adjusted(), CONTEXT), context=CONTEXT)):f}"
    return f"{mark}{count(size)}"


def _fixed(value: Decimal, places: int) -> str:
    step = Decimal(1).scaleb(-places, CONTEXT)
    drawn = value.quantize(step, context=CONTEXT)
    return f"<{step:f}" if value and not drawn else f"{drawn:,f}"


def _percent(value: Decimal | None, places: int) -> str:
    if value is None:
        return NONE
    step = Decimal(1).scaleb(-places, CONTEXT)
    drawn = CONTEXT.multiply(value, Decimal(100)).quantize(step, context=CONTEXT)
    if value and not drawn:
        return f"<{step:f}%"
    return f">{CONTEXT.subtract(drawn, step):f}%" if value < 1 and drawn == 100 else f"{drawn:,f}%"  # noqa: PLR2004


def percent_of(value: Decimal | None) -> str:
    """Draw a share of 0 to 1, or more, in percent, with one decimal."""
    return _percent(value, 1)


def tokens(given: Decimal | int | None, made: Decimal | int | None) -> str:
    """Draw input and output tokens: `1,234 -> 56`."""
    return NONE if given is None and made is None else f"{count(given)} -> {count(made)}"


def per_thousand(cost: Decimal | None, currency: Currency) -> str:
    """Draw what 1,000 requests cost, of what one costs in USD."""
    return currency.draw(None if cost is None else CONTEXT.multiply(cost, Decimal(1000)))


def amount(use: Use, value: Decimal | None, currency: Currency) -> str:
    """Draw a limit or what is used of it, in the unit of its budget; what a request costs per 1,000."""
    if use.unit != "usd":
        return "?" if value is None else count(value)
    return per_thousand(value, currency) if use.key == "request_usd" else currency.draw(value)


def share(use: Use) -> str:
    """Draw how much of a budget is used: never 100% for less than all, and more for a broken one."""
    if use.is_broken and not use.limit:
        return ">100%"
    if use.share is None:
        return "?"
    rounding = ROUND_CEILING if use.is_broken else ROUND_FLOOR
    percent = (use.share * 100).quantize(Decimal(1), rounding=rounding, context=CONTEXT)
    return "<1%" if use.actual and not percent else f"{percent:,f}%"


def worst(uses: Iterable[Use]) -> str:
    """Draw the fullest of some budgets; an unknown one only when no known one is broken."""
    known = list(uses)
    if not known:
        return NONE
    return share(max(known, key=lambda use: (use.is_broken, use.actual is None, use.share or 0)))
