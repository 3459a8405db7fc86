"""Watching: all patches at once, each put in when its library is imported, all undone at the end."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pytest_llmcost.capture import starting
from pytest_llmcost.capture.imports import on_import
from pytest_llmcost.capture.patches import aiohttp, httpx, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder

_PATCHES: dict[str, Callable[[ModuleType, Recorder], AbstractContextManager[None]]] = {
    "httpx": httpx.patch,
    "httpx2": httpx.patch,
    "requests": requests.patch,
    "requests_mock.mocker": requests.mocker,
    "http.client": requests.witness,
    "aiohttp.connector": aiohttp.witness,
    "concurrent.futures.thread": starting.executors,
    "multiprocessing.pool": starting.pools,
    "asyncio.base_events": starting.tasks,
}


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Let `recorder` see what every known HTTP library sends, until the block ends."""
    with ExitStack() as patches:

        def hook(patch: Callable[[ModuleType, Recorder], AbstractContextManager[None]]) -> Callable[[ModuleType], None]:
            def put_in(module: ModuleType) -> None:
                try:
                    patches.enter_context(patch(module, recorder))
                except Exception as error:  # a version of the library that we do not know
                    recorder.fault(error)

            return put_in

        hooks = {name: hook(patch) for name, patch in _PATCHES.items()}
        patches.enter_context(starting.threads(recorder))
        with on_import(hooks):
            try:
                yield
            finally:
                recorder.open = False
