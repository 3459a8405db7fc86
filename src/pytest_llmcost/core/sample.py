"""Sample: one run of one test, standing for one request to a feature in production."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The calls of one test that serve one feature.

    Attributes:
        carried: the test gave no sample in this run, and its figure is the baseline's.
        sites: the call site of each call (`path:line`); empty where nobody knows: carried, or of a baseline.
    """

    test: str
    feature: str
    profiles: tuple[Profile, ...]
    weight: Decimal
    carried: bool = False
    sites: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What one request of a feature is made of, on average: an amount of each kind of call.

    Attributes:
        parts: how often each (product, usage) happens per request; exact.
        calls: calls per request.
    """

    parts: tuple[tuple[Product, Usage, Fraction], ...]

    def by_share(self) -> Iterator[tuple[Fraction, Iterator[tuple[Product, Usage, Fraction]]]]:
        """Yield together the parts that happen equally often: a sum over many calls then takes few fractions."""
        return groupby(self.parts, key=itemgetter(2))

    def _mean(self, amount: Callable[[Usage], int]) -> Fraction:
        sums = (share * sum(amount(usage) for _, usage, _ in parts) for share, parts in self.by_share())
        return sum(sums, Fraction(0))

    @property
    def calls(self) -> Fraction:
        """Calls per request."""
        return self._mean(lambda _: 1)

    @property
    def input_tokens(self) -> Fraction:
        """Input tokens per request."""
        return self._mean(attrgetter("input_tokens"))

    @property
    def output_tokens(self) -> Fraction:
        """Output tokens per request."""
        return self._mean(attrgetter("output_tokens"))


def average(samples: Sequence[Sample], requests: Fraction = Fraction(1)) -> Request | None:
    """Average samples by weight, each of which stands for some requests; None for no samples (or none with weight)."""
    numbers = Counter(sample.weight for sample in samples)
    whole = sum((Fraction(weight) * number for weight, number in numbers.items()), Fraction(0))
    if not whole:
        return None
    times: dict[Decimal, Counter[tuple[Product, Usage]]] = {weight: Counter() for weight in numbers}
    for sample in samples:
        times[sample.weight].update((profile.product, profile.usage) for profile in sample.profiles)
    parts: list[tuple[Product, Usage, Fraction]] = []
    for weight, counter in times.items():
        shares = {count: Fraction(weight) * count / whole / requests for count in set(counter.values())}
        by_count = sorted(counter.items(), key=itemgetter(1))
        parts += ((product, usage, shares[count]) for (product, usage), count in by_count)
    return Request(tuple(parts))


def by_feature(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """Group samples by feature, in order of first appearance."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.feature, []).append(sample)
    return groups
