"""Wording: how messages count things and name a few of many."""

from __future__ import annotations


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 call`, `1,200 calls`; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
