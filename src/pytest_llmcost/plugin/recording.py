"""Recording: which test runs in which attempt, and how it ends; in every process that runs tests."""

from __future__ import annotations

import os
from collections import Counter as Tally
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.core.currency import USD
from pytest_llmcost.plugin.batch import Batch, Ran
from pytest_llmcost.plugin.marker import Marked

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    import pytest

    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.budget import Limits
    from pytest_llmcost.core.call import Call, Price
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.plugin.children import Children
    from pytest_llmcost.plugin.reading import Reading

PASSED, LIMIT, FAILED, SKIPPED, XFAILED, UNREAD = "passed", "limit", "failed", "skipped", "xfailed", "unread"
_DECLARED = "recorded"
"""The origin of a call that a test declares itself."""


class Recording:
    """Follows tests through their phases. What reads calls is loaded when there is a call to read.

    Args:
        recorder: keeps the exchanges.
        baseline: gives the baseline when it is first needed; None for none.
        price: gives the price book when it is first needed.
        store_text: keep the text of prompts.
    """

    def __init__(
        self,
        recorder: Recorder,
        baseline: Callable[[], Baseline | None],
        price: Callable[[], Price],
        *,
        store_text: bool = False,
    ) -> None:
        self.recorder = recorder
        self._baseline = baseline
        self._price = price
        self._store_text = store_text
        self._attempts: Tally[str] = Tally()
        self._marked: dict[str, Marked] = {}
        self._outcomes: dict[str, str] = {}
        self._places: dict[str | None, str] = {}
        """Where each test stands: the site of its calls that no frame of the project tells."""
        self.ended = Batch()
        """The attempt that has ended last, as far as it could be read."""
        self.children: Children | None = None
        """The processes that tests start, where they are recorded."""
        self.currency = USD
        """What amounts are drawn in, where a limit is broken."""
        self._faults = 0
        """Bugs of ours that were known when the present attempt began."""

    @cached_property
    def reading(self) -> Reading:
        """What turns exchanges into calls."""
        from pytest_llmcost.plugin.reading import Reading

        reading = Reading(self.recorder, self._baseline, self._price(), store_text=self._store_text)
        reading.pipeline.places = self._places
        reading.children = self.children
        reading.currency = self.currency
        return reading

    def begin(self, test: str, marked: Marked, location: tuple[str, int | None, str]) -> None:
        """Begin an attempt at a test that stands at `location`: file from the root, and line from 0 where known."""
        file, line, _ = location
        self._places[test] = f"{file.replace(os.sep, '/')}:{(line or 0) + 1}"
        self._attempts[test] += 1
        self._marked[test] = marked
        self._outcomes[test] = PASSED
        self._faults = len(self.recorder.faults)

    def attempt(self, test: str) -> int:
        """Return the number of the present attempt, from 1."""
        return max(self._attempts[test], 1)

    def owner(self, test: str, phase: str) -> Owner:
        """Return who is charged for the calls of a test in a phase of its present attempt."""
        return Owner(test, phase, self.attempt(test))

    def enforce_marker(self, test: str) -> None:
        """Fail the running test when it breaks a limit of its marker."""
        marked = self._marked.get(test)
        if marked is not None and marked.is_limited:
            self.enforce(test, marked.limits, ())

    def made(self, test: str) -> frozenset[int]:
        """Return the indexes of the calls that this attempt has made so far, for `enforce()` to leave out."""
        try:
            calls = self.reading.so_far(test, self.attempt(test), unfinished=True)
            return frozenset(call.index for call in calls)
        except Exception as error:
            self.recorder.fault(error)
            return frozenset()

    def enforce(self, test: str, limits: Limits, but: Container[int]) -> None:
        """Fail the running test when its calls, those with an index in `but` left out, break `limits`.

        A bug of ours is noted, and fails nothing.
        """
        try:
            calls = self.reading.so_far(test, self.attempt(test), unfinished=True)
            self.reading.enforce(test, limits, [call for call in calls if call.index not in but])
        except Exception as error:
            self.recorder.fault(error)

    def note(self, test: str, report: pytest.TestReport, *, by_limit: bool) -> None:
        """Note how a phase ended; the worst phase is the outcome of the attempt.

        Subtests report as phases do: a skipped one does not skip a test whose own report says that it passed.
        """
        so_far = self._outcomes.get(test)
        if report.failed:
            self._outcomes[test] = LIMIT if by_limit and so_far == PASSED else FAILED
        elif report.passed and report.when == "call" and so_far != FAILED:
            self._outcomes[test] = PASSED
        elif report.skipped and so_far == PASSED:
            self._outcomes[test] = XFAILED if hasattr(report, "wasxfail") else SKIPPED

    def finish(self, test: str) -> Batch:
        """Read and forget an attempt that is over."""
        marked = self._marked.pop(test, Marked())
        attempt = self.attempt(test)
        calls, findings = self._read(test, attempt)
        outcome = self._outcomes.pop(test, FAILED)
        is_expected = outcome not in {LIMIT, FAILED}  # by an xfail, or by pytest.raises()
        if outcome in {PASSED, LIMIT} and len(self.recorder.faults) > self._faults:
            outcome = UNREAD
        ran = Ran(test, attempt, outcome, marked.weight, marked.feature)
        told = () if is_expected else findings
        replaced = self._replaced(calls)
        self.ended = Batch(calls=calls, tests=(ran,), findings=told, replaced=replaced, texts=self._texts())
        return self.ended

    def _replaced(self, calls: tuple[Call, ...] = ()) -> tuple[tuple[str | None, str], ...]:
        """Return and forget what was replaced; a test that declares calls itself has told what that hides."""
        taken, self.recorder.replaced = tuple(self.recorder.replaced), []
        return () if any(call.origin == _DECLARED for call in calls) else taken

    def _read(self, test: str, attempt: int) -> tuple[tuple[Call, ...], tuple[Finding, ...]]:
        if "reading" not in self.__dict__ and not self.recorder.has(test, attempt) and not self._has_news():
            return (), ()
        return self.reading.finish(test, attempt)

    def _has_news(self) -> bool:
        return self.children is not None and self.children.has_news()

    def rest(self) -> Batch:
        """Read what is left at the end: shared fixtures, latecomers, and tests cut short."""
        flights = self.recorder.rest()
        if not flights and "reading" not in self.__dict__ and not self._has_news():
            return Batch(replaced=self._replaced())
        calls, findings = self.reading.rest(flights)
        return Batch(calls=calls, findings=findings, replaced=self._replaced(), texts=self._texts())

    def _texts(self) -> Mapping[str, str]:
        return self.reading.take_texts() if "reading" in self.__dict__ else {}
