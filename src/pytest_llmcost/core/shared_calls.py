"""Shared calls: what was called outside of tests, in several parts of one run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from pytest_llmcost.core.parts import is_spend, parts_of, without_line
from pytest_llmcost.core.run import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.run import Part, Run

    Own = tuple[int, str]
    """What tells equal calls apart: index and call site."""


def shared_calls(runs: Iterable[Run], parts: Sequence[Part]) -> tuple[list[Call], list[Turn]]:
    """Return the calls outside of tests, and which part those that cost money are of.

    A fixture that every shard sets up is one fixture: of equal calls that cost nothing, as many are kept as the part
    with the most of them has. What was spent was spent in each part.
    """
    given = list(runs)
    live = _live(given, [part.id for part in parts])
    turns = [Turn(None, place, rank) for rank, place in enumerate(sorted(live))]
    calls = [replace(call, attempt=rank + 1) for rank, place in enumerate(sorted(live)) for call in live[place]]
    return sorted([*_free(given), *calls], key=_order), turns


def _live(runs: Iterable[Run], ids: Sequence[str]) -> dict[int, list[Call]]:
    """Return the calls that cost money by the place of their part."""
    places = {name: place for place, name in enumerate(ids)}
    found: dict[int, list[Call]] = {}
    for run in runs:
        own = [places[part.id] for part in parts_of(run)]
        ranks = [own[turn.part] for turn in sorted(run.turns, key=lambda one: one.offset) if turn.test is None]
        by_part: defaultdict[int, list[Call]] = defaultdict(list)
        for call in run.calls:
            if call.test is None and is_spend((call,)):
                rank = min(max(call.attempt - 1, 0), len(ranks) - 1)
                by_part[ranks[rank] if ranks else own[0]].append(call)
        for place, calls in by_part.items():
            found.setdefault(place, calls)
    return found


def _free(runs: Iterable[Run]) -> Iterator[Call]:
    most: dict[Call, list[Own]] = {}
    for run in runs:
        equal: defaultdict[Call, list[Own]] = defaultdict(list)
        for call in run.calls:
            if call.test is None and not is_spend((call,)):
                content = replace(call, index=0, attempt=1, call_site=without_line(call.call_site))
                equal[content].append((call.index, call.call_site or ""))
        for content, own in equal.items():
            most[content] = _merged(most.get(content, []), sorted(own))
    for content, own in most.items():
        yield from (replace(content, index=index, call_site=site or None) for index, site in own)


def _merged(one: list[Own], other: list[Own]) -> list[Own]:
    """Return as many as the longer list has, in each place the smaller."""
    return [min(pair) for pair in zip_longest(one, other, fillvalue=(_AFTER_ALL, ""))]


_AFTER_ALL = 2**63


def _order(call: Call) -> tuple[int, str, str]:
    return call.index, call.call_site or "", repr(call)
