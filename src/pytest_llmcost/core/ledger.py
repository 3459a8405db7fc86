"""Ledger: causes while they are summed up over calls and samples, each with the place that shows it most."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.money import dollars, plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.step import Products

    Key = tuple[Kind, Products | None]

_KINDS = list(Kind)


class Shown(NamedTuple):
    """Where a cause shows: a test, the call site there, and the call before and after."""

    test: str
    site: str | None = None
    then: Profile | None = None
    now: Profile | None = None


@dataclass(slots=True)
class Line:
    """One cause so far: US dollars, the sums of its figures over the calls that it touches, and its best witness."""

    usd: Fraction = Fraction(0)
    calls: int = 0
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    most: Fraction = Fraction(-1)
    """Absolute dollars of the witness."""
    shown: Shown | None = None

    def witness(self, usd: Fraction, shown: Shown) -> None:
        """Keep the witness of most dollars, of equal ones the first: samples come in the order of their names."""
        if abs(usd) > self.most:
            self.most, self.shown = abs(usd), shown


@dataclass(slots=True)
class Tally:
    """One cause inside of one sample, in US dollars per run of the test."""

    usd: Decimal
    calls: int
    before: Decimal | int
    after: Decimal | int
    most: Decimal
    position: int
    """Of the call that shows it most: among those of the side that has it."""
    then: Profile | None
    now: Profile | None


@dataclass(slots=True)
class Ledger:
    """All causes of one feature so far."""

    lines: dict[Key, Line] = field(default_factory=dict)

    def line(self, key: Key) -> Line:
        """Return the line of a cause, a new one if there is none."""
        found = self.lines.get(key)
        if found is None:
            found = self.lines[key] = Line()
        return found

    def add(self, other: Ledger, times: Fraction) -> None:
        """Add another ledger's causes so many times; its figures count once, whatever they weigh."""
        for key, more in other.lines.items():
            line = self.line(key)
            line.usd += more.usd * times
            line.calls += more.calls
            line.before += more.before
            line.after += more.after
            if more.shown is not None:
                line.witness(more.most * times, more.shown)


def rounded(lines: Mapping[Key, Line], whole: Decimal) -> dict[Key, Decimal]:
    """Round causes to 12 places so that they add up to `whole`; negating all of them negates the result.

    What rounding has left goes to the largest, of equal ones to the first kind. A change of models that another one
    undoes to the last digit does not take it: swapping the sides would not tell the two apart.
    """
    amounts = {key: dollars(line.usd) for key, line in lines.items()}
    rest = whole - sum(amounts.values())
    if rest:
        takers = [key for key in lines if not _is_undone(key, lines)] or list(lines)
        amounts[min(takers, key=lambda key: _rank(key, lines[key].usd))] += rest
    return {key: plain(usd) for key, usd in amounts.items()}


def _is_undone(key: Key, lines: Mapping[Key, Line]) -> bool:
    kind, products = key
    other = lines.get((kind, products[::-1])) if products else None
    return other is not None and other.usd == -lines[key].usd


def _rank(key: Key, usd: Fraction) -> tuple[object, ...]:
    kind, products = key
    names = [repr(one) for one in products or ()]
    forward = names == sorted(names)
    return -abs(usd), _KINDS.index(kind), sorted(names), forward is not (usd > 0)
