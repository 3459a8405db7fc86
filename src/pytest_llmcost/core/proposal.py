"""Proposal: what one lever would do to which calls of a feature, before anybody knows what that saves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.usage import Usage

    Bought = tuple[Product, Usage]
    """All that a price depends on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One thing that could be changed.

    Attributes:
        kind: of the advice.
        message: one sentence: what the calls show, and what to do.
        changed: what is bought after the lever, by the call's position in the feature; None for a call not made.
        slot: of proposals of one kind and slot only the one that saves most is given.
    """

    kind: str
    message: str
    changed: Mapping[int, Bought | None]
    slot: object = None


def of_calls(number: int, whole: int) -> str:
    """Say how many of how many calls: `3 of 11 calls`, `all 11 calls`, `both calls`, `the only call`."""
    if number == whole:
        return {1: "the only call", 2: "both calls"}.get(whole, f"all {whole:,} calls")
    return f"{number:,} of {whole:,} calls"


def span(figures: list[int]) -> str:
    """Say what figures there are: `45`, `45 to 60`."""
    low, high = min(figures), max(figures)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def tokens(figures: list[int]) -> str:
    """Say how many tokens: `45 tokens`, `1 token`, `45 to 60 tokens`."""
    return f"{span(figures)} token{'' if set(figures) == {1} else 's'}"
