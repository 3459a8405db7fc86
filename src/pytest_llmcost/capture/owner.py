"""Which test or fixture a call belongs to, also when it is made in a thread, an executor or a task."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = "shared"
"""The phase of fixtures wider than one test."""


class Owner(NamedTuple):
    """A test in one phase of one attempt; `test` is None for shared fixtures and outside of tests."""

    test: str | None
    phase: str
    attempt: int = 1


OUTSIDE = Owner(None, "collection")

_owner: ContextVar[Owner | None] = ContextVar("llmcost_owner", default=None)
_excluded: ContextVar[bool] = ContextVar("llmcost_excluded", default=False)
_THREAD_ATTRIBUTE = "_llmcost_owner"


@contextmanager
def exclude() -> Iterator[None]:
    """Keep the calls made inside the block out of every sample; they are listed apart."""
    token = _excluded.set(True)
    try:
        yield
    finally:
        _excluded.reset(token)


def excluded() -> bool:
    """Return True inside `exclude()`."""
    return _excluded.get()


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

        The context knows best (it follows tasks), then the thread's starter, then whatever runs now. What a shared
        fixture started serves the test that is running.
        """
        owner = _owner.get()
        if owner is None:
            owner = getattr(threading.current_thread(), _THREAD_ATTRIBUTE, None)
        if owner is None or owner.phase == SHARED:
            return self._active
        return owner

    def starting(self, original: Callable[..., None]) -> Callable[..., None]:
        """Wrap `Thread.start`: the new thread remembers who started it."""

        def start(thread: threading.Thread, *args: Any, **kwargs: Any) -> None:
            __tracebackhide__ = True
            with suppress(Exception):  # a thread class with slots: its calls go to the running test
                setattr(thread, _THREAD_ATTRIBUTE, self.current())
            return original(thread, *args, **kwargs)

        return start

    def submitting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `ThreadPoolExecutor.submit`: a pool outlives tests, so each task carries its own owner."""

        def submit(executor: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return original(executor, _run_for, self.current(), fn, *args, **kwargs)

        return submit


def _run_for(owner: Owner, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    __tracebackhide__ = True
    token = _owner.set(owner)
    try:
        return fn(*args, **kwargs)
    finally:
        _owner.reset(token)
