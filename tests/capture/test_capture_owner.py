"""Who is charged: the test that made a call, through fixtures, threads, executors and tasks.

In each suite below a call names, as its model, the test and phase that must be charged.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import pytest
from capture_charged import charged, check
from capture_wire import OPENAI, chat

from pytest_llmcost.capture.owner import OUTSIDE, SHARED, Owner, exclude, excluded

A, B = Owner("a", "call"), Owner("b", "call")


@pytest.fixture
def owners(recorder):
    """Return owners that nobody runs for."""
    fresh = recorder.owners
    with fresh.during(OUTSIDE):
        yield fresh


def run_thread(target):
    found = []
    thread = threading.Thread(target=lambda: found.append(target()))
    thread.start()
    thread.join()
    return found[0]


def test_calls_outside_of_tests_have_an_owner_of_their_own(owners):
    assert owners.current() == OUTSIDE
    with owners.during(A):
        assert owners.current() == A
        with owners.during(Owner(None, SHARED)):
            assert owners.current() == Owner(None, SHARED)
        assert owners.current() == A
    assert owners.current() == OUTSIDE


def test_a_bug_in_what_follows_the_tests_is_noted_and_changes_nothing(owners, recorder):
    def fail(owner):
        raise RuntimeError(owner.test)

    with owners.during(A):
        owners.on_change = fail
        with owners.during(B):
            owners.on_change = None
            assert owners.current() == B
    assert [fault.partition(": ")[2] for fault in recorder.faults] == ["RuntimeError"]
    recorder.faults.clear()


def test_threads_timers_and_pools_are_charged_to_who_started_them(owners):
    with owners.during(A):
        assert run_thread(owners.current) == A
        assert run_thread(lambda: run_thread(owners.current)) == A
        found = queue.Queue()
        timer = threading.Timer(0, lambda: found.put(owners.current()))
        timer.start()
        assert found.get(timeout=5) == A
        timer.join()
        with ThreadPool(1) as pool:
            assert pool.apply(owners.current) == A


def test_a_thread_that_outlives_its_test_stays_with_it(owners):
    go, found = threading.Event(), queue.Queue()

    def late():
        go.wait(5)
        found.put(owners.current())

    with owners.during(A):
        thread = threading.Thread(target=late, daemon=True)
        thread.start()
    with owners.during(B):
        go.set()
        assert found.get(timeout=5) == A
    thread.join()


def test_a_thread_of_a_fixture_or_an_import_serves_the_running_test(owners):
    asked, found = queue.Queue(), queue.Queue()

    def serve():
        while asked.get(timeout=5):
            found.put(owners.current())

    threads = []
    for starter in (OUTSIDE, Owner(None, SHARED)):
        with owners.during(starter):
            threads.append(threading.Thread(target=serve))
            threads[-1].start()
    for _ in threads:
        with owners.during(B):
            asked.put(True)
            assert found.get(timeout=5) == B
    for _ in threads:
        asked.put(False)
    for thread in threads:
        thread.join()


def test_a_pool_shared_by_tests_charges_each_its_own_tasks(owners):
    with ThreadPoolExecutor(1) as pool:
        with owners.during(A):
            assert pool.submit(owners.current).result() == A
        with owners.during(B):
            assert pool.submit(owners.current).result() == B
            assert list(pool.map(lambda _: owners.current(), range(3))) == [B] * 3
        assert pool.submit(owners.current).result() == OUTSIDE


def test_a_pool_of_the_users_own_class_works(owners):
    class Pool(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            return super().submit(lambda: (fn(*args, **kwargs), 1))

    with Pool(1) as pool, owners.during(A):
        assert pool.submit(owners.current).result() == (A, 1)


def test_executors_of_a_loop_are_charged_to_who_used_them(owners):
    async def go():
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(None, owners.current), await asyncio.to_thread(owners.current)

    with owners.during(A):
        assert asyncio.run(go()) == (A, A)


def test_a_loop_in_a_thread_charges_who_asked_it(owners):
    """As in libraries that run asynchronous code for synchronous callers."""
    loop = asyncio.new_event_loop()
    with owners.during(A):
        thread = threading.Thread(target=loop.run_forever)
        thread.start()

    async def who():
        return owners.current()

    with owners.during(B):
        assert asyncio.run_coroutine_threadsafe(who(), loop).result(5) == B
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_a_context_of_an_earlier_phase_tells_the_test_and_not_the_phase(owners):
    """Contexts are kept: by unittest from set-up, by asynchronous fixtures until their teardown."""
    with owners.during(Owner("a", "setup")):
        context = contextvars.copy_context()
    with owners.during(A):
        assert context.run(owners.current) == A
    with owners.during(Owner("a", "call", 2)):
        assert context.run(owners.current) == Owner("a", "setup", 1)  # a task that the first attempt left behind


def test_a_block_may_end_in_another_context_than_it_has_begun_in():
    """As in a fixture of a loop, whose two halves are tasks of their own."""

    async def fixture():
        with exclude():
            yield excluded()

    async def run():
        halves = fixture()
        assert await asyncio.create_task(anext_of(halves))
        with pytest.raises(StopAsyncIteration):
            await asyncio.create_task(anext_of(halves))
        assert not excluded()

    async def anext_of(halves):
        return await anext(halves)

    asyncio.run(run())


def test_what_is_excluded_stays_excluded_in_threads_and_executors(owners):
    with ThreadPoolExecutor(1) as pool:
        with exclude():
            assert excluded()
            assert run_thread(excluded)
            assert pool.submit(excluded).result()
        assert not excluded()
        assert not run_thread(excluded)
        assert not pool.submit(excluded).result()


def test_a_thread_that_takes_no_attributes_is_followed_too(owners):
    go = threading.Event()

    class Strict(threading.Thread):
        def __setattr__(self, name, value):
            if name.startswith("_llmcost"):
                raise AttributeError(name)
            super().__setattr__(name, value)

        def run(self):
            go.wait(5)
            self.found = owners.current()

        def start(self):
            super().start()

    with owners.during(A):
        thread = Strict(daemon=True)
        thread.start()
    with owners.during(B):
        go.set()
        thread.join()
    assert thread.found == A


def test_a_finished_call_is_charged_to_the_owner_who_began_it(recorder, http):
    """A thread of one test calls while another one runs."""
    transport = http.MockTransport(lambda request: http.Response(200, json=chat()))
    go = threading.Event()

    def late():
        go.wait(5)
        http.Client(transport=transport).post(OPENAI, json={"model": "m", "messages": []})

    with recorder.owners.during(A):
        thread = threading.Thread(target=late)
        thread.start()
    with recorder.owners.during(B):
        go.set()
        thread.join()
    assert recorder.take("b", 1) == []
    assert [flight.owner for flight in recorder.take("a", 1)] == [A]


def test_calls_of_many_threads_are_all_kept_and_numbered(recorder, http):
    transport = http.MockTransport(lambda request: http.Response(200, json=chat()))

    def work(_):
        with http.Client(transport=transport) as client:
            for _ in range(10):
                client.post(OPENAI, json={"model": "m", "messages": []})

    with ThreadPoolExecutor(8) as pool:
        taken = []
        jobs = [pool.submit(work, n) for n in range(8)]
        while not all(job.done() for job in jobs):
            taken += recorder.take("test_it.py::test_it", 1, pending=False)
    taken += recorder.flights()
    assert sorted(flight.index for flight in taken) == list(range(80))


# -- in a run of pytest --------------------------------------------------------------------------------------------


def test_fixtures_and_phases_of_synchronous_tests(pytester):
    suite = """
call("- collection")

@pytest.fixture(scope="session")
def pool():
    call("- shared")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(call, "- shared").result()
        yield pool
    call("- shared")

@pytest.fixture(scope="module", autouse=True)
def module(pool):
    call("- shared")
    yield
    call("- shared")

def setup_module():
    call("- shared")

@pytest.fixture
def own(request):
    call(f"{request.node.name} setup")
    yield
    call(f"{request.node.name} teardown")

def test_a(own, pool):
    call("test_a call")
    pool.submit(call, "test_a call").result()
    thread = threading.Thread(target=call, args=["test_a call"])
    thread.start(); thread.join()

@pytest.mark.parametrize("n", [1, 2])
def test_b(own, pool, n, request):
    pool.submit(call, f"{request.node.name} call").result()

class TestUnit(unittest.TestCase):
    @classmethod
    def setUpClass(cls): call("- shared")
    def setUp(self): call("test_unit call")
    def test_unit(self): call("test_unit call")
    def tearDown(self): call("test_unit call")

class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self): await acall("test_isolated call")
    async def test_isolated(self): await asyncio.gather(acall("test_isolated call"), acall("test_isolated call"))
"""
    check(charged(pytester, suite, passed={"passed": 5}), 1 + 3 + 2 + 1 + 6 + 3 + 2 + 1 + 3 + 3)


def test_what_a_test_leaves_behind_is_charged_to_it(pytester):
    suite = """
go, done = threading.Event(), threading.Event()

def late():
    go.wait(5)
    call("test_a call")
    done.set()

def test_a():
    threading.Thread(target=late, daemon=True).start()

def test_b():
    go.set()
    assert done.wait(5)
    call("test_b call")
"""
    check(charged(pytester, suite, passed={"passed": 2}), 2)


@pytest.mark.parametrize("scope", ["function", "session"])
def test_asynchronous_tests_on_one_loop_or_many(pytester, scope):
    pytest.importorskip("pytest_asyncio")
    suite = f"""
import pytest_asyncio
pytestmark = pytest.mark.asyncio(loop_scope="{scope}")
left = []

@pytest_asyncio.fixture(scope="{scope}", loop_scope="{scope}")
async def worker(request):
    who = "- shared" if request.scope == "session" else request.node.name + " setup"
    await acall(who)
    asked, given = asyncio.Queue(), asyncio.Queue()
    async def serve():
        while (who := await asked.get()) is not None:
            await acall(who)
            await given.put(who)
    task = asyncio.create_task(serve())
    async def ask(who):
        await asked.put(who)
        assert await given.get() == who
    yield ask
    await acall(who.replace("setup", "teardown"))
    await asked.put(None)
    await task

@pytest_asyncio.fixture(loop_scope="{scope}")
async def own(request):
    await acall(request.node.name + " setup")
    yield
    await acall(request.node.name + " teardown")

@pytest.fixture(autouse=True)
def plain(request):
    call(request.node.name + " setup")
    yield
    call(request.node.name + " teardown")

async def everything(who):
    await acall(who)
    await asyncio.gather(acall(who), acall(who))
    await asyncio.create_task(acall(who))
    await asyncio.to_thread(call, who)
    await asyncio.get_running_loop().run_in_executor(None, call, who)

async def test_a(own, worker):
    await everything("test_a call")
    await worker("test_a call")
    async def late():
        await asyncio.sleep(0.05)
        await acall("test_a call")
    if "{scope}" == "session":
        left.append(asyncio.create_task(late()))

async def test_b(own, worker):
    await everything("test_b call")
    await worker("test_b call")
    await asyncio.gather(*left)
"""
    shared = 2 if scope == "session" else 4
    left = 1 if scope == "session" else 0
    check(charged(pytester, suite, passed={"passed": 2}), shared + 2 * (4 + 7) + left)


@pytest.mark.parametrize("scope", ["function", "module"])
def test_asynchronous_tests_of_anyio(pytester, scope):
    """They share one task, whose context is that of the first fixture or test that it ran."""
    pytest.importorskip("anyio")
    suite = f"""
import anyio
pytestmark = pytest.mark.anyio

@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"

@pytest.fixture(scope="{scope}")
async def wide(anyio_backend, request):
    who = "- shared" if request.scope == "module" else request.node.name + " setup"
    await acall(who)
    yield
    await acall(who.replace("setup", "teardown"))

@pytest.fixture
async def own(request):
    await acall(request.node.name + " setup")
    yield
    await acall(request.node.name + " teardown")

async def everything(who):
    await acall(who)
    async with anyio.create_task_group() as group:
        group.start_soon(acall, who)
        group.start_soon(acall, who)
    await anyio.to_thread.run_sync(call, who)

async def test_a(wide, own):
    await everything("test_a call")

async def test_b(wide, own):
    await everything("test_b call")
"""
    shared = 2 if scope == "module" else 4
    check(charged(pytester, suite, passed={"passed": 2}), shared + 2 * (2 + 4))


def test_each_attempt_at_a_test_is_charged_apart(pytester):
    pytest.importorskip("pytest_rerunfailures")
    suite = """
tries = []

def test_a():
    call("test_a call")
    tries.append(1)
    assert len(tries) == 2
"""
    pairs = charged(pytester, suite, "--reruns=1", passed={"passed": 1})
    check(pairs, 2)
    run = json.loads((pytester.path / "llmcost.json").read_text(encoding="utf-8"))
    assert [(call["attempt"], call["index"]) for call in run["calls"]] == [(1, 0), (2, 0)]
