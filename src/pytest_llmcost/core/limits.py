"""Limits of one test or block: which one its calls break first, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.bounds import extra_cost, input_upper, output_upper
from pytest_llmcost.core.call import cost
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.money import CONTEXT, ZERO, draw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_llmcost.core.budget import Limits
    from pytest_llmcost.core.call import Call, Price


def broken(limits: Limits, calls: Sequence[Call], price: Price, subject: str) -> Iterator[Finding]:
    """Yield a finding for each limit that the calls of one test or block break. Equal to the limit passes.

    A cost that is not known breaks `max_cost`: a limit never passes because a price is missing.
    """
    if limits.max_calls is not None and len(calls) > limits.max_calls:
        made = f"{len(calls)} call{'' if len(calls) == 1 else 's'}"
        yield _finding("max_calls", str(limits.max_calls), made, calls[limits.max_calls], subject)
    for key, limit in (("max_input_tokens", limits.max_input_tokens), ("max_output_tokens", limits.max_output_tokens)):
        worst = max(calls, key=lambda call: _size(call, key), default=None)
        if limit is not None and worst is not None and _size(worst, key) > limit:
            yield _finding(key, f"{limit:,}", f"{_size(worst, key):,} tokens{_doubt(worst, key)}", worst, subject)
    if limits.max_cost is not None and calls:
        yield from _cost(limits, calls, price, subject)


def _cost(limits: Limits, calls: Sequence[Call], price: Price, subject: str) -> Iterator[Finding]:
    spent, limit = ZERO, limits.max_cost or ZERO
    for call in calls:
        found = cost(call, price)
        if found.usd is None:
            yield _finding("max_cost", draw(limit), f"a call without a price ({found.note})", call, subject)
            return
        spent = CONTEXT.add(spent, found.usd)
    most = CONTEXT.add(spent, sum(extra_cost(call, cost(call, price), price) for call in calls))
    if most > limit:
        dearest = max(calls, key=lambda call: cost(call, price).usd or ZERO)
        drawn = draw(spent) if most == spent else f"{draw(most)} at most, {draw(spent)} as estimated"
        yield _finding("max_cost", draw(limit), drawn, dearest, subject)


def _size(call: Call, key: str) -> int:
    """Return the tokens of a call, at most."""
    return input_upper(call.profile) if key == "max_input_tokens" else output_upper(call.profile)


def _doubt(call: Call, key: str) -> str:
    usage = call.profile.usage
    known = usage.input_tokens if key == "max_input_tokens" else usage.output_tokens
    return "" if known == _size(call, key) else f" at most, {known:,} as estimated"


def _finding(key: str, limit: str, actual: str, call: Call, subject: str) -> Finding:
    place = f" at {call.call_site}" if call.call_site else ""
    return Finding(
        rule=f"limit.{key}",
        severity=Severity.ERROR,
        subject=subject,
        limit=limit,
        actual=actual,
        location=call.call_site,
        message=f"llmcost: {key}={limit}, but {actual}{place}",
    )
