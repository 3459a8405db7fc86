"""Which test or fixture a call belongs to, also when it is made in a thread, an executor or a task."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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

_owner: ContextVar[Owner | None] = ContextVar("llmcost_owner", default=None)
_excluded: ContextVar[bool | None] = ContextVar("llmcost_excluded", default=None)
_STARTER = "_llmcost_starter"
"""On a thread: the owner that started it, and whether it was excluded then."""


@contextmanager
def exclude() -> Iterator[None]:
    """Keep the calls made inside the block out of every sample; they are listed apart."""
    token = _excluded.set(True)
    try:
        yield
    finally:
        _excluded.reset(token)


def excluded() -> bool:
    """Return True inside `exclude()`, and in threads and executor tasks that were started there."""
    known = _excluded.get()
    if known is None:
        known = _owner.get() is None and _starter()[1]
    return known


def _starter() -> tuple[Owner | None, bool]:
    return getattr(threading.current_thread(), _STARTER, (None, False))


class Owners:
    """Knows who is running now; threads and executors carry the owner that started them."""

    def __init__(self) -> None:
        self._active = OUTSIDE

    @contextmanager
    def during(self, owner: Owner) -> Iterator[None]:
        """Make `owner` the one to charge, here and in all that is started here."""
        before, token = self._active, _owner.set(owner)
        self._active = owner
        try:
            yield
        finally:
            self._active = before
            _owner.reset(token)

    def current(self) -> Owner:
        """Return the owner of a call made now.

        The context knows best which test that is (it follows tasks), then the thread's starter. A test that is over
        is charged for what it left behind, a task or a thread, never the test that happens to run by then. In which
        phase a test is, only the clock knows: contexts live longer than phases. What a shared fixture or an import
        started serves the test that is running.
        """
        active = self._active
        owner = _owner.get() or _starter()[0]
        if owner is None or owner.test is None or (owner.test == active.test and owner.attempt == active.attempt):
            return active
        return owner

    def starting(self, original: Callable[..., None]) -> Callable[..., None]:
        """Wrap `Thread.start`: the new thread remembers who started it."""

        def start(thread: threading.Thread, /, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            with suppress(Exception):  # its calls then go to the running test
                thread.__dict__[_STARTER] = (self.current(), excluded())
            return original(thread, *args, **kwargs)

        return start

    def submitting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `ThreadPoolExecutor.submit`: a pool outlives tests, so each task carries its own owner."""

        def submit(executor: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            with suppress(Exception):  # as above
                args = (_run_for, self.current(), excluded(), *args) if args else args
            return original(executor, *args, **kwargs)

        return submit


def _run_for(owner: Owner, out: bool, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    __tracebackhide__ = True
    tokens = _owner.set(owner), _excluded.set(out)
    try:
        return fn(*args, **kwargs)
    finally:
        _owner.reset(tokens[0])
        _excluded.reset(tokens[1])
