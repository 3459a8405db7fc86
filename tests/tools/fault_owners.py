"""Scenes of who makes a call and where: threads, pools, tasks, judges, other processes, the spend limit."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from multiprocessing.pool import ThreadPool
from pathlib import Path
from unittest import mock

from capture_wire import OPENAI, QUESTION, chat
from fault_http import library
from fault_play import ROOT, TEST, answering, reading, recorder, scene

from pytest_llmcost import process
from pytest_llmcost.capture.owner import exclude
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Cost
from pytest_llmcost.errors import SpendLimitReached
from pytest_llmcost.process.child import Child
from pytest_llmcost.process.folder import VARIABLE, Folder
from pytest_llmcost.process.spend import SpendLimit
from pytest_llmcost.storage.spend import SpendFile


def _ask(http=None):
    http = http or library()
    with http.Client(transport=http.MockTransport(lambda request: http.Response(200, json=chat()))) as client:
        return client.post(OPENAI, json=QUESTION).json() == chat()


def _ask_server():
    return library().post(answering(chat()), json=QUESTION).json() == chat()


@scene()
def threads():
    done: list = []
    thread = threading.Thread(target=lambda: done.append(_ask()))
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        done.append(pool.submit(_ask).result())
    with ThreadPool(1) as pool:
        done += [pool.apply(_ask), *pool.map(lambda _: _ask(), [1]), *pool.imap(lambda _: _ask(), [1])]
    return done


@scene()
def executor_below_a_call():
    """Hand a part of a call to another thread, where a library asks again."""
    http = library()

    def answer(request):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: http.Response(200, json=[_ask(http)])).result()

    with http.Client(transport=http.MockTransport(answer)) as client:
        return client.post(OPENAI, json=QUESTION).json()


@scene()
def tasks():
    async def ask():
        http = library()
        transport = http.MockTransport(lambda request: http.Response(200, json=chat()))
        async with http.AsyncClient(transport=transport) as client:
            return (await client.post(OPENAI, json=QUESTION)).json() == chat()

    async def go():
        return await asyncio.gather(ask(), ask(), asyncio.to_thread(_ask))

    return asyncio.run(go())


@scene()
def excluded():
    with exclude():
        return _ask()


@scene(judges=("tests/tools/fault_*.py", "ragas"))
def judged():
    return tasks.play(), threads.play(), _ask()


@scene()
def limited():
    """Ask under a limit of what may be spent, until it is reached."""
    with tempfile.TemporaryDirectory() as folder:
        spent = SpendFile(Path(folder) / "spent")
        limit = SpendLimit(Decimal("0.1"), spent, reading().pipeline.read, lambda *_: Cost(Decimal("0.1"), None))
        recorder().gate, recorder().on_end = limit.gate, limit.count
        for _ in range(3):
            with suppress(SpendLimitReached):  # what cannot be priced is refused as well
                assert _ask_server()


@scene()
def pending():
    """Ask what was called so far, while a stream is read: as a limit in a test does."""
    http = library()

    def answer(request):
        return http.Response(200, content=iter([b"{}"]))

    with (
        http.Client(transport=http.MockTransport(answer)) as client,
        client.stream("POST", OPENAI, json=QUESTION) as response,
    ):
        with _as_hooks_do():
            reading().so_far(TEST.test, TEST.attempt, unfinished=True)
        return response.read()


@contextmanager
def _as_hooks_do():
    try:
        yield
    except Exception as error:
        recorder().fault(error)


@contextmanager
def _folder():
    """Make the folder of a run, and hear what is told there as the plugin does."""
    with tempfile.TemporaryDirectory() as name:
        with _as_hooks_do():
            folder = Folder(Path(name))
            folder.set_active(TEST)
        yield Path(name)
        with _as_hooks_do():
            folder.has_news()
            reading().children = folder
            reading().so_far(TEST.test, TEST.attempt)


@scene()
def in_a_fork():
    """Ask in a process that was forked, as it is then told."""
    with _folder() as path:
        with _as_hooks_do():
            child = Child(recorder(), Folder(path))
        asked = _ask(), _ask_server()
        with _as_hooks_do():
            child.finish()
        return asked


@scene()
def in_a_child():
    """Ask in a process that a test has started: this one, for as long as the scene lasts."""
    finishing, forking, watching = [], [], ExitStack()

    def watched(recorder):
        kept = watch(recorder)
        watching.push(kept)
        return kept

    def at_fork(*, after_in_child):
        forking.append(after_in_child)

    with _folder() as path, watching, mock.patch.object(process.child, "watch", watched):
        given = json.dumps([str(path), ROOT, [], [TEST.test, TEST.phase, TEST.attempt]])
        with (
            mock.patch.object(atexit, "register", finishing.append),
            mock.patch.object(os, "register_at_fork", at_fork),
            mock.patch.dict(os.environ, {VARIABLE: given}),
            suppress(Exception),  # as sitecustomize.py does
        ):
            process.child.begin()
        asked = [_ask()]
        for forked in forking:
            forked()
        asked.append(_ask())
        for finish in finishing:
            finish()
        return asked
