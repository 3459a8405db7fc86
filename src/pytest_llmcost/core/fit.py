"""Fit: tests that hold several turns of a conversation, or begin in one: their first turn, and what others add."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from pytest_llmcost.core.levers import without
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.sample import Sample

_SAID = (Segment.HISTORY, Segment.USER, Segment.MEDIA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What later turns of recorded conversations add to the input of the turn before, in tokens.

    Attributes:
        tests: how many hold a conversation.
        turns: how many turns were compared with the one before.
        low, high: the least and the most that one of them adds.
        mean: over all of them, by the weight of their tests.
    """

    tests: int
    turns: int
    low: int
    high: int
    mean: Decimal


def fit(samples: Iterable[Sample]) -> Fit | None:
    """Return what a turn adds, over all samples that are conversations; None where none is one that grows."""
    added: list[tuple[int, Fraction]] = []
    tests = 0
    for sample in samples:
        turns = [sample.profiles[at].usage.input_tokens for at in conversation(sample.profiles)]
        own = [(now - then, Fraction(sample.weight)) for then, now in pairwise(turns)]
        added += own
        tests += bool(own)
    weight = sum((weight for _, weight in added), Fraction(0))
    if not weight or any(tokens < 0 for tokens, _ in added):
        return None
    sizes = [tokens for tokens, _ in added]
    mean = sum((tokens * weight for tokens, weight in added), Fraction(0)) / weight
    return Fit(tests=tests, turns=len(added), low=min(sizes), high=max(sizes), mean=dollars(mean))


def first_turn(profiles: Sequence[Profile]) -> Sequence[Profile]:
    """Return the calls of the first turn of a conversation; all calls of a test that is none."""
    turns = conversation(profiles)
    return profiles[: turns[1]] if len(turns) > 1 else profiles


def opening(sample: Sample) -> frozenset[str]:
    """Return the fingerprints of the history that the first chat of a test begins with."""
    first = next((one for one in sample.profiles if one.product.operation == "chat"), None)
    blocks = () if first is None else first.blocks
    return frozenset(block.fingerprint for block in blocks if block.segment is Segment.HISTORY)


def saved(samples: Sequence[Sample]) -> list[frozenset[str]]:
    """Return, for each test, what of that history is its own: a conversation that it starts in the middle of.

    What other tests begin with too is an example for the model, which every first turn sends. Of a test that stands
    alone nobody can tell, and nothing is.
    """
    begun = [opening(sample) for sample in samples]
    tests: Counter[str] = Counter()
    for found in begun:
        tests.update(found)
    if len(samples) == 1:
        return [frozenset()]
    return [frozenset(name for name in found if tests[name] == 1) for found in begun]


def first_turns(samples: Sequence[Sample]) -> list[Sample]:
    """Return the samples as first turns: without later ones, and without the history that a test has saved."""
    return [
        replace(sample, profiles=tuple(_without(one, own) for one in first_turn(sample.profiles)))
        for sample, own in zip(samples, saved(samples), strict=True)
    ]


def _without(profile: Profile, own: frozenset[str]) -> Profile:
    cuts = {
        at: block.tokens
        for at, block in enumerate(profile.blocks)
        if block.segment is Segment.HISTORY and block.fingerprint in own
    }
    return without(profile, cuts)


def conversation(profiles: Sequence[Profile]) -> list[int]:
    """Return the positions of the calls that each go on where the one before has ended; one at most where none does.

    A call goes on when all that was said to the earlier one, by whomever, is the beginning of what is said to it. Calls
    with tools are not judged: the next one may carry the result of a tool and be the same turn.
    """
    found: list[int] = []
    before: list[str] = []
    for at, profile in enumerate(profiles):
        if profile.product.operation != "chat" or any(block.segment is Segment.TOOLS for block in profile.blocks):
            continue
        said = [block.fingerprint for block in profile.blocks if block.segment in _SAID and not block.is_frame]
        if not found or (len(said) > len(before) > 0 and said[: len(before)] == before):
            found.append(at)
            before = said
    return found
