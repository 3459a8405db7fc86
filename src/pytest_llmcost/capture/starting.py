"""What is started in one place and runs in another (threads, executors, pools, tasks): it remembers who and where."""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import boarded, carried
from pytest_llmcost.capture.owner import Start, excluded, made, making_at, mark, run_for
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.capture.recorder import Recorder

_POOLS = {"apply_async", "_map_async", "imap", "imap_unordered"}
"""Methods of a pool that everything else goes through; the function to run is their first argument."""


@contextmanager
def threads(recorder: Recorder) -> Iterator[None]:
    """Let a new thread remember who started it."""
    original = threading.Thread.start

    @wraps(original)
    def start(thread: threading.Thread, /, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            mark(thread, _start(recorder))
            boarded(thread)
        except Exception as error:  # its calls then go to the running test
            recorder.fault(error)
        return original(thread, *args, **kwargs)

    with replaced(threading.Thread, "start", start, recorder):
        yield


@contextmanager
def executors(module: Any, recorder: Recorder) -> Iterator[None]:
    """Let each task of a `ThreadPoolExecutor` carry its own owner: a pool outlives tests."""
    original = module.ThreadPoolExecutor.submit

    @wraps(original)
    def submit(executor: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            if args:
                args = carried((run_for, _start(recorder), *args))
        except Exception as error:  # as above
            recorder.fault(error)
        return original(executor, *args, **kwargs)

    with replaced(module.ThreadPoolExecutor, "submit", submit, recorder):
        yield


@contextmanager
def pools(module: Any, recorder: Recorder) -> Iterator[None]:
    """Let each task of a `ThreadPool` of `multiprocessing.pool` carry its own owner; those of processes stay as is."""
    with ExitStack() as patches:
        for name in _POOLS & vars(module.Pool).keys():
            wrapper = _pooled(getattr(module.Pool, name), module.ThreadPool, recorder)
            patches.enter_context(replaced(module.Pool, name, wrapper, recorder))
        yield


def _pooled(original: Callable[..., Any], of_threads: type, recorder: Recorder) -> Callable[..., Any]:
    @wraps(original)
    def give(pool: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            if args and isinstance(pool, of_threads):
                args = (partial(run_for, _start(recorder), args[0]), *args[1:])
        except Exception as error:  # as above
            recorder.fault(error)
        return original(pool, *args, **kwargs)

    return give


@contextmanager
def tasks(module: Any, recorder: Recorder) -> Iterator[None]:
    """Let a task of a loop (of `asyncio.base_events`) remember where it was made: its stack does not tell.

    In `gather(client.create(…))` the first frame of the task is the client's.
    """
    original = module.BaseEventLoop.create_task

    @wraps(original)
    def create_task(loop: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        token = None
        try:
            place = recorder.nearby(sys._getframe(1))  # noqa: SLF001 - who makes the task
            if place is not None:
                token = making_at(place)
        except Exception as error:  # its calls then have no site
            recorder.fault(error)
        try:
            return original(loop, *args, **kwargs)
        finally:
            if token is not None:
                made(token)

    with replaced(module.BaseEventLoop, "create_task", create_task, recorder):
        yield


def _start(recorder: Recorder) -> Start:
    return Start(recorder.owners.current(), excluded(), recorder.place(sys._getframe(2)))  # noqa: SLF001 - who starts it
