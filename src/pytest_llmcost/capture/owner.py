"""Which test or fixture a call belongs to, also when it is made in a thread, an executor or a task."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = "shared"
"""The phase of fixtures wider than one test."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A test in one phase of one attempt; `test` is None for shared fixtures and outside of tests."""

    test: str | None
    phase: str
    attempt: int = 1


OUTSIDE = Owner(None, "collection")


class Place(NamedTuple):
    """Where something was started: `path:line` in the project, None when unknown, and whether that is an evaluation."""

    site: str | None = None
    judged: bool = False


NOWHERE = Place()


class Start(NamedTuple):
    """What a thread, or a task of an executor, takes along from where it was started."""

    owner: Owner | None = None
    excluded: bool = False
    place: Place = NOWHERE


_NO_START = Start()
_owner: ContextVar[Owner | None] = ContextVar("llmcost_owner", default=None)
_excluded: ContextVar[bool | None] = ContextVar("llmcost_excluded", default=None)
_place: ContextVar[Place | None] = ContextVar("llmcost_place", default=None)
"""Where the running task of a loop was made."""
_START = "_llmcost_start"
"""On a thread: what it took along, or what its present task of an executor did."""


@contextmanager
def exclude() -> Iterator[None]:
    """Keep the calls made inside the block out of every sample; they are listed apart."""
    token = _excluded.set(True)
    try:
        yield
    finally:
        with suppress(ValueError):  # in a fixture that a loop ends in another context than it has begun it in
            _excluded.reset(token)


def excluded() -> bool:
    """Return True inside `exclude()`, and in threads and executor tasks that were started there."""
    known = _excluded.get()
    if known is None:
        known = _owner.get() is None and _start().excluded
    return known


def started() -> Place:
    """Return where the running task was made, else where the thread or the task of its executor was started."""
    return _place.get() or _start().place


def _start() -> Start:
    start: Start = getattr(threading.current_thread(), _START, _NO_START)
    return start


def serve(owner: Owner) -> None:
    """Let a whole process be one that `owner` has started."""
    _owner.set(owner)


def mark(thread: threading.Thread, start: Start) -> None:
    """Let a thread that is about to start remember where it comes from."""
    thread.__dict__[_START] = start


def run_for(start: Start, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Run a task of an executor, whose threads outlive tests, for whoever submitted it."""
    __tracebackhide__ = True
    holder = threading.current_thread().__dict__
    before = holder.get(_START)
    tokens = _owner.set(start.owner), _excluded.set(start.excluded)
    holder[_START] = start
    try:
        return fn(*args, **kwargs)
    finally:
        holder[_START] = before or _NO_START
        _owner.reset(tokens[0])
        _excluded.reset(tokens[1])


making = _place.get
"""Return where the running task of a loop was made; None when that is not known."""
making_at = _place.set
"""Begin to make a task of a loop, which remembers the place: it runs in a copy of the context that it is made in."""
made = _place.reset
"""End that, given what `making_at()` returned."""


class Owners:
    """Knows who is running now.

    Attributes:
        look_up: tells who is running in another process, where that is who matters; None in the process of the tests.
        on_change: told who is running from now on.
        fault: told of our own errors on the way.
    """

    look_up: Callable[[], Owner] | None = None
    on_change: Callable[[Owner], None] | None = None
    fault: Callable[[BaseException], None] | None = None

    def __init__(self) -> None:
        self._active = OUTSIDE

    @contextmanager
    def during(self, owner: Owner) -> Iterator[None]:
        """Make `owner` the one to charge, here and in all that is started here."""
        before, token = self._active, _owner.set(owner)
        self._be(owner)
        try:
            yield
        finally:
            self._be(before)
            _owner.reset(token)

    def _be(self, owner: Owner) -> None:
        self._active = owner
        try:
            if self.on_change is not None:
                with suppress(OSError):  # a test that has put another file system in the place of the real one
                    self.on_change(owner)
        except Exception as error:  # processes that are started then are not recorded
            if self.fault is not None:
                self.fault(error)

    def current(self) -> Owner:
        """Return the owner of a call made now.

        The context knows best which test that is (it follows tasks), then the thread's starter. A test that is over
        is charged for what it left behind, a task or a thread, never the test that happens to run by then. In which
        phase a test is, only the clock knows: contexts live longer than phases. What a shared fixture or an import
        started serves the test that is running.
        """
        active = self._active if self.look_up is None else self.look_up()
        owner = _owner.get() or _start().owner
        if owner is None or owner.test is None or (owner.test == active.test and owner.attempt == active.attempt):
            return active
        return owner
