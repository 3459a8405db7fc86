"""Growth: which pieces of a prompt are new, in words."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_llmcost.core.prompt import Block

_NAMED = 4
"""Numbers or ranges of pieces in one phrase; more are counted instead."""


def growth(before: Iterable[Block], after: Iterable[Block], segment: Segment) -> str | None:
    """Say which pieces of a segment are new, changed or gone: `block 3 of 9 is new`; None when none is.

    Pieces are compared by fingerprint, wherever they stand. They are numbered from 1, in
    the new prompt; in the old one where pieces are gone and none is new.
    """
    old, new = _fingerprints(before, segment), _fingerprints(after, segment)
    fresh, gone = _surplus(new, old), _surplus(old, new)
    if not fresh and not gone:
        return None
    noun = "tool" if segment is Segment.TOOLS else "block"
    if not fresh:
        return _phrase(noun, gone, len(old), ("is gone", "are gone"))
    if fresh == gone and len(old) == len(new):
        return _phrase(noun, fresh, len(new), ("has changed", "have changed"))
    return _phrase(noun, fresh, len(new), ("is new", "are new")) + (f", {len(gone)} gone" if gone else "")


def _fingerprints(blocks: Iterable[Block], segment: Segment) -> list[str]:
    own = (block for block in blocks if block.segment is segment and not block.is_frame)
    return [grain.fingerprint for block in own for grain in block.grains()]


def _surplus(these: Sequence[str], those: Sequence[str]) -> list[int]:
    """Return the numbers of what `those` do not have; of equal ones the first are taken for the same."""
    known = Counter(those)
    numbers = []
    for number, fingerprint in enumerate(these, 1):
        if known[fingerprint]:
            known[fingerprint] -= 1
        else:
            numbers.append(number)
    return numbers


def _phrase(noun: str, numbers: Sequence[int], total: int, verbs: tuple[str, str]) -> str:
    if len(numbers) == 1:
        return f"{noun} {numbers[0]} of {total} {verbs[0]}"
    if len(numbers) == total:
        return f"all {total} {noun}s {verbs[1]}"
    runs = _runs(numbers)
    if len(runs) > _NAMED:
        return f"{len(numbers)} of {total} {noun}s {verbs[1]}"
    named = f"{', '.join(runs[:-1])} and {runs[-1]}" if len(runs) > 1 else runs[0]
    return f"{noun}s {named} of {total} {verbs[1]}"


def _runs(numbers: Sequence[int]) -> list[str]:
    """Write three and more numbers in a row as a range."""
    runs: list[str] = []
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        row = [str(number) for _, number in group]
        runs += row if len(row) < 3 else [f"{row[0]} to {row[-1]}"]  # noqa: PLR2004 - two are no range
    return runs
