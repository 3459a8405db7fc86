"""Alignment: which call of one side is which call of the other, when both sides are runs of the same test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_llmcost.core.call import Profile

    Key = Callable[[Profile], object]


def by_prompt(profile: Profile) -> object:
    """Return what two calls with the same prompt share."""
    return profile.prompt, profile.product.operation


def by_reply(profile: Profile) -> object:
    """Return what two calls with the same recorded reply share; None for a reply that reports no usage."""
    reported = profile.reported_tokens
    return None if reported is None else (reported, profile.usage.output_tokens, profile.product.operation)


def by_product(profile: Profile) -> object:
    """Return what two calls of the same product share."""
    product = profile.product
    return product.provider, product.model, product.operation, product.service_tier


def by_operation(profile: Profile) -> object:
    """Return what two calls of the same operation share."""
    return profile.product.operation


def align(base: Sequence[Profile], head: Sequence[Profile], keys: Sequence[Key]) -> list[int | None]:
    """Return, for each call of `head`, the position of its partner in `base`; None for a call without one.

    Each key is one pass over what the passes before have left: the nth call with a key is the partner of the nth call
    with that key on the other side, so swapping the sides gives the same pairs. Calls whose key is None wait for the
    next pass.
    """
    partners: list[int | None] = [None] * len(head)
    free: Sequence[int] = range(len(base))
    single: Sequence[int] = range(len(head))
    for key in keys:
        if not free or not single:
            break
        waiting: dict[object, list[int]] = {}
        for number in reversed(free):
            waiting.setdefault(key(base[number]), []).append(number)
        unclaimed = waiting.pop(None, [])
        for position in single:
            numbers = waiting.get(key(head[position]))
            if numbers:
                partners[position] = numbers.pop()
        single = [position for position in single if partners[position] is None]
        free = sorted([*unclaimed, *(number for numbers in waiting.values() for number in numbers)])
    return partners
