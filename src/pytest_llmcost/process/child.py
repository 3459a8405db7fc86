"""A process that a test started, by a new Python or by a fork: it tells of each call as soon as that has ended."""

from __future__ import annotations

import atexit
import json
import os
import sys
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.capture.owner import Owner, serve
from pytest_llmcost.capture.recorder import Recorder, place_of
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.process.folder import VARIABLE, Folder

if TYPE_CHECKING:
    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.core.call import Call
    from pytest_llmcost.process.pipeline import Pipeline


class Child:
    """Counts each call in the process that made it; what leaves the process holds no text.

    Making one turns a recorder, new or inherited by a fork, into one that tells.
    """

    def __init__(self, recorder: Recorder, folder: Folder) -> None:
        self._recorder = recorder
        self._folder = folder
        self._told_faults = len(recorder.faults)
        recorder.rest()  # of the process that was forked, which reads them itself
        recorder.owners.look_up = folder.active
        recorder.owners.on_change = None
        recorder.on_end = self._end

    @cached_property
    def _pipeline(self) -> Pipeline:
        from pytest_llmcost.process.pipeline import Pipeline
        from pytest_llmcost.tokens import Counter

        return Pipeline(Counter(dict), self._recorder.fault)

    def _end(self, flight: Flight) -> None:
        if not self._recorder.forget(flight):
            return  # it departed in the process that was forked
        calls: list[Call] = []
        try:
            calls = self._pipeline.read(flight)
        except Exception as error:
            self._recorder.fault(error)
        faults = self._new_faults()
        if (calls or faults) and self._folder.path.is_dir():
            self._folder.tell(calls[0] if calls else None, faults)
            for call in calls[1:]:
                self._folder.tell(call)

    def _new_faults(self) -> tuple[str, ...]:
        faults = tuple(self._recorder.faults[self._told_faults :])
        self._told_faults += len(faults)
        return faults

    def finish(self) -> None:
        """Tell of streams that were never read to their end, and of bugs of ours that no call has told."""
        try:
            for flight in self._recorder.left():
                flight.ended()
        except Exception as error:
            self._recorder.fault(error)
        faults = self._new_faults()
        if faults and self._folder.path.is_dir():
            self._folder.tell(None, faults)


def begin() -> None:
    """Record in this process, which a test has started; nothing without the variable of a test run."""
    given = os.environ.get(VARIABLE)
    if given is None:
        return
    path, root, judges, starter = json.loads(given)
    folder = Folder(Path(path))
    try:
        _record(Recorder(Sites(root, judges)), folder, Owner(*starter))
    except Exception as error:
        folder.tell(None, (place_of(error),))


def _record(recorder: Recorder, folder: Folder, starter: Owner) -> None:
    is_server = any("multiprocessing.forkserver" in argument for argument in sys.orig_argv)
    if not is_server:  # which serves all tests that come after its starter
        serve(starter)
    watching = watch(recorder)
    watching.__enter__()  # until the process ends
    child = Child(recorder, folder)

    def forked() -> None:
        nonlocal child
        try:
            if is_server:
                serve(folder.active())
            child = Child(recorder, folder)
        except Exception as error:
            recorder.fault(error)

    def finish() -> None:
        with suppress(Exception):  # Python would print it, and there is nobody left to tell
            child.finish()
            watching.__exit__(None, None, None)

    atexit.register(finish)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forked)
