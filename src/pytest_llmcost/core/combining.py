"""Combining: the runs of shards and matrix jobs as one, whatever the order in which they are put together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from pytest_llmcost.core.finding import ranked
from pytest_llmcost.core.parts import parts_of
from pytest_llmcost.core.prompt_files import merged
from pytest_llmcost.core.run import Origins, Run, Turn, file_of, in_order
from pytest_llmcost.core.shared_calls import shared_calls
from pytest_llmcost.core.turns import joined, together, turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.run import Part, TestRun
    from pytest_llmcost.core.turns import TestTurn

_Value = TypeVar("_Value")

_OF_PARTS = ("combined-", "shard")
"""Rules about parts: they are found anew when parts are added."""


def combine(runs: Iterable[Run]) -> Run:
    """Return several runs as one.

    The result depends neither on the order of the runs nor on which of them were combined before, and a part that is
    in two of them counts once. A test that several parts ran is there once where all of it is equal and nothing was
    spent; otherwise each is an attempt of its own, and one of them is the sample. A test is missing where no part ran
    it.
    """
    given = list(runs)
    parts = _parts(given)
    tests, calls, turns = _tests(given, parts)
    shared, shared_turns = shared_calls(given, parts)
    ran = {test.test for test in tests}
    there = {file_of(test) for test in ran}.union(*(run.searched for run in given))
    missing = frozenset().union(*(run.missing for run in given)) - ran
    gone = frozenset().union(*(run.gone for run in given)) - there - {file_of(test) for test in missing}
    return Run(
        calls=in_order([*calls, *shared]),
        tests=tuple(tests),
        missing=missing,
        searched=frozenset().union(*(run.searched for run in given)),
        gone=gone,
        findings=_findings(given),
        created_at=min((part.created_at for part in parts), default=""),
        plugin_version=_versions(part.plugin_version for part in parts),
        estimator=_versions(part.estimator for part in parts),
        origins=_origins([part.origins for part in parts]),
        texts=_texts(run.texts for run in given),
        parts=parts,
        turns=(*shared_turns, *turns) if len(parts) > 1 else (),
        prompts=merged(run.prompts for run in given),
    )


def _parts(runs: Iterable[Run]) -> tuple[Part, ...]:
    """Return every part once, the earliest first."""
    known: dict[str, Part] = {}
    for part in sorted((part for run in runs for part in parts_of(run)), key=repr):
        known.setdefault(part.id, part)
    return tuple(sorted(known.values(), key=lambda part: (part.created_at, part.id)))


def _tests(runs: Iterable[Run], parts: Sequence[Part]) -> tuple[list[TestRun], list[Call], list[Turn]]:
    """Return the attempts at all tests, their calls, and which part each attempt is of."""
    places = {part.id: place for place, part in enumerate(parts)}
    found: defaultdict[str, list[TestTurn]] = defaultdict(list)
    for run in runs:
        for test, turn in turns_of(run, places):
            found[test].append(turn)
    tests: list[TestRun] = []
    calls: list[Call] = []
    turns: list[Turn] = []
    for test in sorted(found):
        for turn, offset in joined(together(found[test])):
            tests += turn.tests_after(offset)
            calls += turn.calls_after(offset)
            turns.append(Turn(test, turn.part, offset))
    return tests, calls, turns


def _findings(runs: Iterable[Run]) -> tuple[Finding, ...]:
    """Return what the parts noticed themselves; what several of them say is kept once."""
    found = {finding for run in runs for finding in run.findings if not finding.rule.startswith(_OF_PARTS)}
    return ranked(sorted(found, key=repr))


def _versions(versions: Iterable[str]) -> str:
    return ", ".join(sorted({version for one in versions for version in one.split(", ")}))


def _origins(origins: Sequence[Origins]) -> Origins:
    """Return the commit and the branch that all parts have which know theirs; None where they disagree."""
    dirty = [one.dirty for one in origins]
    return Origins(
        commit=_common(one.commit for one in origins),
        branch=_common(one.branch for one in origins),
        dirty=True if True in dirty else None if None in dirty else False if dirty else None,
    )


def _common(values: Iterable[_Value | None]) -> _Value | None:
    known = {value for value in values if value is not None}
    return known.pop() if len(known) == 1 else None


def _texts(texts: Iterable[Mapping[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in texts:
        for name, text in one.items():
            found[name] = min(found.get(name, text), text)
    return found
