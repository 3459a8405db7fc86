"""Finding: a broken or nearly broken rule; Verdict: what all findings together mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.settings import Settings


class Severity(StrEnum):
    """How much a finding matters; an error makes the verdict `fail`."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Verdict(StrEnum):
    """The outcome of a run."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken or nearly broken rule, drawn figures included.

    Attributes:
        rule: `budget.<key>`, `limit.<key>`, `regression`, `unpriced`, … (each has a docs page).
        severity: an error fails the run.
        subject: what it is about: a feature, a test, a model, a file.
        limit: the limit as drawn; None where the rule has none.
        actual: the figure as drawn; None where the rule has none.
        message: one sentence for people, with what to do.
        location: `path:line` or a node id; None when there is none.
    """

    rule: str
    severity: Severity
    subject: str
    message: str
    limit: str | None = None
    actual: str | None = None
    location: str | None = None


def graded(group: str, settings: Settings, otherwise: Severity = Severity.WARNING) -> Severity:
    """Return `error` for the groups of findings that are to fail the run."""
    return Severity.ERROR if group in settings.fail_on else otherwise


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings, worst first, then by rule and subject, and drop repetitions."""
    return tuple(
        sorted(
            dict.fromkeys(findings), key=lambda f: (_RANK[f.severity], f.rule, f.subject, f.message, f.location or "")
        )
    )


def verdict(findings: Iterable[Finding]) -> Verdict:
    """Return `fail` when any finding is an error."""
    return Verdict.FAIL if any(finding.severity is Severity.ERROR for finding in findings) else Verdict.PASS
