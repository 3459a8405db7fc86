"""Recording: the calls of each test, from its first phase to its last; in every process that runs tests."""

from __future__ import annotations

from collections import Counter as Tally
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.limits import broken
from pytest_llmcost.core.run import TestOutcome, TestRun
from pytest_llmcost.core.settle import settle
from pytest_llmcost.plugin.marker import Marked
from pytest_llmcost.plugin.pipeline import Pipeline
from pytest_llmcost.tokens import ESTIMATOR, Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.budget import Limits
    from pytest_llmcost.core.call import Call, Price, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one attempt at a test, or the end of a session, adds to a run."""

    calls: tuple[Call, ...] = ()
    tests: tuple[TestRun, ...] = ()
    findings: tuple[Finding, ...] = ()


class LimitBroken(pytest.fail.Exception):  # type: ignore[name-defined, misc] # made by a decorator in pytest
    """A limit of ours; any other failure makes a test no sample."""


class Recording:
    """Reads what the recorder kept, test by test.

    Args:
        recorder: keeps the exchanges.
        baseline: gives the baseline when it is first needed; None for none.
        price: the price book, used for limits only.
    """

    def __init__(self, recorder: Recorder, baseline: Callable[[], Baseline | None], price: Price) -> None:
        self.recorder = recorder
        self.price = price
        self._baseline = baseline
        self.pipeline = Pipeline(Counter(self._known_blocks), recorder.fault)
        self._attempts: Tally[str] = Tally()
        self._marked: dict[str, Marked] = {}
        self._calls: dict[str, list[Call]] = {}
        self._findings: dict[str, list[Finding]] = {}
        self._outcomes: dict[str, TestOutcome] = {}
        self.session_findings: list[Finding] = []
        """Findings of no test: a refused call."""

    def _known_blocks(self) -> Mapping[str, int]:
        baseline = self._baseline()
        return baseline.known_blocks() if baseline is not None and baseline.header.estimator == ESTIMATOR else {}

    def begin(self, test: str, marked: Marked) -> None:
        """Begin an attempt at a test."""
        self._attempts[test] += 1
        self._marked[test] = marked
        self._outcomes[test] = TestOutcome.PASSED

    def owner(self, test: str, phase: str) -> Owner:
        """Return who is charged for the calls of a test in a phase of its present attempt."""
        return Owner(test, phase, max(self._attempts[test], 1))

    def so_far(self, test: str) -> tuple[Call, ...]:
        """Return the calls of this attempt whose replies are complete, with the usage that the report will show."""
        return settle(self._read(test, pending=False), self._profiles(test))

    def _read(self, test: str, *, pending: bool) -> list[Call]:
        calls = self._calls.setdefault(test, [])
        flights = self.recorder.take(test, self._attempts[test], pending=pending)
        if flights:
            calls += self.pipeline.calls(flights)
            calls.sort(key=lambda call: call.index)
        return calls

    def _profiles(self, test: str) -> Sequence[Profile]:
        baseline = self._baseline()
        if baseline is None or test not in baseline.tests or baseline.header.estimator != ESTIMATOR:
            return ()
        return baseline.tests[test].calls

    def declare(self, test: str, call: Call) -> None:
        """Add a call that no wire shows."""
        attempt = self._attempts[test]
        index = self.recorder.next_index(Owner(test, call.phase, attempt))
        self._calls.setdefault(test, []).append(replace(call, test=test, attempt=attempt, index=index))

    def enforce(self, test: str, limits: Limits, calls: Sequence[Call]) -> None:
        """Fail the running test with one line when `calls` break `limits`."""
        __tracebackhide__ = True
        found = tuple(broken(limits, calls, self.price, test))
        if found:
            self._findings.setdefault(test, []).extend(found)
            raise LimitBroken("; ".join(finding.message for finding in found), pytrace=False)

    def enforce_marker(self, test: str) -> None:
        """Fail the running test when it breaks a limit of its marker."""
        __tracebackhide__ = True
        marked = self._marked.get(test)
        if marked is not None and marked.is_limited:
            self.enforce(test, marked.limits, [call for call in self.so_far(test) if not call.evaluation])

    def note(self, test: str, report: pytest.TestReport, error: BaseException | None) -> None:
        """Note how a phase ended; the worst phase is the outcome of the attempt."""
        if report.failed:
            by_limit = isinstance(error, LimitBroken) and self._outcomes.get(test) is TestOutcome.PASSED
            self._outcomes[test] = TestOutcome.LIMIT if by_limit else TestOutcome.FAILED
        elif report.skipped and self._outcomes.get(test) is TestOutcome.PASSED:
            self._outcomes[test] = TestOutcome.XFAILED if hasattr(report, "wasxfail") else TestOutcome.SKIPPED

    def finish(self, test: str) -> Batch:
        """Read and forget an attempt that is over."""
        marked = self._marked.pop(test, Marked())
        self._read(test, pending=True)
        run = TestRun(
            test=test,
            attempt=max(self._attempts[test], 1),
            outcome=self._outcomes.pop(test, TestOutcome.FAILED),
            weight=marked.weight,
            feature=marked.feature,
        )
        return Batch(calls=tuple(self._calls.pop(test, ())), tests=(run,), findings=tuple(self._findings.pop(test, ())))

    def rest(self) -> Batch:
        """Read what is left at the end: shared fixtures, latecomers, and our own faults."""
        calls = self.pipeline.calls(self.recorder.rest())
        return Batch(calls=tuple(calls), findings=(*self.session_findings, *_faults(self.recorder.faults)))


def _faults(faults: Sequence[str]) -> list[Finding]:
    return [
        Finding(
            rule="internal",
            severity=Severity.WARNING,
            subject=place,
            message=f"pytest-llmcost failed to read {count} call{'s' if count > 1 else ''} ({place}):"
            " their cost is in no total; please report this line",
        )
        for place, count in sorted(Tally(faults).items())
    ]
