"""A process that a test started, by a new Python or by a fork: it tells of each call as soon as that has ended."""

from __future__ import annotations

import atexit
import json
import os
import sys
from contextlib import ExitStack, suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.capture.owner import Owner, serve
from pytest_llmcost.capture.recorder import Recorder, place_of
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.process.folder import Folder
from pytest_llmcost.process.starts import starts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.call import Call
    from pytest_llmcost.process.pipeline import Pipeline
    from pytest_llmcost.process.spend import Terms


class Child:
    """Counts each call in the process that made it; what leaves the process holds no text.

    Making one turns a recorder, new or inherited by a fork, into one that tells.
    """

    def __init__(self, recorder: Recorder, folder: Folder, terms: Terms | None = None) -> None:
        self._recorder = recorder
        self._folder = folder
        self._told_faults = len(recorder.faults)
        self._told_notices = len(recorder.notices)
        recorder.rest()  # of the process that was forked, which reads them itself
        recorder.owners.look_up = folder.active
        recorder.owners.on_change = None
        recorder.on_end = self._end
        self._limit = None
        if terms is not None:
            from pytest_llmcost.process.spend import SpendLimit

            self._limit = SpendLimit(terms)  # with a lock of its own: that of a process that was forked may be held
            recorder.gate = self._gate

    @cached_property
    def _pipeline(self) -> Pipeline:
        from pytest_llmcost.process.pipeline import Pipeline
        from pytest_llmcost.tokens import Counter

        return Pipeline(Counter(dict), self._recorder.fault)

    def _gate(self, is_model: Callable[[], bool]) -> None:
        __tracebackhide__ = True
        limit = self._limit
        if limit is None or not self._is_heard():
            return
        had = len(limit.findings)
        try:
            limit.gate(is_model)
        finally:
            try:
                if len(limit.findings) > had:
                    self._folder.tell(None, findings=tuple(limit.findings[had:]))
            except Exception as error:  # what refuses is what counts
                self._recorder.fault(error)

    def _is_heard(self) -> bool:
        """Tell whether the run goes on: nothing is to be left behind once it is over."""
        return self._folder.path.is_dir()

    def _end(self, flight: Flight) -> None:
        if not self._recorder.forget(flight):
            return  # it departed in the process that was forked
        calls: list[Call] = []
        try:
            calls = self._pipeline.read(flight)
            if self._limit is not None and self._is_heard():
                for call in calls or self._pipeline.spent(flight):
                    self._limit.add(call)
        except Exception as error:
            self._recorder.fault(error)
            if self._limit is not None and self._is_heard():
                self._limit.lose()
        self._tell(calls)

    def _tell(self, calls: Sequence[Call] = ()) -> None:
        """Tell of calls, and of what was noticed since the last time."""
        recorder = self._recorder
        faults = tuple(recorder.faults[self._told_faults :])
        notices = tuple(islice(recorder.notices, self._told_notices, None))
        self._told_faults += len(faults)
        self._told_notices += len(notices)
        if not ((calls or faults or notices) and self._is_heard()):
            return
        self._folder.tell(calls[0] if calls else None, faults, notices)
        for call in calls[1:]:
            self._folder.tell(call)

    def finish(self) -> None:
        """Tell of streams that were never read to their end, and of what was noticed apart from any call."""
        try:
            for flight in self._recorder.left():
                flight.ended()
        except Exception as error:
            self._recorder.fault(error)
        with suppress(OSError):  # the run is over
            try:
                self._tell()
            except Exception as error:  # by the shortest way, for there is no later one
                self._folder.tell(None, (place_of(error),))


def begin(given: str) -> None:
    """Record in this process, which a test has started; `given` is what its variable says."""
    path, root, judges, starter = json.loads(given)
    folder = Folder(Path(path))
    try:
        _record(Recorder(Sites(root, judges)), folder, Owner(*starter), given)
    except Exception as error:
        folder.tell(None, (place_of(error),))


def _record(recorder: Recorder, folder: Folder, starter: Owner, given: str) -> None:
    is_server = any("multiprocessing.forkserver" in argument for argument in sys.orig_argv)
    if not is_server:  # which serves all tests that come after its starter
        serve(starter)
    watching = ExitStack()  # until the process ends
    watching.enter_context(watch(recorder))
    watching.enter_context(starts(recorder, lambda: given))
    terms = folder.terms()
    child = Child(recorder, folder, terms)

    def forked() -> None:
        nonlocal child
        try:
            if is_server:
                serve(folder.active())
            child = Child(recorder, folder, terms)
        except Exception as error:
            recorder.fault(error)

    def finish() -> None:
        with suppress(Exception):  # Python would print it, and there is nobody left to tell
            child.finish()
            watching.close()

    atexit.register(finish)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forked)
