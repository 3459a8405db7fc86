"""Phrases: how messages count things and name a few of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = 3
"""Names in one message; the rest is counted."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 call`, `1,200 calls`; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def named(names: Sequence[str]) -> str:
    """Name the first three and count the rest: `a`, `b`, `c` and 2 more."""
    few = ", ".join(f"`{name}`" for name in names[:_NAMED])
    return few + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
