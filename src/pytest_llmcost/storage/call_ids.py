"""Call ids: short names for call profiles in a baseline file, which outlive a change of what they stand for."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

DIGITS = 10
"""Hexadecimal, of the SHA-256 of the row: a longer one is taken where two are alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The file that is replaced: the row of each call without its id, and the ids of the calls of each test."""

    calls: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def assign(tests: Mapping[str, tuple[str, ...]], previous: Previous) -> dict[str, str]:
    """Name every distinct call row of some tests, so that few lines of the previous file change.

    A row takes the id that stood in its places, the row with the most places first; what is left is named by its
    content. Deterministic.
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for row, name in _claims(tests, previous):
        if row not in ids and name not in taken:
            ids[row] = name
            taken.add(name)
    for row in sorted({row for rows in tests.values() for row in rows} - ids.keys()):
        ids[row] = _fresh(row, taken)
        taken.add(ids[row])
    return ids


def _claims(tests: Mapping[str, tuple[str, ...]], previous: Previous) -> list[tuple[str, str]]:
    """Return pairs of a row and a previous id, the pair that keeps most lines as they are first."""
    votes: Counter[tuple[str, str]] = Counter()
    for test, rows in tests.items():
        before = previous.tests.get(test, ())
        # The line of a test with more or fewer calls changes in any case.
        if len(before) == len(rows):
            votes.update(zip(rows, before, strict=True))
    present = {row for rows in tests.values() for row in rows}
    unchanged = {(row, name) for name, row in previous.calls.items() if row in present}
    votes.update(unchanged)
    return sorted(votes, key=lambda claim: (-votes[claim], claim not in unchanged, claim))


def _fresh(row: str, taken: Container[str]) -> str:
    digest = hashlib.sha256(row.encode("utf-8", "surrogatepass")).hexdigest()
    return next(digest[:length] for length in range(DIGITS, len(digest) + 1) if digest[:length] not in taken)
