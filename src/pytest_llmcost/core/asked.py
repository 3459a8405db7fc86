"""Asked: the calls behind a feature's month, those of this run with what only the run knows about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.sampling import in_sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.call import Call, PricedCall, Profile
    from pytest_llmcost.core.prompt import Block
    from pytest_llmcost.core.run import TestRun
    from pytest_llmcost.core.sampling import Sampled


class Asked(NamedTuple):
    """One call of a sample."""

    test: str
    profile: Profile
    weight: Decimal
    """Of its sample."""
    call: Call | None = None
    """None for a call that is carried from the baseline: where it was made and what it streamed is not known."""


class Serving(NamedTuple):
    """The calls of a feature's samples."""

    feature: str
    asked: tuple[Asked, ...]
    weight: Decimal
    """Of all samples together."""

    @property
    def own(self) -> list[int]:
        """Positions of the calls of this run."""
        return [position for position, one in enumerate(self.asked) if one.call is not None]

    @property
    def is_whole(self) -> bool:
        """True when no call is carried: then what no call shows does not happen in the tests."""
        return all(one.call is not None for one in self.asked)


def serving(
    priced: Iterable[PricedCall], sampled: Sampled, last: Mapping[str, TestRun], names: Iterable[str]
) -> list[Serving]:
    """Return the calls of the features with these names, in order of test and call; none for one without samples."""
    own: dict[tuple[str, str], list[Call]] = {}
    for one in priced:
        if one.feature is not None and in_sample(one.call, last):
            own.setdefault((one.call.test or "", one.feature), []).append(one.call)
    asked: dict[str, list[Asked]] = {name: [] for name in names}
    weights: dict[str, list[Decimal]] = {name: [] for name in asked}
    for sample in sampled.head:
        if sample.feature not in asked:
            continue
        weights[sample.feature].append(sample.weight)
        if sample.carried:
            found = [Asked(sample.test, profile, sample.weight) for profile in sample.profiles]
        else:
            calls = own[sample.test, sample.feature]
            found = [Asked(sample.test, call.profile, sample.weight, call) for call in calls]
        asked[sample.feature] += found
    return [Serving(name, tuple(group), total(weights[name]) or ZERO) for name, group in asked.items() if group]


_FIXED = (Segment.SYSTEM, Segment.TOOLS)


def head(profile: Profile) -> tuple[Block, ...]:
    """Return the blocks at the beginning of a prompt that are system prompt or tools: what should never change."""
    blocks = profile.blocks
    for position, block in enumerate(blocks):
        if block.segment not in _FIXED:
            return blocks[:position]
    return blocks
