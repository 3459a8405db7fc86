"""Served: samples as production serves them: what its prefix cache could hold, and what a turn adds, as measured."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.fit import first_turns, fit
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.prefix import head, shared, tokens_before
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.sample import average

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Request, Sample
    from pytest_llmcost.core.usage import Usage


def request_of(samples: Sequence[Sample], production: Production) -> Request | None:
    """Average the samples of a feature as production serves them; None for no samples, or none with weight."""
    return average(served(samples, production))


def served(samples: Sequence[Sample], production: Production) -> Sequence[Sample]:
    """Return the samples of one feature as production serves them.

    Where a hit rate is declared, each call reads all that the prefix cache could hold of it. That is the front that
    calls of other tests have too, or an earlier call of its own test, or that it has read or written itself; for a call
    of a model that no other test calls, its system prompt and tools at least. A model that was seen to write for an
    hour writes all of it for an hour.

    Where later turns of a session are modelled, a test that holds several of them, or begins in the middle of a
    conversation, stands for a first one.
    """
    if production.grows:
        samples = first_turns(samples)
    if production.cache_hit_rate is None:
        return samples
    calls = [(sample.test, profile) for sample in samples for profile in sample.profiles]
    usages = iter(_reading([test for test, _ in calls], [profile for _, profile in calls]))
    return [
        replace(sample, profiles=tuple(replace(profile, usage=next(usages)) for profile in sample.profiles))
        for sample in samples
    ]


def _reading(tests: Sequence[str], profiles: Sequence[Profile]) -> Iterable[Usage]:
    """Yield the usage of each call when all that could be cached is read; whether it is long enough is not asked."""
    hours = {_sold_as(profile) for profile in profiles if profile.usage.cache_write_1h_tokens}
    of: dict[tuple[str, str, str], set[str]] = {}
    for test, profile in zip(tests, profiles, strict=True):
        of.setdefault(_sold_as(profile), set()).add(test)
    for profile, reach in zip(profiles, shared(tests, profiles), strict=True):
        usage, front = profile.usage, reach.tokens
        if len(of[_sold_as(profile)]) == 1:
            front = max(front, tokens_before(profile, len(head(profile))))
        cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
        yield replace(
            usage,
            cache_read_tokens=min(max(front, cached), usage.input_tokens),
            cache_write_tokens=None if usage.cache_write_tokens is None else 0,
            cache_write_1h_tokens=0 if _sold_as(profile) in hours else None,
        )


def resolved(production: Production, samples: Sequence[Sample]) -> Production:
    """Fill in what is measured: what a turn adds, and what a user writes in one.

    The latter is the mean over samples of the last messages in that call which has most of them.
    """
    if not (production.grows or production.router or production.response_cache_lookup):
        return production
    written = whole = Fraction(0)
    for sample in samples:
        weight = Fraction(sample.weight)
        written += weight * max((_user(profile) for profile in sample.profiles), default=0)
        whole += weight
    measured = fit(samples) if production.grows and production.tokens_per_turn is None else None
    return replace(production, user_tokens=dollars(written / whole) if whole else Decimal(0), fit=measured)


def _user(profile: Profile) -> int:
    return profile.segments.get(Segment.USER, 0)


def _sold_as(profile: Profile) -> tuple[str, str, str]:
    """Return what calls share a cache by."""
    return profile.product.provider, profile.product.model, profile.product.operation
