"""Sample: one run of one test, standing for one request to a feature in production."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The calls of one test that serve one feature.

    `carried` says that the test gave no sample in this run, and that its figure is the baseline's.
    """

    test: str
    feature: str
    profiles: tuple[Profile, ...]
    weight: Decimal
    carried: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What one request of a feature is made of, on average: an amount of each kind of call.

    Attributes:
        parts: how often each (product, usage) happens per request; exact.
        calls: calls per request.
    """

    parts: tuple[tuple[Product, Usage, Fraction], ...]

    @property
    def calls(self) -> Fraction:
        """Calls per request."""
        return sum((share for _, _, share in self.parts), Fraction(0))

    @property
    def input_tokens(self) -> Fraction:
        """Input tokens per request."""
        return sum((usage.input_tokens * share for _, usage, share in self.parts), Fraction(0))

    @property
    def output_tokens(self) -> Fraction:
        """Output tokens per request."""
        return sum((usage.output_tokens * share for _, usage, share in self.parts), Fraction(0))


def average(samples: Sequence[Sample]) -> Request | None:
    """Average samples by weight; None for no samples (or none with weight)."""
    whole = sum((Fraction(sample.weight) for sample in samples), Fraction(0))
    if not whole:
        return None
    times: Counter[tuple[Product, Usage, Decimal]] = Counter()
    for sample in samples:
        for profile in sample.profiles:
            times[profile.product, profile.usage, sample.weight] += 1
    return Request(
        tuple((product, usage, Fraction(weight) * count / whole) for (product, usage, weight), count in times.items())
    )


def by_feature(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """Group samples by feature, in order of first appearance."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.feature, []).append(sample)
    return groups
