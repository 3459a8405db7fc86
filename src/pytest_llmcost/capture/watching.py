"""Watching: all patches at once, each put in when its library is imported, all undone at the end."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pytest_llmcost.capture import stand_ins, starting, unseen
from pytest_llmcost.capture.fakes import langchain, litellm, pydantic_ai, replacing, unittest_mock
from pytest_llmcost.capture.imports import on_import
from pytest_llmcost.capture.patches import aiohttp, botocore, httpx, requests, urllib, urllib3

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
    "botocore.client": botocore.patch,
    "urllib3.connectionpool": urllib3.patch,
    "urllib3.poolmanager": urllib3.patch_manager,
    "urllib.request": urllib.patch,
    "http.client": requests.witness,
    "aiohttp": aiohttp.patch,
    "aiohttp.connector": aiohttp.witness,
    **stand_ins.witnesses(),
    **unseen.witnesses(),
    "unittest.mock": unittest_mock.patch,
    "mock.mock": unittest_mock.patch,
    "litellm.main": litellm.patch,
    "pydantic_ai.models.test": pydantic_ai.test_model,
    "pydantic_ai.models.function": pydantic_ai.function_model,
    "langchain_core.language_models.fake_chat_models": langchain.patch,
    "_pytest.monkeypatch": replacing.patch,
    "concurrent.futures.thread": starting.executors,
    "multiprocessing.pool": starting.pools,
    "asyncio.base_events": starting.tasks,
}


@contextmanager
def watch(recorder: Recorder) -> Iterator[None]:
    """Let `recorder` see what every known HTTP library sends, and what fakes are asked, until the block ends."""
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
        with on_import(hooks, recorder.fault):
            try:
                yield
            finally:
                recorder.open = False
