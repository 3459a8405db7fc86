"""Batch: what processes tell each other, light enough to exist before any call does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.finding import Finding


class Ran(NamedTuple):
    """One attempt at one test; `outcome` is a value of `TestOutcome`, `feature` the marker's."""

    test: str
    attempt: int
    outcome: str
    weight: Decimal
    feature: str | None


class Batch(NamedTuple):
    """What one attempt at a test, or the end of a process, adds to a run. `faults` are our own errors, by place.

    `replaced` are tests, None outside of any, and what of an SDK they have put something else in the place of.
    """

    calls: tuple[Call, ...] = ()
    tests: tuple[Ran, ...] = ()
    findings: tuple[Finding, ...] = ()
    faults: tuple[str, ...] = ()
    replaced: tuple[tuple[str | None, str], ...] = ()
    texts: Mapping[str, str] = {}
    """Texts of blocks and pieces by fingerprint, with `store_text` only."""


class Collection(NamedTuple):
    """What one process collected: the node ids of all tests, to be run or not, and the files searched in full."""

    tests: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()


class Parcel(NamedTuple):
    """What a worker sends at a time; the collection comes with its first."""

    batches: list[Batch]
    collection: Collection | None = None
