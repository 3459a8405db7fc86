"""Figures as words: counts, shares and token pairs, rounded so that they never tell a lie."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.report import Use

NONE = "-"
"""There is no such figure; an unknown one is `?`."""


def count(value: Decimal | int | None) -> str:
    """Draw a mean or a count: whole from 10 up, else with one decimal where it has any; never 0 for something."""
    if value is None:
        return NONE
    number = Decimal(value)
    if 0 < number < Decimal("0.1"):
        return "<0.1"
    step = Decimal(1) if number >= 10 or number == number.to_integral_value() else Decimal("0.1")  # noqa: PLR2004
    return f"{number.quantize(step, context=CONTEXT):,f}"


def tokens(given: Decimal | int | None, made: Decimal | int | None) -> str:
    """Draw input and output tokens: `1,234 -> 56`."""
    return NONE if given is None and made is None else f"{count(given)} -> {count(made)}"


def per_thousand(cost: Decimal | None) -> str:
    """Draw what 1,000 requests cost, of what one costs in USD."""
    return draw(None if cost is None else CONTEXT.multiply(cost, Decimal(1000)))


def amount(use: Use, value: Decimal | None) -> str:
    """Draw a limit or what is used of it, in the unit of its budget; a request's dollars per 1,000."""
    if use.unit != "usd":
        return "?" if value is None else count(value)
    return per_thousand(value) if use.key == "request_usd" else draw(value)


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
