"""Content: why one request of a feature costs more or less than it did, split exactly over samples and calls."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pytest_llmcost.core.alignment import align, by_operation, by_product, by_prompt, by_reply
from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.ledger import Ledger, Shown, Tally
from pytest_llmcost.core.money import ZERO
from pytest_llmcost.core.step import Step, Term, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.ledger import Key
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.step import Meter

    Partners = list[int | None]

_PASSES = (by_prompt, by_reply, by_product, by_operation)


def matched(base: Sequence[Sample], head: Sequence[Sample]) -> list[tuple[Sample | None, Sample | None, Partners]]:
    """Pair the samples of both sides by test, sorted by it, and align the calls of each pair."""
    then, now = ({sample.test: sample for sample in side} for side in (base, head))
    pairs = [(then.get(test), now.get(test)) for test in sorted(then.keys() | now.keys())]
    return [(old, new, align(old.profiles, new.profiles, _PASSES) if old and new else []) for old, new in pairs]


def shares(samples: Iterable[Sample]) -> dict[str, Fraction]:
    """Return each test's share of the weight of all; none without any weight."""
    weights = {sample.test: Fraction(sample.weight) for sample in samples}
    whole = sum(weights.values(), Fraction(0))
    return {test: weight / whole for test, weight in weights.items()} if whole else {}


class Content:
    """The requests of one feature before and after, under one scenario.

    The cost of a request is the sum over samples of share x cost. Its change is split evenly between both factors:
    mean share x change of cost, which is split further by call, and mean cost x change of share.

    Attributes:
        before, after: US dollars per request; None while any call has no price.
        ledger: the causes of the difference in US dollars per request; they add up to it exactly.
    """

    def __init__(self, pairs: Iterable[tuple[Sample | None, Sample | None, Partners]], meter: Meter) -> None:
        self._meter = meter
        self._steps: dict[tuple[int, int], Step | None] = {}
        pairs = list(pairs)
        self._then = shares(old for old, _, _ in pairs if old is not None)
        self._now = shares(new for _, new, _ in pairs if new is not None)
        self.before: Fraction | None = Fraction(0)
        self.after: Fraction | None = Fraction(0)
        self.ledger = Ledger()
        for old, new, partners in pairs:
            if not self._add(old, new, partners):
                self.before = self.after = None
                return

    def _add(self, old: Sample | None, new: Sample | None, partners: Partners) -> bool:
        sample = new or old
        if sample is None or self.before is None or self.after is None:
            return False
        tallies: dict[Key, Tally] = {}
        costs = self._costs(old, new, partners, tallies)
        if costs is None:
            return False
        before, after = costs
        then, now = self._then.get(sample.test, Fraction(0)), self._now.get(sample.test, Fraction(0))
        self.before += then * before
        self.after += now * after
        self._post(tallies, (then + now) / 2, sample.test, new.sites if new else ())
        if then != now:
            site = next(filter(None, new.sites), None) if new else None
            line, usd = self.ledger.line((Kind.SAMPLES, None)), (now - then) * (before + after) / 2
            line.usd += usd
            line.witness(usd, Shown(sample.test, site))
        return True

    def _costs(
        self, old: Sample | None, new: Sample | None, partners: Partners, tallies: dict[Key, Tally]
    ) -> tuple[Fraction, Fraction] | None:
        """Return the cost of a sample on both sides; a sample that one side does not have costs there the same."""
        if old is not None and new is not None:
            return self._compared(old.profiles, new.profiles, partners, tallies)
        only = old or new
        cost = None if only is None else self._sum(only.profiles)
        return None if cost is None else (cost, cost)

    def _sum(self, profiles: Iterable[Profile]) -> Fraction | None:
        whole = ZERO
        for profile in profiles:
            usd = self._meter(profile.product, profile.usage)
            if usd is None:
                return None
            whole += usd
        return Fraction(whole)

    def _compared(
        self, then: Sequence[Profile], now: Sequence[Profile], partners: Partners, tallies: dict[Key, Tally]
    ) -> tuple[Fraction, Fraction] | None:
        before, after = ZERO, ZERO
        for position, partner in enumerate(partners):
            if partner is None:
                usd = self._meter(now[position].product, now[position].usage)
                if usd is None:
                    return None
                after += usd
                _tally(tallies, Term(Kind.CALLS, None, usd, 0, 0), position, None, now[position])
                continue
            found = self._step(then[partner], now[position])
            if found is None:
                return None
            before += found.before_usd
            after += found.after_usd
            for term in found.terms:
                _tally(tallies, term, position, then[partner], now[position])
        for position in sorted(set(range(len(then))).difference(partners)):
            usd = self._meter(then[position].product, then[position].usage)
            if usd is None:
                return None
            before += usd
            _tally(tallies, Term(Kind.CALLS, None, -usd, 0, 0), position, then[position], None)
        return Fraction(before), Fraction(after)

    def _step(self, then: Profile, now: Profile) -> Step | None:
        key = id(then), id(now)  # both live as long as the samples do
        if key not in self._steps:
            self._steps[key] = step(then, now, self._meter)
        return self._steps[key]

    def _post(self, tallies: Mapping[Key, Tally], share: Fraction, test: str, sites: Sequence[str | None]) -> None:
        for key, tally in tallies.items():
            line = self.ledger.line(key)
            line.usd += Fraction(tally.usd) * share
            line.calls += tally.calls
            line.before += Fraction(tally.before)
            line.after += Fraction(tally.after)
            site = sites[tally.position] if sites and tally.now is not None else None
            line.witness(Fraction(tally.most) * share, Shown(test, site, tally.then, tally.now))


def _tally(tallies: dict[Key, Tally], term: Term, position: int, then: Profile | None, now: Profile | None) -> None:
    kind, products, usd, before, after = term
    size = abs(usd)
    found = tallies.get((kind, products))
    if found is None:
        tallies[kind, products] = Tally(usd, 1, before, after, size, position, then, now)
        return
    found.usd += usd
    found.calls += 1
    found.before += before
    found.after += after
    if size > found.most:
        found.most, found.position, found.then, found.now = size, position, then, now
