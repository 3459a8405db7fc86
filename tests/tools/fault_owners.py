"""Scenes of who makes a call and where: threads, pools, tasks, judges."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

from capture_wire import OPENAI, QUESTION, chat
from fault_http import ask, library
from fault_play import TEST, as_hooks_do, reading, scene

from pytest_llmcost.capture.owner import exclude


@scene()
def threads():
    done: list = []
    thread = threading.Thread(target=lambda: done.append(ask()))
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        done.append(pool.submit(ask).result())
    with ThreadPool(1) as pool:
        done += [pool.apply(ask), *pool.map(lambda _: ask(), [1]), *pool.imap(lambda _: ask(), [1])]
    return done


@scene()
def executor_below_a_call():
    """Hand a part of a call to another thread, where a library asks again."""
    http = library()

    def answer(request):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: http.Response(200, json=[ask(http)])).result()

    with http.Client(transport=http.MockTransport(answer)) as client:
        return client.post(OPENAI, json=QUESTION).json()


@scene()
def thread_below_a_call():
    """Ask again in a thread of one's own, before the call it is made in is answered."""
    http = library()

    def answer(request):
        said: list = []
        thread = threading.Thread(target=lambda: said.append(ask(http)))
        thread.start()
        thread.join()
        return http.Response(200, json=said)

    with http.Client(transport=http.MockTransport(answer)) as client:
        return client.post(OPENAI, json=QUESTION).json()


@scene()
def tasks():
    async def asking():
        http = library()
        transport = http.MockTransport(lambda request: http.Response(200, json=chat()))
        async with http.AsyncClient(transport=transport) as client:
            return (await client.post(OPENAI, json=QUESTION)).json() == chat()

    async def go():
        return await asyncio.gather(asking(), asking(), asyncio.to_thread(ask))

    return asyncio.run(go())


@scene()
def excluded():
    with exclude():
        return ask()


@scene(judges=("tests/tools/fault_*.py", "ragas"))
def judged():
    return tasks.play(), threads.play(), ask()


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
        with as_hooks_do():
            reading().so_far(TEST.test, TEST.attempt, unfinished=True)
        return response.read()
