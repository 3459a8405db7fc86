"""Merging: what a merge of baselines is expected to hold, so that only what it adds itself is its change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_llmcost.core.baseline import Baseline

_Value = TypeVar("_Value")


class Expected(NamedTuple):
    """The changes of all sides of a merge, put together on their common ancestor.

    Attributes:
        sides: one baseline per side; they differ only in tests, traffic, overheads and production that several sides
            changed differently, where each holds its own. Without any such conflict they are equal.
        base: the same with the ancestor's values in those places. What all sides together come to is the sum of
            the sides less the base once for every side but one.
        conflicts: whether there are such places.
    """

    sides: tuple[Baseline, ...]
    base: Baseline
    conflicts: bool


def expected(base: Baseline, sides: Sequence[Baseline]) -> Expected:
    """Merge some sides on their common ancestor, by test, feature and overhead, as git merges lines."""
    tests = _merged(base.tests, [side.tests for side in sides])
    traffic = _merged(base.header.requests_per_month, [side.header.requests_per_month for side in sides])
    overheads = _merged(base.header.overheads, [side.header.overheads for side in sides])
    production = _merged(base.header.production, [side.header.production for side in sides])
    declared = zip((sides[0], *sides), traffic.each, overheads.each, production.each, strict=True)
    headers = [
        replace(side.header, requests_per_month=requests, overheads=shares, production=served)
        for side, requests, shares, served in declared
    ]
    every = [
        replace(side, tests=own, header=header)
        for side, own, header in zip((sides[0], *sides), tests.each, headers, strict=True)
    ]
    conflicts = tests.conflicts or traffic.conflicts or overheads.conflicts or production.conflicts
    return Expected(tuple(every[1:]), every[0], conflicts=conflicts)


class _Merged(NamedTuple, Generic[_Value]):
    each: list[dict[str, _Value]]
    """The ancestor's, then one per side."""
    conflicts: bool


def _merged(base: Mapping[str, _Value], sides: Sequence[Mapping[str, _Value]]) -> _Merged[_Value]:
    each: list[dict[str, _Value]] = [{} for _ in range(len(sides) + 1)]
    conflicts = False
    for key in dict.fromkeys(key for table in (base, *sides) for key in table):
        found = [table.get(key) for table in (base, *sides)]
        changed = [value for value in found[1:] if value is not found[0] and value != found[0]]
        if all(value == changed[0] for value in changed[1:]):
            found = [changed[0] if changed else found[0]] * len(found)
        else:
            # One side that left it alone stands where the ancestor does, so that the sum holds each change once.
            conflicts = True
        for table, value in zip(each, found, strict=True):
            if value is not None:
                table[key] = value
    return _Merged(each, conflicts)
