"""Settle: what a call that was not live really would have used, since its reply may be older than its request."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Call, Origin, Profile
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TRUSTED_RATIO = Fraction(3, 2)
"""Above this, or below its inverse, a reported count says nothing about its request (a hand-written mock)."""
_SLACK_TOKENS = 16
"""A difference that framing alone can make is no sign of an old reply."""


def settle(calls: Sequence[Call], known: Iterable[Profile]) -> tuple[Call, ...]:
    """Adjust the calls of one test against its profiles in the baseline.

    A recorded reply states the usage of the request that it was recorded with. Where the request has changed since and
    the reply has not: input = reported + (counted now - counted then) x the ratio of reported to counted.
    """
    free = list(known)
    matches: list[Profile | None] = [_take(free, call.profile, _same_prompt) for call in calls]
    for position, call in enumerate(calls):
        if matches[position] is None:
            matches[position] = _take(free, call.profile, _same_reply)
    return tuple(_settled(call, match) for call, match in zip(calls, matches, strict=True))


def _take(free: list[Profile], profile: Profile, alike: _Alike) -> Profile | None:
    for position, candidate in enumerate(free):
        if alike(profile, candidate):
            return free.pop(position)
    return None


def _same_prompt(one: Profile, other: Profile) -> bool:
    return one.prompt == other.prompt and one.product.operation == other.product.operation


def _same_reply(one: Profile, other: Profile) -> bool:
    return (
        one.reported_tokens is not None
        and one.reported_tokens == other.reported_tokens
        and one.usage.output_tokens == other.usage.output_tokens
        and one.product.operation == other.product.operation
    )


def _settled(call: Call, then: Profile | None) -> Call:
    now = call.profile
    if call.origin in (Origin.LIVE, Origin.RECORDED) or now.reported_tokens is None or not now.counted_tokens:
        return call
    if then is None or then.reported_for is None:
        return _doubted(call)
    if then.reported_tokens != now.reported_tokens or then.reported_for == now.counted_tokens:
        return call
    return _adjusted(call, then.reported_for)


def _doubted(call: Call) -> Call:
    """Leave the usage as reported, but say so when it cannot belong to this request."""
    now = call.profile
    difference = now.counted_tokens - (now.reported_tokens or 0)
    bound = max(now.input_tokens_upper - now.counted_tokens, _SLACK_TOKENS)
    return replace(call, stale_by=difference) if abs(difference) > bound else call


def _adjusted(call: Call, counted_then: int) -> Call:
    now = call.profile
    reported = now.reported_tokens or 0
    grown = now.counted_tokens - counted_then
    tokens = max(reported + round(grown * _ratio(reported, counted_then)), 0)
    doubt = Fraction(max(now.input_tokens_upper - now.counted_tokens, 0), now.counted_tokens)
    usage = replace(
        now.usage,
        input_tokens=tokens,
        cache_read_tokens=_at_most(now.usage.cache_read_tokens, tokens),
        cache_write_tokens=_at_most(now.usage.cache_write_tokens, tokens),
    )
    profile = replace(
        now,
        usage=usage,
        usage_source=Provenance.ADJUSTED,
        input_tokens_upper=tokens + round(abs(grown) * doubt),
        reported_for=counted_then,
    )
    return replace(call, profile=profile, stale_by=grown)


def _ratio(reported: int, counted: int) -> Fraction:
    ratio = Fraction(reported, counted) if counted else Fraction(0)
    return ratio if 1 / _TRUSTED_RATIO <= ratio <= _TRUSTED_RATIO else Fraction(1)


def _at_most(tokens: int | None, limit: int) -> int | None:
    return None if tokens is None else min(tokens, limit)


if TYPE_CHECKING:
    from collections.abc import Callable

    _Alike = Callable[[Profile, Profile], bool]
