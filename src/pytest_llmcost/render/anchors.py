"""Anchors: where in the repository each finding is to be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.run import file_of
from pytest_llmcost.render.causes import plain, reason
from pytest_llmcost.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.report import Report

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_WITH_LINE = re.compile(r"(.+?):([0-9]{1,9})(?:-[0-9]+)?")
_DRIVE = re.compile(r"[A-Za-z]:/")
_ALL = "total"
"""The subject of a finding that is about the whole application."""


class Anchored(NamedTuple):
    """A finding, and its place: a path with `/` from the top of the repository, and a line from 1; None for none.

    `message` is one sentence, its subject and what made it dear included; foreign text in it is raw.
    """

    finding: Finding
    message: str
    path: str | None
    line: int | None


def anchored(report: Report, prefix: str = "") -> Iterator[Anchored]:
    """Yield errors, warnings, and notices that have a place, worst first.

    Args:
        report: what was found.
        prefix: where the project lies in its repository, `services/shop/`; empty at its top.
    """
    for finding in sorted(report.findings, key=lambda one: _RANK[one.severity]):
        found = ((_place(location), why) for location, why in _locations(finding, report))
        place, why = next((one for one in found if one[0]), (None, ""))
        if place is not None:
            yield Anchored(finding, f"{_message(finding)}{why}", f"{prefix}{place[0]}", place[1])
        elif finding.severity is not Severity.NOTICE:
            yield Anchored(finding, _message(finding), None, None)


def _message(finding: Finding) -> str:
    is_named = finding.subject in finding.message
    return finding.message if is_named else f"{finding.subject}: {finding.message}"


def _locations(finding: Finding, report: Report) -> Iterator[tuple[str | None, str]]:
    """Yield what may tell the place, best first: its own, that of what made it dear, the test that it is about.

    With each comes what to add to the message, for a place that needs a reason.
    """
    yield finding.location, ""
    is_budget = finding.rule.startswith("budget.")
    if is_budget or finding.rule in {"regression", "acceptance-expired"}:
        yield from _of_causes(finding.subject, report)
    if is_budget:
        yield _of_dearest(finding.subject, report), ""
    if "::" in finding.subject:
        yield finding.subject, ""


def _of_causes(subject: str, report: Report) -> Iterator[tuple[str | None, str]]:
    """Yield the places of what makes a feature, or everything, dearer than the baseline; the largest first."""
    comparison = report.comparison
    for name, cause in comparison.ranked_causes() if comparison else ():
        if comparison and cause.monthly_usd > 0 and subject in (name, _ALL):
            amount = report.currency.draw(cause.monthly_usd, sign=True)
            why = f"; here: {plain(reason(cause))}, {amount} a {comparison.per}"
            yield cause.location, why
            yield cause.test, why


def _of_dearest(subject: str, report: Report) -> str | None:
    """Return where the dearest call of a feature, or of all, is made; the test that makes it where nobody knows."""
    priced = [
        (one.cost.usd, one.call.call_site or one.call.test)
        for one in report.calls
        if one.cost.usd is not None and subject in (one.feature, _ALL)
    ]
    return max(priced, key=lambda one: one[0])[1] if priced else None


def _place(location: str | None) -> tuple[str, int | None] | None:
    """Read `path`, `path:line` or a node id; None for what is no path inside of the project."""
    if not location:
        return None
    text = clean(location)
    if "::" in text:
        path, line = file_of(text), None
    else:
        found = _WITH_LINE.fullmatch(text)
        path, line = (found[1], int(found[2]) or None) if found else (text, None)
    path = path.replace("\\", "/")
    is_outside = _DRIVE.match(path) or any(part in {"", ".", ".."} for part in path.split("/"))
    return None if is_outside else (path, line)
