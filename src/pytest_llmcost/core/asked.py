"""Asked: the calls behind a feature's month, those of this run with what only the run knows about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.core.production import PLAIN, Production
from pytest_llmcost.core.sample import by_feature
from pytest_llmcost.core.sampling import in_sample
from pytest_llmcost.core.served import served

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.call import Call, PricedCall, Profile
    from pytest_llmcost.core.run import TestRun
    from pytest_llmcost.core.sample import Sample
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
    samples: tuple[Sample, ...] = ()
    production: Production = PLAIN
    """How they are declared to be served."""

    @property
    def own(self) -> list[int]:
        """Positions of the calls of this run."""
        return [position for position, one in enumerate(self.asked) if one.call is not None]

    @property
    def is_whole(self) -> bool:
        """True when no call is carried: then what no call shows does not happen in the tests."""
        return all(one.call is not None for one in self.asked)


def serving(
    priced: Iterable[PricedCall], sampled: Sampled, last: Mapping[str, TestRun], now: Assumptions
) -> list[Serving]:
    """Return the calls of the features with traffic, in order of test and call, as production serves them.

    None for a feature without samples.
    """
    own: dict[tuple[str, str], list[Call]] = {}
    for one in priced:
        if one.feature is not None and in_sample(one.call, last):
            own.setdefault((one.call.test or "", one.feature), []).append(one.call)
    groups = by_feature(sampled.head)
    return [
        _serving(name, now.production.get(name, PLAIN), groups[name], own) for name in now.requests if name in groups
    ]


def _serving(
    name: str, production: Production, samples: Sequence[Sample], own: Mapping[tuple[str, str], Sequence[Call]]
) -> Serving:
    """`own` are the calls of this run, by test and feature."""
    asked: list[Asked] = []
    for sample in served(samples, production):
        calls = [None] * len(sample.profiles) if sample.carried else own[sample.test, name]
        pairs = zip(sample.profiles, calls, strict=False)  # later turns of a conversation are none of its first one
        asked += (Asked(sample.test, profile, sample.weight, call) for profile, call in pairs)
    weight = total(sample.weight for sample in samples) or ZERO
    return Serving(name, tuple(asked), weight, tuple(samples), production)
