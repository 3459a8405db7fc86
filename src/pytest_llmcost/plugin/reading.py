"""Reading: the calls of each test, from its exchanges; its limits are held here."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.core.currency import USD
from pytest_llmcost.core.limits import broken
from pytest_llmcost.core.secrets import without_keys
from pytest_llmcost.core.settle import settle
from pytest_llmcost.process.pipeline import Pipeline
from pytest_llmcost.tokens import ESTIMATOR, Counter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.budget import Limits
    from pytest_llmcost.core.call import Call, Price, Profile
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.plugin.children import Children


class LimitBroken(pytest.fail.Exception):  # type: ignore[name-defined, misc] # made by a decorator in pytest
    """A limit of ours; any other failure makes a test no sample."""

    __module__ = "builtins"  # as pytest's own: its short summary has no room for a path


class Reading:
    """Reads what the recorder kept, test by test.

    Args:
        recorder: keeps the exchanges.
        baseline: gives the baseline when it is first needed; None for none.
        price: the price book, used for limits only.
        store_text: keep the text of prompts.
    """

    def __init__(
        self, recorder: Recorder, baseline: Callable[[], Baseline | None], price: Price, *, store_text: bool = False
    ) -> None:
        self.price = price
        self._texts: dict[str, str] = {}
        self.pipeline = Pipeline(Counter(self._known_blocks, self._keep if store_text else None), recorder.fault)
        self.session_findings: list[Finding] = []
        """Findings of no test: a refused call."""
        self.children: Children | None = None
        self.currency = USD
        """What amounts are drawn in, where a limit is broken."""
        self._late: list[Call] = []
        """Calls of other processes whose test is over."""
        self._recorder = recorder
        self._baseline = baseline
        self._calls: dict[str, list[Call]] = {}
        self._findings: dict[str, list[Finding]] = {}

    def _known_blocks(self) -> Mapping[str, int]:
        baseline = self._baseline()
        return baseline.known_blocks() if baseline is not None and baseline.header.estimator == ESTIMATOR else {}

    def _keep(self, fingerprint: str, text: str) -> None:
        self._texts[fingerprint] = without_keys(text)

    def take_texts(self) -> dict[str, str]:
        """Return the texts that were kept since the last time, by fingerprint; none unless they are stored."""
        taken, self._texts = self._texts, {}
        return taken

    def so_far(self, test: str, attempt: int, *, unfinished: bool = False) -> tuple[Call, ...]:
        """Return the calls of this attempt whose replies are complete, with the usage that the report will show.

        With `unfinished`, also those whose stream is still open, by what was read of it: a limit holds for them too.
        """
        calls = list(self._read(test, attempt, pending=False))
        if unfinished:
            calls += chain.from_iterable(map(self.pipeline.read, self._recorder.pending(test, attempt)))
            calls.sort(key=lambda call: call.index)
        return self.settled(test, calls)

    def settled(self, test: str, calls: Sequence[Call]) -> tuple[Call, ...]:
        """Return calls of one attempt with the usage that the report will show, where replies are older than requests.

        That a production cache is lost is known at the end of the run only.
        """
        return settle(calls, self._profiles(test))

    def _read(self, test: str, attempt: int, *, pending: bool) -> list[Call]:
        self._hear(test, attempt)
        calls = self._calls.setdefault(test, [])
        flights = self._recorder.take(test, attempt, pending=pending)
        if flights:
            calls += self.pipeline.calls(flights)
            calls.sort(key=lambda call: call.index)
        return calls

    def _hear(self, test: str | None, attempt: int) -> None:
        """Take in what other processes have told: calls of this attempt, and latecomers of others."""
        for told in self.children.heard() if self.children is not None else ():
            self._recorder.faults += told.faults
            for finding in told.findings:
                self._recorder.notice(finding)
            if told.call is None:
                continue
            owner = Owner(told.call.test, told.call.phase, told.call.attempt)
            site = told.call.call_site or self.pipeline.places.get(owner.test)
            call = replace(told.call, index=self._recorder.next_index(owner), call_site=site)
            is_present = owner.test is not None and (owner.test, owner.attempt) == (test, attempt)
            (self._calls.setdefault(owner.test or "", []) if is_present else self._late).append(call)

    def _profiles(self, test: str) -> Sequence[Profile]:
        baseline = self._baseline()
        if baseline is None or test not in baseline.tests or baseline.header.estimator != ESTIMATOR:
            return ()
        return baseline.tests[test].calls

    def declare(self, test: str, attempt: int, call: Call) -> None:
        """Add a call that no wire shows."""
        index = self._recorder.next_index(Owner(test, call.phase, attempt))
        self._calls.setdefault(test, []).append(replace(call, test=test, attempt=attempt, index=index))

    def enforce(self, test: str, limits: Limits, calls: Sequence[Call]) -> None:
        """Fail the running test with one line when `calls`, evaluations apart, break `limits`."""
        product = [call for call in calls if not call.evaluation]
        found = tuple(broken(limits, product, self.price, test, self.currency))
        if found:
            self._findings.setdefault(test, []).extend(found)
            raise LimitBroken("; ".join(finding.message for finding in found), pytrace=False)

    def finish(self, test: str, attempt: int) -> tuple[tuple[Call, ...], tuple[Finding, ...]]:
        """Read and forget an attempt that is over: its calls, and the limits that it broke."""
        self._read(test, attempt, pending=True)
        return tuple(self._calls.pop(test, ())), tuple(self._findings.pop(test, ()))

    def rest(self, flights: list[Flight]) -> tuple[tuple[Call, ...], tuple[Finding, ...]]:
        """Read what belongs to no finished attempt; `session_findings` come with it."""
        self._hear(None, 0)
        begun = [call for calls in (*self._calls.values(), self._late) for call in calls]
        self._calls.clear()
        return (*begun, *self.pipeline.calls(flights)), tuple(self.session_findings)
