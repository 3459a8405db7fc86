"""What if: the month of a recorded run with some levers pulled, and what each of them saves, in order and alone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core import levers as lever
from pytest_llmcost.core import pulled
from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Recalled
from pytest_llmcost.core.bare import bare
from pytest_llmcost.core.compose import Earlier, build_report
from pytest_llmcost.core.demand import demands
from pytest_llmcost.core.layers import LEVERS, SHORTER
from pytest_llmcost.core.meter import CHAT
from pytest_llmcost.core.money import CONTEXT, dollars
from pytest_llmcost.core.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from pytest_llmcost.core.bare import Bare
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.compose import Book
    from pytest_llmcost.core.demand import Demand
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.settings import Feature, Settings

_ONE = Decimal(1)
_CONVERSATION = ("turns_per_session", "tokens_per_turn")
CHOICE = "routing"
"""The lever that chooses a model; candidates come in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levers:
    """What is to be changed.

    Attributes:
        features: names of those that it is changed for.
        traffic: factor on their requests.
        kept: the share of the input tokens of each chat that a shorter prompt keeps.
        max_output: output tokens of each chat at most; None for as recorded.
        production: what replaces how they are served, by field of `Production`.
    """

    features: frozenset[str]
    traffic: Decimal = _ONE
    kept: Decimal = _ONE
    max_output: int | None = None
    production: Mapping[str, object] = field(default_factory=dict)


class Pulled(NamedTuple):
    """One lever, in US dollars a month; None while a call has no price. Below 0 is saved.

    `usd` is what it adds to all levers before it, `alone_usd` what it would add without any other lever; None for what
    is none: traffic and the length of sessions.
    """

    name: str
    said: str
    usd: Decimal | None
    alone_usd: Decimal | None = None


class Case(NamedTuple):
    """What a month is made of: calls and settings."""

    run: Run
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """A month before and after, and the levers between them in their order.

    Attributes:
        settings: those of the month after.
        calls: what makes up the month after.
        unrouted: the month with all levers but the one that chooses a model, what makes it up for the features that are
            changed, and its settings.
    """

    before: Report
    after: Report
    settings: Settings
    calls: tuple[Demand, ...]
    levers: tuple[Pulled, ...]
    unrouted: Bare
    unrouted_calls: tuple[Demand, ...]
    unrouted_settings: Settings


if TYPE_CHECKING:
    Step = tuple[str, Callable[[Case], Case]]


def recorded(report: Report) -> Run:
    """Return the run of a report as calls that are settled: nothing in them is adjusted or scaled once more.

    For that, our own counts are left out: they have done their work. What a baseline lent is in no run.
    """
    assert report.run is not None  # the caller has seen to it
    known: dict[int, Profile] = {}  # calls that share a profile go on sharing one
    for one in report.calls:
        profile = one.call.profile
        if id(profile) not in known:
            known[id(profile)] = replace(profile, counted_tokens=0)
    calls = tuple(replace(one.call, profile=known[id(one.call.profile)]) for one in report.calls)
    return replace(report.run, calls=calls, findings=(), prompts=())


class Judge:
    """Tells the month of the run of an earlier report, under other levers and settings."""

    def __init__(self, report: Report, book: Book) -> None:
        self._assignment = Recalled(report.calls)
        self._book = book
        self.names = tuple(one.feature for one in report.calls)

    def __call__(self, case: Case) -> Bare:
        """Return the month alone."""
        return bare(case.run, case.settings, self._book, self._assignment)

    def report(self, case: Case, explain: Collection[str] = ()) -> Report:
        """Report the month, unfolded for the features in `explain`."""
        earlier = Earlier(assignment=self._assignment, advice=(), unfolded=explain)
        return build_report(case.run, case.settings, Against(), self._book, earlier)


def whatif(report: Report, settings: Settings, levers: Levers, book: Book, explain: Collection[str] = ()) -> WhatIf:
    """Return the month of a run with levers pulled.

    The order: traffic; length of sessions; shorter prompt; output limit; shorter history; prefix cache; batch; routing;
    fallback; response cache.

    Args:
        report: of the run, with its session.
        settings: that it was made with.
        levers: to pull.
        book: the price book.
        explain: the features whose month afterwards is unfolded.
    """
    judge = Judge(report, book)
    start = Case(recorded(report), settings)
    given = list(_assumptions(levers))
    steps = list(_levers(levers, judge.names))
    found, last = [], judge(start)
    for count, (name, _) in enumerate(given, start=1):
        now = judge(_after(start, given[:count]))
        found.append(Pulled(name, pulled.said(name, levers), _less(now.usd, last.usd)))
        last = now
    base = last
    for count, (name, step) in enumerate(steps, start=1):
        now = judge(_after(start, [*given, *steps[:count]]))
        alone = now if count == 1 else judge(_after(start, [*given, (name, step)]))
        found.append(Pulled(name, pulled.said(name, levers), _less(now.usd, last.usd), _less(alone.usd, base.usd)))
        last = now
    end = _after(start, [*given, *steps])
    others = [one for one in steps if one[0] != CHOICE]
    is_routed = len(others) < len(steps)
    rest = _after(start, [*given, *others]) if is_routed else end
    unrouted = judge(rest) if is_routed else last
    everything = {one.name for one in settings.features}
    return WhatIf(
        before=judge.report(start),
        after=judge.report(end, explain),
        settings=end.settings,
        calls=demands(last.groups, end.settings, book.price, everything),
        levers=tuple(found),
        unrouted=unrouted,
        unrouted_calls=demands(unrouted.groups, rest.settings, book.price, levers.features),
        unrouted_settings=rest.settings,
    )


def _less(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if after is None or before is None else CONTEXT.subtract(after, before)


def usd(report: Report) -> Decimal | None:
    """Return US dollars a month of the headline scenario, overheads and all; None while a call has no price."""
    return report.scenarios[report.headline].monthly_usd


def _after(start: Case, steps: Sequence[Step]) -> Case:
    return reduce(lambda case, step: step[1](case), steps, start)


def _assumptions(levers: Levers) -> Iterator[Step]:
    """Yield what is no lever, but what the levers are measured at."""
    if levers.traffic != 1:
        yield "traffic", _served(levers, lambda one, settings: _busier(one, settings, levers.traffic))
    if chosen := _of(levers, _CONVERSATION):
        tiers = {"tiers": ()} if "turns_per_session" in chosen else {}
        yield "conversation", _producing(levers, {**chosen, **tiers}, lambda one: not one.is_session)


def _levers(levers: Levers, names: Sequence[str | None]) -> Iterator[Step]:
    if levers.kept != 1:
        yield "shorter prompt", _using(levers, names, lambda one: lever.trimmed(one, levers.kept))
    if levers.max_output is not None:
        yield "output limit", _using(levers, names, lambda one: lever.output_limit(one, levers.max_output))
    if chosen := _of(levers, SHORTER):
        yield "shorter history", _producing(levers, chosen, lambda one: one.grows)
    for name, fields in LEVERS.items():
        if chosen := _of(levers, fields):
            yield name, _producing(levers, chosen)


def _of(levers: Levers, fields: Sequence[str]) -> dict[str, object]:
    return {name: levers.production[name] for name in fields if name in levers.production}


def _served(levers: Levers, change: Callable[[Feature, Settings], Feature]) -> Callable[[Case], Case]:
    def step(case: Case) -> Case:
        features = tuple(
            change(one, case.settings) if one.name in levers.features else one for one in case.settings.features
        )
        return Case(case.run, replace(case.settings, features=features))

    return step


def _busier(feature: Feature, settings: Settings, factor: Decimal) -> Feature:
    if feature.traffic is None:
        return feature
    requests = CONTEXT.multiply(dollars(feature.traffic.monthly(settings.days_per_month)), factor)
    return replace(feature, traffic=Traffic(requests_per_month=requests))


def _producing(
    levers: Levers, fields: Mapping[str, object], fits: Callable[[Production], bool] = lambda _: True
) -> Callable[[Case], Case]:
    """Replace fields of how features are served, of those that the change fits."""

    def change(feature: Feature, _: Settings) -> Feature:
        if not fits(feature.production):
            return feature
        return replace(feature, production=replace(feature.production, **fields))  # type: ignore[arg-type]

    return _served(levers, change)


def _using(levers: Levers, names: Sequence[str | None], change: Callable[[Profile], Profile]) -> Callable[[Case], Case]:
    """Replace what the chats of features use; `names` are the features of all calls."""

    def step(case: Case) -> Case:
        known: dict[int, Profile] = {}
        calls = list(case.run.calls)
        for at, (call, name) in enumerate(zip(calls, names, strict=True)):
            profile = call.profile
            if name in levers.features and profile.product.operation == CHAT:
                if id(profile) not in known:
                    known[id(profile)] = change(profile)
                calls[at] = replace(call, profile=known[id(profile)])
        return Case(replace(case.run, calls=tuple(calls)), case.settings)

    return step
