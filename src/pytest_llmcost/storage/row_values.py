"""Row values: counts and texts in a row of a baseline, checked one by one."""

from __future__ import annotations

LARGEST = 2**53
"""No count is larger: beyond it, other readers of JSON lose digits."""


class WrongRowError(ValueError):
    """What is wrong with a row, as one phrase."""


def count(found: object) -> int:
    """Return a count; raises WrongRowError for anything else."""
    # Not isinstance: true and false are whole numbers to Python.
    if type(found) is int and 0 <= found <= LARGEST:
        return found
    raise WrongRowError("has something else where a count from 0 to 2**53 must stand")


def text(found: object) -> str:
    """Return a text; raises WrongRowError for anything else."""
    if isinstance(found, str):
        return found
    raise WrongRowError("has something else where a text must stand")
