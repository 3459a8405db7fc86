"""Advice on what is bought: a cheaper model that this run uses too, the batch interface, an output limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.call import Origin, Outcome
from pytest_llmcost.core.levers import in_batch, writing_less
from pytest_llmcost.core.models import is_snapshot
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.proposal import Proposal, of_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_llmcost.core.asked import Asked, Serving
    from pytest_llmcost.core.call import PricedCall, Product, Profile
    from pytest_llmcost.core.proposal import Bought

_LIMIT_STEP = 50
_NEEDS = (Segment.TOOLS, Segment.MEDIA)
"""What not every model can deal with."""


class Handled(NamedTuple):
    """The calls of one product that ended well in this run, and the feature of the first of them."""

    feature: str | None
    profiles: list[Profile]


def handled(priced: Iterable[PricedCall]) -> dict[Product, Handled]:
    """Return what each product of a run dealt with, in calls that ended well and judge nothing."""
    found: dict[Product, Handled] = {}
    for one in priced:
        call = one.call
        if call.outcome is Outcome.OK and not call.evaluation:
            product = call.profile.product
            if product not in found:
                found[product] = Handled(one.feature, [])
            found[product].profiles.append(call.profile)
    return found


def proposals(serving: Serving, seen: Mapping[Product, Handled]) -> Iterator[Proposal]:
    """Yield what the calls of a feature show; `seen` is what each product of the run dealt with."""
    yield from _models(serving, seen)
    yield from _batch(serving)
    yield from _output_limit(serving)


def _carry(profiles: Iterable[Profile], segment: Segment) -> bool:
    return any(block.segment is segment for profile in profiles for block in profile.blocks)


def _models(serving: Serving, seen: Mapping[Product, Handled]) -> Iterator[Proposal]:
    groups: dict[Product, list[int]] = {}
    for position, one in enumerate(serving.asked):
        groups.setdefault(one.profile.product, []).append(position)
    for product, positions in groups.items():
        others = [one for one in seen if _could_replace(one, product)]
        if not others:
            continue
        own = [serving.asked[position].profile for position in positions]
        needs = [segment for segment in _NEEDS if _carry(own, segment)]
        for other in others:
            if all(_carry(seen[other].profiles, segment) for segment in needs):
                yield _model(serving, positions, other, seen[other].feature)


def _could_replace(other: Product, product: Product) -> bool:
    same = (other.provider, other.operation, other.service_tier)
    return same == (product.provider, product.operation, product.service_tier) and not (
        is_snapshot(other.model, product.model) or is_snapshot(product.model, other.model)
    )


def _model(serving: Serving, positions: Sequence[int], other: Product, feature: str | None) -> Proposal:
    product = serving.asked[positions[0]].profile.product
    where = f", which this run uses for {feature}" if feature not in (None, serving.feature) else ""
    return Proposal(
        kind="model",
        message=f"{product.model} answers {of_calls(len(positions), len(serving.asked))}: use {other.model}{where}, "
        "if its answers are good enough",
        changed={at: (other, serving.asked[at].profile.usage) for at in positions},
        slot=product,
    )


def _batch(serving: Serving) -> Iterator[Proposal]:
    if serving.production.batch or serving.production.has_turns:
        return
    if not serving.is_whole or len({one.test for one in serving.asked}) < len(serving.asked):
        return
    if any(one.call is not None and one.call.stream for one in serving.asked):
        return
    if any(block.segment is Segment.HISTORY for one in serving.asked for block in one.profile.blocks):
        return
    yield Proposal(
        kind="batch",
        message="each request is one call that is not streamed and carries no history: send them as a batch, if an "
        "answer may take a day",
        changed={at: (in_batch(one.profile.product), one.profile.usage) for at, one in enumerate(serving.asked)},
    )


def _output_limit(serving: Serving) -> Iterator[Proposal]:
    writing = [at for at, one in enumerate(serving.asked) if _writes(one)]
    free = [at for at in writing if serving.asked[at].profile.output_limit is None]
    if not free:
        return
    sizes = sorted(serving.asked[at].profile.usage.output_tokens for at in writing)
    twice_median = sizes[(len(sizes) - 1) // 2] + sizes[len(sizes) // 2]
    limit = -(-twice_median // _LIMIT_STEP) * _LIMIT_STEP
    longer = [at for at in free if serving.asked[at].profile.usage.output_tokens > limit]
    if longer:
        yield Proposal(
            kind="output-limit",
            message=f"no output limit is set in {of_calls(len(free), len(serving.asked))}, and the longest answer has "
            f"{sizes[-1]:,} tokens: a limit of {limit:,}, twice the usual answer, would cut "
            f"{of_calls(len(longer), len(serving.asked))}",
            changed={at: _shorter(serving.asked[at].profile, limit) for at in longer},
        )


def _shorter(profile: Profile, limit: int) -> Bought:
    return profile.product, writing_less(profile.usage, limit)


def _writes(one: Asked) -> bool:
    """Tell whether a call is a chat whose request was read, so that a limit in it would have been seen."""
    profile = one.profile
    is_read = one.call is not None and one.call.origin is not Origin.RECORDED and bool(profile.blocks)
    return is_read and profile.product.operation == "chat" and profile.usage.output_tokens > 0
