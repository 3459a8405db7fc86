"""Ledger: everything that the processes of one session have reported, until it is made a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.run import TestOutcome, TestRun, file_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.plugin.recording import Batch

_PHASES = {phase: rank for rank, phase in enumerate(("collection", "shared", "setup", "call", "teardown"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one process collected: node ids to run, node ids deselected, and files that were searched in full."""

    selected: frozenset[str] = frozenset()
    deselected: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()


@dataclass(slots=True)
class Ledger:
    """Grows while the session runs; read once at its end."""

    calls: list[Call] = field(default_factory=list)
    tests: list[TestRun] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    collection: Collection = field(default_factory=Collection)

    def add(self, batch: Batch) -> None:
        """Add what a process reports."""
        self.calls += batch.calls
        self.tests += batch.tests
        self.findings += batch.findings

    def lose(self, test: str) -> None:
        """Note that a worker died in a test: its calls are lost, and it is no sample."""
        self.tests.append(TestRun(test=test, outcome=TestOutcome.FAILED))
        self.findings.append(
            Finding(
                rule="lost-worker",
                severity=Severity.WARNING,
                subject=test,
                message=f"a pytest-xdist worker died in `{test}`: the calls of this test are lost",
            )
        )

    def in_order(self) -> tuple[Call, ...]:
        """Return the calls by test, attempt and index: the same whatever process ran what, and in which order."""
        return tuple(sorted(self.calls, key=_place))

    def missing(self) -> frozenset[str]:
        """Return the tests that exist but did not run."""
        ran = {test.test for test in self.tests}
        return (self.collection.selected | self.collection.deselected) - ran


def _place(call: Call) -> tuple[bool, str, int, int, int, str]:
    """Sort calls of shared fixtures by what they ask: workers make them in any order."""
    prompt = "" if call.test is not None else call.profile.prompt
    return (
        call.test is None,
        call.test or "",
        _PHASES.get(call.phase, 0) if call.test is None else 0,
        call.attempt,
        (call.index if call.test is not None else 0),
        prompt,
    )


def searched(files: Iterable[str], arguments: Iterable[str]) -> frozenset[str]:
    """Return the files that were collected in full: none of whose tests was asked for one by one."""
    partly = {file_of(argument.replace("\\", "/")) for argument in arguments if "::" in argument}
    return frozenset(file for file in files if not any(part.endswith(file) or file.endswith(part) for part in partly))
