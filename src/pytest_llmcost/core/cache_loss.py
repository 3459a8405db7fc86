"""Cache loss: input that a recorded reply read from the cache, and that its request could read no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.prefix import MINIMUM_TOKENS, shared
from pytest_llmcost.core.sampling import in_sample
from pytest_llmcost.core.settle import matches
from pytest_llmcost.core.usage import Provenance, weakest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_llmcost.core.baseline import Entry
    from pytest_llmcost.core.call import Call, Profile
    from pytest_llmcost.core.prefix import Shared
    from pytest_llmcost.core.run import TestRun


class _Pair(NamedTuple):
    """A call of this run, by its position in it, and its profile in the baseline."""

    position: int
    call: Call
    then: Profile


def without_lost_cache(
    calls: Sequence[Call],
    features: Sequence[str | None],
    known: Mapping[str, Entry],
    last: Mapping[str, TestRun],
) -> tuple[Call, ...]:
    """Take back the cache reads of recorded replies whose requests have a shorter prefix in common than they had.

    A recorded reply keeps the cache reads of the request that it was recorded for. Only calls that stand on both sides
    are compared: of one test that runs alone nothing can be said, and nothing is.

    Args:
        calls: settled calls.
        features: the feature of each.
        known: the baseline's entries by test.
        last: the last attempt at each test.
    """
    settled = list(calls)
    for group in _groups(calls, features, known, last):
        tests = [pair.call.test or "" for pair in group]
        then = shared(tests, [pair.then for pair in group])
        now = shared(tests, [pair.call.profile for pair in group])
        for pair, before, after in zip(group, then, now, strict=True):
            if _is_old_reply(pair):
                settled[pair.position] = _judged(pair, before, after)
    return tuple(settled)


def _groups(
    calls: Sequence[Call],
    features: Sequence[str | None],
    known: Mapping[str, Entry],
    last: Mapping[str, TestRun],
) -> Iterator[list[_Pair]]:
    """Yield the pairs of each feature and product, where any of them has cache reads to lose."""
    reading = {name for call, name in zip(calls, features, strict=True) if call.profile.usage.cache_read_tokens}
    tests: dict[str, list[int]] = {}
    for position, call in enumerate(calls):
        if call.test in known and features[position] in reading and in_sample(call, last):
            tests.setdefault(call.test or "", []).append(position)
    groups: dict[object, list[_Pair]] = {}
    for test, positions in tests.items():
        for position, then in zip(positions, matches([calls[at] for at in positions], known[test].calls), strict=True):
            if then is not None:
                call = calls[position]
                product = call.profile.product
                key = features[position], product.provider, product.model, product.operation
                groups.setdefault(key, []).append(_Pair(position, call, then))
    yield from groups.values()


def _is_old_reply(pair: _Pair) -> bool:
    """Tell whether the reply is the one that the baseline knows, with cache reads in it; a new one is believed."""
    call, then = pair.call, pair.then
    reported = call.profile.reported_tokens
    return (
        call.origin not in (Origin.LIVE, Origin.RECORDED)
        and bool(call.profile.usage.cache_read_tokens)
        and reported is not None
        and reported == then.reported_tokens
    )


def _judged(pair: _Pair, before: Shared, after: Shared) -> Call:
    profile = pair.call.profile
    read = _still_read(profile, pair.then, before.tokens, after.tokens)
    if read == profile.usage.cache_read_tokens:
        return pair.call
    usage = replace(profile.usage, cache_read_tokens=read)
    source = weakest((profile.usage_source, Provenance.ADJUSTED)) or Provenance.ADJUSTED
    return replace(pair.call, profile=replace(profile, usage=usage, usage_source=source))


def _still_read(now: Profile, then: Profile, before: int, after: int) -> int:
    """Return the input tokens that are still read from the cache; `before` and `after` are those that could be.

    Where the front itself became shorter, and nothing that was shared has come to stand behind a difference, only what
    the front has lost is lost.
    """
    read = _believed(now, then, after)
    lost = before - after
    if now.prompt == then.prompt or lost <= 0 or before < MINIMUM_TOKENS:
        return read
    if after < MINIMUM_TOKENS:
        return 0
    is_broken = now.usage.input_tokens - after > then.usage.input_tokens - before
    return min(read, after if is_broken else max(after, read - lost))


def _believed(now: Profile, then: Profile, after: int) -> int:
    """Return the cache reads to start from: the reply's, unless the baseline has taken them back already.

    Without this, a baseline that was written while the prefix was broken would make the next run look cheaper.
    """
    read, kept = now.usage.cache_read_tokens or 0, then.usage.cache_read_tokens or 0
    if then.usage_source is Provenance.REPORTED or kept >= min(read, then.usage.input_tokens):
        return read
    return min(read, max(kept, after if after >= MINIMUM_TOKENS else 0))
