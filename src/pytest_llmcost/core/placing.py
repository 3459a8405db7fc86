"""Placing: which pieces of prompts are new against the baseline, and the causes with the files that hold them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.cause import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.report import Report

_PREFIX = "input."


def with_places(report: Report, baseline: Baseline | None, places: Callable[[], Iterable[tuple[str, str]]]) -> Report:
    """Let the causes of a report name the files of prompts.

    Args:
        report: of this run.
        baseline: what it was compared with; None for nothing.
        places: gives fingerprint and `path:line` of what a project's files hold; asked only where a prompt has changed.
    """
    if baseline is None or not is_placeable(report):
        return report
    return placed(report, baseline, needed(places(), wanted(report, baseline)))


def is_placeable(report: Report) -> bool:
    """Tell whether any cause is a change of a prompt, so that it is worth to look for its file."""
    comparison = report.comparison
    return comparison is not None and any(
        cause.kind.startswith(_PREFIX) for change in _changes(comparison) for cause in change.causes
    )


def products(report: Report) -> frozenset[Product]:
    """Return what the calls of a report bought: their fingerprints depend on it."""
    return frozenset(one.call.profile.product for one in report.calls)


def placed(report: Report, baseline: Baseline, places: Mapping[str, str]) -> Report:
    """Let causes that are new text name the file that holds it.

    Args:
        report: of this run.
        baseline: what it was compared with.
        places: `path:line` by fingerprint of a block or piece.
    """
    comparison = report.comparison
    if comparison is None or not places:
        return report
    new = _new_grains(report, baseline)
    found = {
        subject: place
        for subject, grains in new.items()
        if (place := next((places[name] for _, name in sorted(grains, reverse=True) if name in places), None))
    }

    def settled(changes: tuple[Change, ...]) -> tuple[Change, ...]:
        return tuple(
            replace(one, causes=tuple(_placed(one.name, cause, found) for cause in one.causes)) for one in changes
        )

    return replace(
        report, comparison=replace(comparison, features=settled(comparison.features), gate=settled(comparison.gate))
    )


def _changes(comparison: Comparison) -> tuple[Change, ...]:
    return (*comparison.features, *comparison.gate)


def _placed(name: str, cause: Cause, found: Mapping[tuple[str, Kind], str]) -> Cause:
    place = found.get((name, cause.kind))
    return cause if place is None else replace(cause, location=place)


def _new_grains(report: Report, baseline: Baseline) -> dict[tuple[str, Kind], set[tuple[int, str]]]:
    """Return (tokens, fingerprint) of what is new, by feature and by test and kind of cause."""
    old = {name for entry in baseline.tests.values() for profile in entry.calls for _, _, name in _grains(profile)}
    new: dict[tuple[str, Kind], set[tuple[int, str]]] = {}
    for one in report.calls:
        for kind, tokens, name in _grains(one.call.profile):
            if name not in old:
                for subject in filter(None, (one.feature, one.call.test)):
                    new.setdefault((subject, kind), set()).add((tokens, name))
    return new


def _grains(profile: Profile) -> Iterator[tuple[Kind, int, str]]:
    for block in profile.blocks:
        kind = Kind(f"{_PREFIX}{block.segment}")
        for grain in block.grains():
            yield kind, grain.tokens, grain.fingerprint


def wanted(report: Report, baseline: Baseline) -> frozenset[str]:
    """Return the fingerprints whose place would tell where a prompt has grown."""
    return frozenset(name for grains in _new_grains(report, baseline).values() for _, name in grains)


def needed(places: Iterable[tuple[str, str]], names: frozenset[str]) -> dict[str, str]:
    """Return the first place of each fingerprint that is wanted."""
    found: dict[str, str] = {}
    for name, place in places:
        if name in names:
            found.setdefault(name, place)
    return found
