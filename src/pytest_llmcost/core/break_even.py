"""Break-even: from where on machines of one's own, or a model trained once, cost less than the API."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT, dollars

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine to host a model on, as declared: US dollars per month, and tokens per day that it serves (above 0)."""

    usd_per_month: Decimal
    tokens_per_day: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """What the same tokens would cost on machines of one's own.

    Attributes:
        machines: how many it takes; whole, and at least 1.
        usd: US dollars per month for all of them.
        saving_usd: US dollars per month that the API costs more; below 0 where the machines do.
        break_even: tokens per day at which the API's bill equals one machine's; exact, None where the API costs
            nothing.
        is_within_reach: whether one machine serves as many tokens. Where it does not, a full machine costs more than
            the API does for its tokens, and no traffic makes machines cheaper.
    """

    machines: int
    usd: Decimal
    saving_usd: Decimal
    break_even: Fraction | None
    is_within_reach: bool


def self_hosting(api_usd: Decimal, tokens: Fraction, machine: Machine, days_per_month: Decimal) -> Hosting:
    """Return what the tokens of a month (input and output) cost on machines, against US dollars per month for the API.

    Machines are whole: one runs, and is paid for, however little it has to do. Tokens are spread evenly over the days;
    for peaks, declare fewer tokens per day. Break-even = machine per month x tokens / (API per month x days): the price
    per token of the API is taken to stay what it is.
    """
    days = Fraction(days_per_month)
    machines = max(1, ceil(tokens / days / Fraction(machine.tokens_per_day)))
    usd = Fraction(machine.usd_per_month) * machines
    even = Fraction(machine.usd_per_month) * tokens / (Fraction(api_usd) * days) if api_usd else None
    return Hosting(
        machines=machines,
        usd=dollars(usd),
        saving_usd=dollars(CONTEXT.subtract(api_usd, dollars(usd))),
        break_even=even,
        is_within_reach=even is not None and even <= machine.tokens_per_day,
    )


def months_to_pay_back(once_usd: Decimal, monthly_saving_usd: Decimal) -> Fraction | None:
    """Return after how many months US dollars that are paid once (training) have come back; exact, not whole.

    None where they never do: nothing is saved, or the months cost more. The saving is per month, and taken to stay.
    """
    if not once_usd and not monthly_saving_usd:
        return Fraction(0)
    return Fraction(once_usd) / Fraction(monthly_saving_usd) if monthly_saving_usd > 0 else None
