"""Placing: which pieces of prompts are new against the baseline, and the causes with the files that hold them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.cause import Kind
from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Product
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
    old = {id(block): block for entry in baseline.tests.values() for one in entry.calls for block in one.blocks}
    known = {grain.fingerprint for block in old.values() for grain in block.grains()}
    blocks: dict[int, tuple[Kind, list[tuple[int, str]]]] = {}
    new: dict[tuple[str, Kind], set[tuple[int, str]]] = {}
    for one in report.calls:
        for block in one.call.profile.blocks:
            if id(block) not in blocks:  # the report keeps every block alive
                grains = [(grain.tokens, grain.fingerprint) for grain in block.grains()]
                blocks[id(block)] = _KINDS[block.segment], [grain for grain in grains if grain[1] not in known]
            kind, grains = blocks[id(block)]
            if grains:
                for subject in filter(None, (one.feature, one.call.test)):
                    new.setdefault((subject, kind), set()).update(grains)
    return new


_KINDS = {segment: Kind(f"{_PREFIX}{segment}") for segment in Segment}


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
