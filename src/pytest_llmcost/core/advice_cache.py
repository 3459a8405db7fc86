"""Advice on the prefix cache: where it is broken, and where it is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.cache_break import fixed_tokens
from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.levers import reading
from pytest_llmcost.core.prefix import is_marked, minimum, shared
from pytest_llmcost.core.proposal import Proposal, of_calls, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.asked import Asked, Serving
    from pytest_llmcost.core.cache_break import Break
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.proposal import Bought

_ASSUMED = "counted as if all but the first of many requests read them"
"""A write costs more than plain input at some providers; of steady traffic only the first request pays it."""


def proposals(serving: Serving, breaks: Iterable[Break]) -> Iterator[Proposal]:
    """Yield what the calls of this run show."""
    for found in breaks:
        yield from _broken(serving, found)
    groups: dict[object, list[int]] = {}
    for position in serving.own:
        product = serving.asked[position].profile.product
        groups.setdefault((product.provider, product.model, product.operation), []).append(position)
    for positions in groups.values():
        yield from _unused(serving, positions)


def _broken(serving: Serving, found: Break) -> Iterator[Proposal]:
    changed: dict[int, Bought | None] = {}
    fixed = []
    for position, reach in found.reach:
        profile = serving.asked[position].profile
        least, size = minimum(profile.product), fixed_tokens(profile, found.common)
        read = profile.usage.cache_read_tokens or 0
        # What calls share as they are may be in the cache already, whatever a recorded reply says.
        gained = size - max(read, reach if reach >= least else 0)
        if size >= least and gained > 0:
            changed[position] = profile.product, reading(profile.usage, read + gained)
            fixed.append(size)
    if changed:
        marked = any(_is_unmarked(serving.asked[position]) for position in changed)
        yield Proposal(
            kind="cache-break",
            message=f"{found}; moved behind the fixed text{', and that marked with cache_control' if marked else ''}, "
            f"the cache comes back: {tokens(fixed)} of {of_calls(len(changed), len(serving.asked))}",
            changed=changed,
            slot=found,
        )


def _is_unmarked(one: Asked) -> bool:
    usage = one.profile.usage
    return is_marked(one.profile.product) and not usage.cache_read_tokens and not usage.cache_write_tokens


def _unused(serving: Serving, positions: list[int]) -> Iterator[Proposal]:
    product = serving.asked[positions[0]].profile.product
    cold = [position for position in positions if _is_cold(serving.asked[position])]
    if is_marked(product):
        # One call that is marked shows that the others could not use it, or need not.
        cold = cold if len(cold) == len(positions) else []
        fix = "mark them with cache_control"
    else:
        live = [position for position in positions if _is_live(serving.asked[position])]
        # The first request finds an empty cache, and a recorded reply may be of such a one: that shows nothing.
        cold = live if len(live) > 1 and set(live) <= set(cold) else []
        fix = "let such requests follow each other within minutes, with one key for the cache"
    if not cold:
        return
    tests = [serving.asked[position].test for position in cold]
    reach = shared(tests, [serving.asked[position].profile for position in cold], across=True)
    sizes = {position: one.tokens for position, one in zip(cold, reach, strict=True) if one.tokens >= minimum(product)}
    if sizes:
        yield Proposal(
            kind="prefix-cache",
            message=f"{of_calls(len(sizes), len(serving.asked))} share their first {tokens([*sizes.values()])}, and "
            f"none reads them from the cache of {product.model}: {fix} ({_ASSUMED})",
            changed={at: _reading(serving.asked[at].profile, size) for at, size in sizes.items()},
            slot=(product.provider, product.model, product.operation),
        )


def _reading(profile: Profile, tokens: int) -> Bought:
    return profile.product, reading(profile.usage, tokens)


def _is_cold(one: Asked) -> bool:
    """Tell whether the reply says that nothing was read or written; a reply that is silent about it shows nothing."""
    usage = one.profile.usage
    written = usage.cache_write_tokens
    return usage.cache_read_tokens == 0 and (written == 0 if is_marked(one.profile.product) else not written)


def _is_live(one: Asked) -> bool:
    return one.call is not None and one.call.origin is Origin.LIVE
