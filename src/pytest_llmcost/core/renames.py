"""Renames: tests that the baseline knows under another name, told by what they ask and what they get."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.sampling import in_sample, is_carried, last_attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.run import Run

    Calls = Sequence[Profile]

_ASKED = frozenset({Segment.HISTORY, Segment.USER, Segment.MEDIA})


def renames(run: Run, baseline: Baseline) -> tuple[tuple[str, str], ...]:
    """Return the tests of the baseline that this run has under another name: (old name, new name), by old name.

    Only a test that is gone can be one that is new. They are told by the prompts of all their calls, else by the
    questions in them, else by the first question (their number of calls may have changed too), else by replies that no
    other test has on either side: many tests share one mock. Of several that are alike, the first by name is taken for
    the first.
    """
    last = last_attempts(run.tests)
    sampled: dict[str, list[Profile]] = {}
    for call in run.calls:
        if call.test is not None and in_sample(call, last):
            sampled.setdefault(call.test, []).append(call.profile)
    new: dict[str, Calls] = {test: calls for test, calls in sampled.items() if test not in baseline.tests}
    if not new:
        return ()
    gone: dict[str, Calls] = {
        test: entry.calls
        for test, entry in baseline.tests.items()
        if test not in sampled and not is_carried(test, run, last)
    }
    found: dict[str, str] = {}
    common = _common(entry.calls for entry in baseline.tests.values()) | _common(sampled.values())
    for key in (_prompts, _question, _first_question, lambda calls: _own(_replies(calls), common)):
        found |= _alike(gone, new, key)
        gone = {test: calls for test, calls in gone.items() if test not in found}
        taken = set(found.values())
        new = {test: calls for test, calls in new.items() if test not in taken}
    return tuple(sorted(found.items()))


def renamed(baseline: Baseline, names: Iterable[tuple[str, str]]) -> Baseline:
    """Return the baseline with tests under their new names."""
    new = dict(names)
    tests = {new.get(test, test): entry for test, entry in baseline.tests.items()}
    return replace(baseline, tests=tests) if new else baseline


def _alike(gone: Mapping[str, Calls], new: Mapping[str, Calls], key: Callable[[Calls], object]) -> dict[str, str]:
    """Pair the tests with equal keys in the order of their names; a key of None is like no other."""
    groups: dict[object, list[str]] = {}
    for test in sorted(gone):
        groups.setdefault(key(gone[test]), []).append(test)
    groups.pop(None, None)
    pairs: dict[str, str] = {}
    waiting = {name: iter(tests) for name, tests in groups.items()}
    for test in sorted(new):
        old = next(waiting.get(key(new[test]), iter(())), None)
        if old is not None:
            pairs[old] = test
    return pairs


def _prompts(calls: Calls) -> object:
    return tuple((call.product.operation, call.prompt) for call in calls) or None


def _asked(call: Profile) -> tuple[str, ...]:
    """Return the blocks that belong to a test alone: what the user says, not how the system is told to answer."""
    return tuple([one.fingerprint for one in call.blocks if one.segment in _ASKED and not one.is_frame])


def _question(calls: Calls) -> object:
    asked = tuple(map(_asked, calls))
    return asked if any(asked) else None


def _first_question(calls: Calls) -> object:
    return next(filter(None, map(_asked, calls)), None)


def _common(tests: Iterable[Calls]) -> set[object]:
    """Return the replies that several tests have."""
    return {replies for replies, number in Counter(map(_replies, tests)).items() if number > 1}


def _own(replies: object, common: Container[object]) -> object:
    return None if replies in common else replies


def _replies(calls: Calls) -> object:
    replies = tuple((call.reported_tokens, call.usage.output_tokens) for call in calls)
    return replies if replies and all(reported is not None for reported, _ in replies) else None
