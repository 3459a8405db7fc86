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
    from collections.abc import Iterable, Mapping, Sequence

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
    pairs = _pairs(calls, features, known, last)
    touched = {features[pair.position] for pair in pairs if _could_change(pair)}
    if not touched:
        return tuple(calls)
    settled = list(calls)
    for group in _groups([pair for pair in pairs if features[pair.position] in touched], features):
        tests = [pair.call.test or "" for pair in group]
        then = shared(tests, [pair.then for pair in group])
        now = shared(tests, [pair.call.profile for pair in group])
        for pair, before, after in zip(group, then, now, strict=True):
            if _is_old_reply(pair):
                settled[pair.position] = _judged(pair, before, after)
    return tuple(settled)


def _pairs(
    calls: Sequence[Call],
    features: Sequence[str | None],
    known: Mapping[str, Entry],
    last: Mapping[str, TestRun],
) -> list[_Pair]:
    """Return the calls on both sides, of features in which any call has cache reads to lose."""
    reading = {name for call, name in zip(calls, features, strict=True) if call.profile.usage.cache_read_tokens}
    tests: dict[str, list[int]] = {}
    for position, call in enumerate(calls):
        if features[position] in reading and call.test in known and in_sample(call, last):
            tests.setdefault(call.test or "", []).append(position)
    return [
        _Pair(position, calls[position], then)
        for test, positions in tests.items()
        for position, then in zip(positions, _thens([calls[at] for at in positions], known[test]), strict=True)
        if then is not None
    ]


def _groups(pairs: Iterable[_Pair], features: Sequence[str | None]) -> Iterable[list[_Pair]]:
    """Group pairs by feature, and by what is bought now: calls of another model are no measure."""
    groups: dict[object, list[_Pair]] = {}
    for pair in pairs:
        product = pair.call.profile.product
        key = features[pair.position], product.provider, product.model, product.operation
        groups.setdefault(key, []).append(pair)
    return groups.values()


def _thens(calls: Sequence[Call], entry: Entry) -> Sequence[Profile | None]:
    """Return the profile of each call in the baseline; at once where all prompts are the same, as they mostly are."""
    if [call.profile.prompt for call in calls] == [profile.prompt for profile in entry.calls]:
        return entry.calls
    return matches(calls, entry.calls)


def _could_change(pair: _Pair) -> bool:
    """Tell whether a call could lose cache reads, or has lost them in the baseline."""
    is_same = pair.call.profile.prompt == pair.then.prompt and pair.then.usage_source is Provenance.REPORTED
    return not is_same and _is_old_reply(pair)


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
