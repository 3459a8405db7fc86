"""Turns: all attempts at one test in one part, and which of them are the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_llmcost.core.parts import is_spend, parts_of, without_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.prompt import Segment
    from pytest_llmcost.core.run import Run, TestRun


@dataclass(frozen=True, kw_only=True)
class TestTurn:
    """All attempts at one test in one part, counted from 1. `part` is the part's place among all that are combined."""

    __test__ = False

    part: int
    tests: tuple[TestRun, ...]
    calls: tuple[Call, ...]

    @cached_property
    def is_spend(self) -> bool:
        """True when a call reached a real socket."""
        return is_spend(self.calls)

    @cached_property
    def is_sample(self) -> bool:
        """True when its last attempt did what it should."""
        return bool(self.tests) and self.tests[-1].is_sample

    @cached_property
    def attempts(self) -> int:
        """The number of its last attempt."""
        own = [test.attempt for test in self.tests] + [call.attempt for call in self.calls]
        return max(own, default=0)

    @cached_property
    def rank(self) -> tuple[bool, bool, int, int]:
        """Sort last what is to be the sample: one with calls; of live ones the latest, of others the largest.

        The largest, not the latest: jobs start in another order each time, and the figure must stay the same.
        """
        usages = [call.profile.usage for call in self.calls]
        tokens = 0 if self.is_spend else sum(usage.input_tokens + usage.output_tokens for usage in usages)
        return self.is_sample, bool(self.calls), tokens, self.part

    def tests_after(self, offset: int) -> Iterable[TestRun]:
        """Return its attempts, numbered after so many others."""
        return [replace(test, attempt=test.attempt + offset) for test in self.tests] if offset else self.tests

    def calls_after(self, offset: int) -> Iterable[Call]:
        """Return its calls, their attempts numbered after so many others."""
        return [replace(call, attempt=call.attempt + offset) for call in self.calls] if offset else self.calls

    def equals(self, other: TestTurn) -> bool:
        """Tell whether both ran alike: one attempt as the other, and one call as the other.

        Two jobs may put one statement on different lines, and a time or an id into one prompt: what counts is what was
        asked of whom, in which sizes, and what it used.
        """
        return (
            len(self.calls) == len(other.calls)
            and self.tests == other.tests
            and all(map(_alike, self.calls, other.calls))
        )


def _alike(one: Call, other: Call) -> bool:
    return one == other or _content(one) == _content(other)


def _content(call: Call) -> tuple[Call, list[tuple[Segment, int]]]:
    sizes = [(block.segment, block.tokens) for block in call.profile.blocks]
    profile = replace(call.profile, prompt="", blocks=())
    return replace(call, call_site=without_line(call.call_site), profile=profile, tools_called=()), sizes


def turns_of(run: Run, places: Mapping[str, int]) -> Iterator[tuple[str, TestTurn]]:
    """Yield every test of a run with each of its turns. `places` tells the place of each part by its id."""
    own = [places[part.id] for part in parts_of(run)]
    offsets: defaultdict[str | None, list[tuple[int, int]]] = defaultdict(list)
    for turn in run.turns:
        offsets[turn.test].append((turn.offset, own[turn.part]))
    tests: defaultdict[str, list[TestRun]] = defaultdict(list)
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    for test in run.tests:
        tests[test.test].append(test)
    for call in run.calls:
        if call.test is not None:
            calls[call.test].append(call)
    for name in dict.fromkeys([*tests, *calls]):
        yield from ((name, turn) for turn in _cut(sorted(offsets.get(name, [(0, own[0])])), tests[name], calls[name]))


def _cut(offsets: list[tuple[int, int]], tests: list[TestRun], calls: list[Call]) -> Iterator[TestTurn]:
    if len(offsets) == 1:
        yield TestTurn(part=offsets[0][1], tests=tuple(tests), calls=tuple(calls))
        return
    ends = [offset for offset, _ in offsets]
    for place, (offset, part) in enumerate(offsets):
        own_tests = [replace(one, attempt=one.attempt - offset) for one in tests if _place(ends, one.attempt) == place]
        own_calls = [replace(one, attempt=one.attempt - offset) for one in calls if _place(ends, one.attempt) == place]
        yield TestTurn(part=part, tests=tuple(own_tests), calls=tuple(own_calls))


def _place(offsets: list[int], attempt: int) -> int:
    """Return which turn an attempt is of: the last one that begins before it."""
    return max(sum(offset < attempt for offset in offsets) - 1, 0)


def together(turns: Iterable[TestTurn]) -> list[TestTurn]:
    """Return the different turns of one test, that which is to be the sample last.

    A turn that made no call and is no sample, as of a test that one job skips, says nothing beside another one.
    """
    kept: list[TestTurn] = []
    given = list(turns)
    if len(given) == 1:
        return given
    for turn in sorted(given, key=lambda one: one.part):
        if not any(one.part == turn.part or (not turn.is_spend and one.equals(turn)) for one in kept):
            kept.append(turn)
    said = [turn for turn in kept if turn.calls or turn.is_sample]
    return sorted(said or kept, key=lambda turn: turn.rank)


def joined(turns: Iterable[TestTurn]) -> Iterator[tuple[TestTurn, int]]:
    """Yield turns with the number of attempts before each."""
    offset = 0
    for turn in turns:
        yield turn, offset
        offset += turn.attempts
