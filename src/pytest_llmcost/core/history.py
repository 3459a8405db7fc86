"""History: a baseline's versions, commit by commit, as what each commit made a month dearer or cheaper."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.between import compare_baseline_runs, compare_baselines
from pytest_llmcost.core.currency import USD, Currency
from pytest_llmcost.core.merging import expected
from pytest_llmcost.core.money import CONTEXT, ZERO, plain, total
from pytest_llmcost.core.repricing import MONTH, Figures, Repricer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Acceptance, Baseline
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.discount import Discount
    from pytest_llmcost.core.lineage import Commit, Lineage
    from pytest_llmcost.core.report import Prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The baseline as one commit has it: None where it cannot be read, and then `problem` says why."""

    baseline: Baseline | None
    problem: str | None = None


if TYPE_CHECKING:
    Read = Callable[[Commit], Version]
    """The port to the versions; called once or a few times for each commit that is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one commit did to the cost, in US dollars a month (or a run).

    Attributes:
        commit: the commit.
        per: `month` or `run`; None where the version cannot be read.
        before_usd: of its parent, or of the nearest readable ancestor; of a merge, what its sides come to together.
            None for the first version, and while any part has no price.
        after_usd: of its own version.
        change_usd: the difference; None while one side is unknown.
        part: the feature (per run: the test) that changed most; None when none did.
        cause: the largest cause in it, where causes are known.
        accepted: increases whose acceptance this commit adds.
        problem: why its version cannot be read.
        note: what else must be known to read the figures, one phrase.
    """

    commit: Commit
    per: str | None = None
    before_usd: Decimal | None = None
    after_usd: Decimal | None = None
    change_usd: Decimal | None = None
    part: str | None = None
    cause: Cause | None = None
    accepted: tuple[Acceptance, ...] = ()
    problem: str | None = None
    note: str | None = None

    @property
    def is_raise(self) -> bool:
        """Tell whether the commit is known to have made it dearer."""
        return self.change_usd is not None and self.change_usd > 0


FIRST = "the first version"
CLONE_ENDS = "the clone is shallow, and its history ends here"
NO_ANCESTOR = "its sides have no common version in this clone, so what it adds itself is unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is shown of the history of a baseline.

    Attributes:
        source: the baseline's name.
        steps: newest first.
        prices: the book that all versions are priced with.
        scenario: name of the scenario under which all are projected.
        feature: the only feature that is looked at; None for all.
        is_shallow: whether the clone holds only a part of the history.
        discounts: those that hold on the day of the prices.
        currency: what amounts are drawn in.
    """

    source: str
    steps: tuple[Step, ...]
    prices: Prices
    scenario: str
    feature: str | None = None
    is_shallow: bool = False
    discounts: Mapping[str, Discount] = field(default_factory=dict)
    currency: Currency = USD

    def ends(self) -> tuple[Step, Step] | None:
        """Return the oldest and the newest step whose version can be read; None when there is none."""
        readable = [step for step in self.steps if step.problem is None]
        return (readable[-1], readable[0]) if readable else None


def steps(lineage: Lineage, shown: Iterable[Commit], read: Read, repricer: Repricer) -> Iterator[Step]:
    """Yield what each of the `shown` commits did, newest first.

    An ordinary commit is compared with its parent. A merge is compared with the changes of all its sides put together,
    so that a raise made on a branch is told once, by the commit that made it. A version that cannot be read is told,
    and the next one is compared with the last that could be. When only one feature is looked at, commits that leave
    its figure as it was are left out.

    Args:
        lineage: every commit that touched the file.
        shown: those of them to tell, newest first, children before parents.
        read: gives the version of a commit.
        repricer: gives its price; all versions are priced alike.
    """
    states = _States(lineage, read, repricer)
    for commit in shown:
        step = _step(commit, states)
        states.forget(commit)
        if repricer.feature is None or step.problem or step.part is not None or (step.note and step.after_usd):
            yield step


@dataclass(frozen=True, slots=True)
class _State:
    """A readable version and its price."""

    baseline: Baseline
    figures: Figures


class _States:
    """Readable versions by commit, read when they are asked for and forgotten when no older commit needs them."""

    def __init__(self, lineage: Lineage, read: Read, repricer: Repricer) -> None:
        self.lineage = lineage
        self.repricer = repricer
        self._read = read
        self._known: dict[str, _State | str] = {}

    def own(self, commit: Commit) -> _State | str:
        """Return the version of a commit, or why it cannot be read."""
        known = self._known.get(commit.hash)
        if known is None:
            version = self._read(commit)
            known = version.problem or "it is not there" if version.baseline is None else self.priced(version.baseline)
            self._known[commit.hash] = known
        return known

    def at(self, name: str) -> _State | None:
        """Return the version at a commit, or else at its nearest readable ancestor along first parents."""
        commit = self.lineage.commit(name)
        while commit is not None:
            found = self.own(commit)
            if isinstance(found, _State):
                return found
            commit = self.lineage.commit(commit.parents[0]) if commit.parents else None
        return None

    def priced(self, baseline: Baseline) -> _State:
        """Return a version with its price."""
        return _State(baseline, self.repricer.figures(baseline))

    def forget(self, commit: Commit) -> None:
        """Let go of a commit whose children have all been looked at."""
        self._known.pop(commit.hash, None)


def _step(commit: Commit, states: _States) -> Step:
    own = states.own(commit)
    if isinstance(own, str):
        return Step(commit=commit, problem=own)
    sides = [side for side in map(states.at, commit.parents) if side is not None]
    seen = {one for side in sides for one in side.baseline.accepted}
    accepted = tuple(one for one in own.baseline.accepted if one not in seen)
    start = Step(commit=commit, per=own.figures.per, after_usd=own.figures.usd, accepted=accepted)
    if len(sides) > 1:
        return _merge(start, sides, own, states)
    if not sides:
        return replace(start, note=CLONE_ENDS if states.lineage.is_end(commit) else FIRST)
    return _changed(start, sides[0], own, states.repricer)


def _merge(start: Step, sides: Sequence[_State], own: _State, states: _States) -> Step:
    name = states.lineage.common(start.commit)
    base = None if name is None else states.at(name)
    if base is None:
        return replace(start, note=NO_ANCESTOR)
    merged = expected(base.baseline, [side.baseline for side in sides])
    first = states.priced(merged.sides[0])
    if not merged.conflicts:
        return _changed(start, first, own, states.repricer)
    others = [states.repricer.figures(side) for side in merged.sides[1:]]
    figures = _together([first.figures, *others], states.repricer.figures(merged.base))
    return _told(start, figures, own.figures)


def _together(sides: Sequence[Figures], base: Figures) -> Figures:
    """Add up the changes of all sides on their ancestor, part by part."""
    parts: dict[str, Decimal | None] = {}
    for name in dict.fromkeys(name for figures in sides for name in figures.parts):
        whole = total(figures.parts.get(name, ZERO) for figures in sides)
        less = base.parts.get(name, ZERO)
        parts[name] = None if whole is None or less is None else plain(CONTEXT.fma(less, 1 - len(sides), whole))
    return Figures(per=sides[0].per, parts=parts)


def _changed(start: Step, before: _State, after: _State, repricer: Repricer) -> Step:
    """Tell the difference between two versions, and look for its cause only where there is one."""
    step = _told(start, before.figures, after.figures)
    if step.part is None:
        return step
    names = _moved(before.figures.parts, after.figures.parts)
    sides, price = (before.baseline, after.baseline), repricer.price
    if step.per == MONTH:
        compared = compare_baselines(*sides, repricer.scenario, price, features=names.keys())
    else:
        compared = compare_baseline_runs(*sides, price, tests=names.keys())
    causes = [
        (cause.monthly_usd.copy_abs(), change.name, cause) for change in compared.features for cause in change.causes
    ]
    if not causes:
        return step
    _, part, cause = max(causes, key=lambda one: one[0])
    return replace(step, part=part, cause=cause)


def _told(start: Step, before: Figures, after: Figures) -> Step:
    if before.per != after.per:
        return replace(start, note=f"from here on the figure is that of a {after.per}, not of a {before.per}")
    old, new = before.usd, after.usd
    moved = _moved(before.parts, after.parts)
    return replace(
        start,
        before_usd=old,
        change_usd=None if old is None or new is None else plain(CONTEXT.subtract(new, old)),
        part=max(moved, key=moved.__getitem__, default=None),
    )


def _moved(before: Mapping[str, Decimal | None], after: Mapping[str, Decimal | None]) -> dict[str, Decimal]:
    """Return the size of the change of every part that changed; 0 where it is not known."""
    moved: dict[str, Decimal] = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ZERO), after.get(name, ZERO)
        if old is None or new is None:
            if old is not new:
                moved[name] = ZERO
        elif old != new:
            moved[name] = CONTEXT.subtract(new, old).copy_abs()
    return moved
