"""Where and by whom a call is made that runs elsewhere: in a thread, an executor, a pool or a task."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path

import pytest
import requests
from capture_watched import Watched
from capture_wire import OPENAI, QUESTION, chat

from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.owner import OUTSIDE, Owner, exclude
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch

A, B = Owner("a", "call"), Owner("b", "call")
HERE = Path(__file__).relative_to(Path(__file__).parents[2]).as_posix()


def line():
    """Return the site of the caller's own line."""
    return f"{HERE}:{sys._getframe(1).f_lineno}"


@pytest.fixture
def transport(http):
    return http.MockTransport(lambda request: http.Response(200, json=chat()))


@pytest.fixture
def client(recorder, http, transport):
    """A client whose methods are handed to others: no frame of the project is on the stack of the call."""
    with http.Client(transport=transport) as client:
        yield client


@pytest.fixture
def aclient(recorder, http, transport):
    return http.AsyncClient(transport=transport)


def post(client):
    return client.post(OPENAI, json=QUESTION)


def one_site(recorder):
    return recorder.one().site


# -- pools of threads ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use",
    [
        lambda pool, who: [pool.apply(who)],
        lambda pool, who: [pool.apply_async(who).get()],
        lambda pool, who: pool.map(lambda _: who(), range(3)),
        lambda pool, who: pool.map_async(lambda _: who(), range(3)).get(),
        lambda pool, who: pool.starmap(lambda *_: who(), [(1, 2), (3, 4)]),
        lambda pool, who: list(pool.imap(lambda _: who(), range(3))),
        lambda pool, who: list(pool.imap(lambda _: who(), range(4), chunksize=2)),
        lambda pool, who: list(pool.imap_unordered(lambda _: who(), range(3))),
    ],
    ids=["apply", "apply_async", "map", "map_async", "starmap", "imap", "imap in chunks", "imap_unordered"],
)
def test_a_thread_pool_that_one_test_made_charges_those_who_use_it(recorder, use):
    owners = recorder.owners
    with owners.during(A):
        pool = ThreadPool(1)
        assert pool.apply(owners.current) == A
    with pool:
        with owners.during(B):
            found = use(pool, owners.current)
        assert found
        assert set(found) == {B}


def test_a_pool_of_threads_passes_results_and_errors_on(recorder):
    with ThreadPool(2) as pool:
        assert pool.map(str, range(5), chunksize=2) == list("01234")
        assert pool.starmap(divmod, [(7, 2)]) == [(3, 1)]
        assert pool.apply(int, ("11",), {"base": 2}) == 3
        told = []
        pool.apply_async(lambda: 1 / 0, error_callback=told.append).wait()
        assert [type(error) for error in told] == [ZeroDivisionError]
        with pytest.raises(TypeError):
            pool.apply_async()


def test_what_is_excluded_stays_so_in_a_pool_of_threads(recorder, client):
    with ThreadPool(1) as pool:
        with exclude():
            pool.apply(post, (client,))
        pool.apply(post, (client,))
    assert [flight.evaluation for flight in recorder.flights()] == [True, False]


# -- call sites ----------------------------------------------------------------------------------------------------


def test_a_method_given_to_a_thread_is_called_where_the_thread_is_started(recorder, client):
    thread = threading.Thread(target=client.post, args=[OPENAI], kwargs={"json": QUESTION})
    thread.start(); site = line()  # fmt: skip # noqa: E702
    thread.join()
    assert one_site(recorder) == site


def test_a_method_given_to_an_executor_is_called_where_it_is_submitted(recorder, client):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(len, "")
        job = pool.submit(client.post, OPENAI, json=QUESTION); site = line()  # fmt: skip # noqa: E702
        job.result()
    assert one_site(recorder) == site


def test_a_method_given_to_a_pool_of_threads_is_called_where_it_is_given(recorder, client):
    with ThreadPool(1) as pool:
        pool.apply(client.post, [OPENAI], {"json": QUESTION}); site = line()  # fmt: skip # noqa: E702
    assert one_site(recorder) == site


def test_what_a_thread_starts_itself_without_the_project_is_called_where_the_thread_was_started(recorder, client):
    def library(*args, **kwargs):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(*args, **kwargs).result()

    library = types.FunctionType(library.__code__.replace(co_filename="/lib/library.py"), globals())
    thread = threading.Thread(target=library, args=[client.post, OPENAI], kwargs={"json": QUESTION})
    thread.start(); site = line()  # fmt: skip # noqa: E702
    thread.join()
    assert one_site(recorder) == site


def test_the_innermost_frame_of_the_project_goes_before_the_place_of_the_start(recorder, client):
    def inner():
        client.post(OPENAI, json=QUESTION); return line()  # fmt: skip # noqa: E702

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inner).result() == one_site(recorder)


async def _gather(aclient):
    await asyncio.gather(aclient.post(OPENAI, json=QUESTION), asyncio.sleep(0)); return line()  # fmt: skip # noqa: E702


async def _task(aclient):
    task = asyncio.create_task(aclient.post(OPENAI, json=QUESTION)); site = line()  # fmt: skip # noqa: E702
    await asyncio.sleep(0)
    await task
    return site


async def _group(aclient):
    async with asyncio.TaskGroup() as group:
        group.create_task(aclient.post(OPENAI, json=QUESTION)); return line()  # fmt: skip # noqa: E702


async def _deadline(aclient):
    await asyncio.wait_for(aclient.post(OPENAI, json=QUESTION), 5); return line()  # fmt: skip # noqa: E702


async def _completed(aclient):
    for job in asyncio.as_completed([aclient.post(OPENAI, json=QUESTION)]): site = line(); await job  # fmt: skip # noqa: E701, E702
    return site


async def _awaited(aclient):
    await aclient.post(OPENAI, json=QUESTION); return line()  # fmt: skip # noqa: E702


@pytest.mark.parametrize("use", [_gather, _task, _group, _deadline, _completed, _awaited])
def test_a_coroutine_given_to_a_loop_is_called_where_its_task_is_made(recorder, aclient, use):
    assert asyncio.run(use(aclient)) == one_site(recorder)


@pytest.mark.parametrize("how", ["to_thread", "run_in_executor"])
def test_a_method_given_to_the_executor_of_a_loop_is_called_where_it_is_given(recorder, client, how):
    async def go():
        if how == "to_thread":
            await asyncio.to_thread(client.post, OPENAI, json=QUESTION); return line()  # fmt: skip # noqa: E702
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, client.post, OPENAI); return line()  # fmt: skip # noqa: E702

    assert asyncio.run(go()) == one_site(recorder)


def test_a_task_is_made_as_without_us(recorder):
    """Name and context arrive, and what the task sees of its maker's context is what was there."""

    async def go():
        loop = asyncio.get_running_loop()
        task = loop.create_task(asyncio.sleep(0, 7), name="seven")
        assert task.get_name() == "seven"
        with pytest.raises(TypeError):
            loop.create_task(3)  # noqa: RUF006 - it raises
        return await task

    assert asyncio.run(go()) == 7


# -- evaluations ---------------------------------------------------------------------------------------------------

JUDGE = """
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

def plain(fn, *args, **kwargs):
    fn(*args, **kwargs)

def thread(fn, *args, **kwargs):
    thread = threading.Thread(target=fn, args=args, kwargs=kwargs)
    thread.start()
    thread.join()

def executor(fn, *args, **kwargs):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fn, *args, **kwargs).result()

def pool(fn, *args, **kwargs):
    with ThreadPool(1) as pool:
        pool.apply(fn, args, kwargs)

def loop(fn, *args, **kwargs):
    async def go():
        await asyncio.to_thread(fn, *args, **kwargs)
    asyncio.run(go())

async def tasks(fn, *args, **kwargs):
    await asyncio.gather(fn(*args, **kwargs), asyncio.sleep(0))
"""


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """A package that stands in for an installed judge: `deepeval` and its like bring half of the world along."""
    package = tmp_path / "site-packages" / "fairjudge"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(JUDGE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(package.parent))
    import fairjudge

    yield fairjudge
    del sys.modules["fairjudge"]


@pytest.fixture
def judged():
    watched = Watched(Sites(str(Path(__file__).parents[2]), ("fairjudge",)))
    with watch(watched), watched.owners.during(A):
        yield watched
    assert watched.faults == []


@pytest.mark.parametrize("how", ["plain", "thread", "executor", "pool", "loop"])
def test_calls_that_a_judge_starts_elsewhere_are_evaluations(judged, judge, http, transport, how):
    with http.Client(transport=transport) as client:
        getattr(judge, how)(client.post, OPENAI, json=QUESTION); site = line()  # fmt: skip # noqa: E702
        getattr(judge, how)(lambda: post(client))  # a model of the project that the judge is given
        post(client)
    first, second, third = judged.flights()
    assert (first.evaluation, second.evaluation, third.evaluation) == (True, True, False)
    assert first.site == site


def test_calls_of_tasks_that_a_judge_makes_are_evaluations(judged, judge, http, transport):
    client = http.AsyncClient(transport=transport)

    async def own(client):
        await client.post(OPENAI, json=QUESTION)

    async def go():
        await judge.tasks(client.post, OPENAI, json=QUESTION)
        await judge.tasks(own, client)
        await asyncio.gather(own(client))

    asyncio.run(go())
    assert [flight.evaluation for flight in judged.flights()] == [True, True, False]


def test_exclusion_is_of_the_block_alone_in_nested_asynchronous_code(recorder, aclient):
    async def call(expected, seen):
        await aclient.post(OPENAI, json=QUESTION)
        seen.append(expected)

    async def go(seen):
        with exclude():
            inside = asyncio.create_task(call(True, seen))
            with exclude():
                await call(True, seen)
            await asyncio.gather(call(True, seen), inside)
        await call(False, seen)

    seen = []
    asyncio.run(go(seen))
    assert sorted(flight.evaluation for flight in recorder.flights()) == sorted(seen)


def test_outside_of_tests_nobody_is_charged_for_what_is_started(recorder):
    with recorder.owners.during(OUTSIDE), ThreadPool(1) as pool:
        assert pool.apply(recorder.owners.current) == OUTSIDE


# -- a transport that works in a thread of its own -------------------------------------------------------------------


def through(http, work):
    """Return a client whose transport hands each request to a thread of its own, and waits for it."""

    class Threaded(http.BaseTransport):
        def handle_request(self, request):
            said = []
            thread = threading.Thread(target=lambda: said.append(work(request)))
            thread.start()
            thread.join()
            return http.Response(200, json=said[0])

    return http.Client(transport=Threaded())


def test_what_a_transport_sends_from_a_bare_thread_is_the_same_call(recorder, http, server):
    server.answer(chat())
    with through(http, lambda asked: requests.post(str(asked.url), data=asked.content, timeout=9).json()) as client:
        client.post(server.chat, json=QUESTION)
    flight = recorder.one()
    assert (flight.live, len(server.asked)) == (True, 1)


def test_another_model_that_is_asked_in_that_thread_is_another_call(recorder, http, server):
    server.answer(chat())
    with through(http, lambda _: requests.post(server.chat, json=QUESTION, timeout=9).json()) as client:
        client.post(OPENAI, json=QUESTION)
    assert sorted(flight.live for flight in recorder.flights()) == [False, True]


def test_a_thread_that_outlives_the_call_makes_calls_of_its_own(recorder, http, server):
    server.answer(chat())
    go, threads = threading.Event(), []

    def later():
        go.wait(9)
        requests.post(server.chat, json=QUESTION, timeout=9)

    def start(_):
        threads.append(threading.Thread(target=later))
        threads[0].start()
        return chat()

    with http.Client(transport=http.MockTransport(lambda asked: http.Response(200, json=start(asked)))) as client:
        client.post(server.chat, json=QUESTION)
    go.set()
    threads[0].join()
    assert [flight.live for flight in recorder.flights()] == [False, True]


def test_a_thread_of_a_pool_that_a_call_has_made_serves_others_too(recorder, http):
    pool, there = ThreadPoolExecutor(1), []

    def answer(_):
        pool.submit(len, "").result()  # which makes the thread
        other = threading.Thread(target=lambda: there.append(pool.submit(in_flight).result()))
        other.__dict__["_target"].__module__ = "concurrent.futures.thread"  # not part of this call
        other.start()
        other.join()
        return http.Response(200, json=chat())

    with pool, http.Client(transport=http.MockTransport(answer)) as client:
        client.post(OPENAI, json=QUESTION)
    assert there == [None]
