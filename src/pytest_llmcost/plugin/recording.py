"""Recording: which test runs in which attempt, and how it ends; in every process that runs tests."""

from __future__ import annotations

from collections import Counter as Tally
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.plugin.batch import Batch, Ran
from pytest_llmcost.plugin.marker import Marked

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price
    from pytest_llmcost.plugin.reading import Reading

PASSED, LIMIT, FAILED, SKIPPED, XFAILED = "passed", "limit", "failed", "skipped", "xfailed"


class Recording:
    """Follows tests through their phases. What reads calls is loaded when there is a call to read.

    Args:
        recorder: keeps the exchanges.
        baseline: gives the baseline when it is first needed; None for none.
        price: gives the price book when it is first needed.
    """

    def __init__(self, recorder: Recorder, baseline: Callable[[], Baseline | None], price: Callable[[], Price]) -> None:
        self.recorder = recorder
        self._baseline = baseline
        self._price = price
        self._attempts: Tally[str] = Tally()
        self._marked: dict[str, Marked] = {}
        self._outcomes: dict[str, str] = {}

    @cached_property
    def reading(self) -> Reading:
        """What turns exchanges into calls."""
        from pytest_llmcost.plugin.reading import Reading

        return Reading(self.recorder, self._baseline, self._price())

    def begin(self, test: str, marked: Marked) -> None:
        """Begin an attempt at a test."""
        self._attempts[test] += 1
        self._marked[test] = marked
        self._outcomes[test] = PASSED

    def attempt(self, test: str) -> int:
        """Return the number of the present attempt, from 1."""
        return max(self._attempts[test], 1)

    def owner(self, test: str, phase: str) -> Owner:
        """Return who is charged for the calls of a test in a phase of its present attempt."""
        return Owner(test, phase, self.attempt(test))

    def enforce_marker(self, test: str) -> None:
        """Fail the running test when it breaks a limit of its marker."""
        __tracebackhide__ = True
        marked = self._marked.get(test)
        if marked is not None and marked.is_limited:
            attempt = self.attempt(test)
            self.reading.enforce(test, marked.limits, self.reading.so_far(test, attempt))

    def note(self, test: str, report: pytest.TestReport, *, by_limit: bool) -> None:
        """Note how a phase ended; the worst phase is the outcome of the attempt."""
        so_far = self._outcomes.get(test)
        if report.failed:
            self._outcomes[test] = LIMIT if by_limit and so_far == PASSED else FAILED
        elif report.skipped and so_far == PASSED:
            self._outcomes[test] = XFAILED if hasattr(report, "wasxfail") else SKIPPED

    def finish(self, test: str) -> Batch:
        """Read and forget an attempt that is over."""
        marked = self._marked.pop(test, Marked())
        attempt = self.attempt(test)
        ran = Ran(test, attempt, self._outcomes.pop(test, FAILED), marked.weight, marked.feature)
        if "reading" not in self.__dict__ and not self.recorder.has(test, attempt):
            return Batch(tests=(ran,))
        calls, findings = self.reading.finish(test, attempt)
        return Batch(calls=calls, tests=(ran,), findings=findings)

    def rest(self) -> Batch:
        """Read what is left at the end: shared fixtures, latecomers, and our own faults."""
        flights = self.recorder.rest()
        calls = tuple(self.reading.pipeline.calls(flights)) if flights else ()
        findings = tuple(self.reading.session_findings) if "reading" in self.__dict__ else ()
        return Batch(calls=calls, findings=findings, faults=tuple(self.recorder.faults))
