"""Who is charged in runs of pytest with its plugins, each the real one: the name of a call's model says who must be."""

from __future__ import annotations

import json

import pytest
from capture_charged import charged, check


def _calls(pytester):
    run = json.loads((pytester.path / "llmcost.json").read_text(encoding="utf-8"))
    return run["calls"]


@pytest.mark.parametrize("scope", ["function", "module"])
def test_trio_by_way_of_anyio(pytester, scope):
    pytest.importorskip("anyio")
    pytest.importorskip("trio")
    suite = f"""
import anyio, trio
pytestmark = pytest.mark.anyio

@pytest.fixture(scope="module")
def anyio_backend():
    return "trio"

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
    async with trio.open_nursery() as nursery:
        nursery.start_soon(acall, who)
        nursery.start_soon(acall, who)
    async with anyio.create_task_group() as group:
        group.start_soon(acall, who)
    await trio.to_thread.run_sync(call, who)

async def test_a(wide, own):
    await everything("test_a call")

async def test_b(wide, own):
    await everything("test_b call")
"""
    shared = 2 if scope == "module" else 4
    check(charged(pytester, suite, passed={"passed": 2}), shared + 2 * (2 + 5))


def test_anyio_on_both_backends(pytester):
    pytest.importorskip("anyio")
    pytest.importorskip("trio")
    suite = """
@pytest.mark.anyio
async def test_a(request):
    await acall(request.node.name + " call")
"""
    check(charged(pytester, suite, passed={"passed": 2}), 2)
    assert {call["test"] for call in _calls(pytester)} == {"test_it.py::test_a[asyncio]", "test_it.py::test_a[trio]"}


def test_anyio_on_both_backends_in_the_groups_of_pytest_split(pytester):
    for package in ("anyio", "trio", "pytest_split"):
        pytest.importorskip(package)
    suite = """
@pytest.mark.anyio
async def test_a(request):
    await acall(request.node.name + " call")
"""
    made = []
    for group in (1, 2):
        check(charged(pytester, suite, "--splits=2", f"--group={group}", passed={"passed": 1}), 1)
        made += [call["test"] for call in _calls(pytester)]
    assert sorted(made) == ["test_it.py::test_a[asyncio]", "test_it.py::test_a[trio]"]


def test_a_worker_thread_of_a_session_fixture_serves_the_running_test(pytester):
    suite = """
import queue

@pytest.fixture(scope="session")
def served():
    asked, given = queue.Queue(), queue.Queue()
    def serve():
        while (who := asked.get()) is not None:
            call(who)
            given.put(who)
    thread = threading.Thread(target=serve)
    thread.start()
    def ask(who):
        asked.put(who)
        given.get(timeout=5)
    ask("- shared")
    yield ask
    ask("- shared")
    asked.put(None)
    thread.join()

def test_a(served):
    served("test_a call")

def test_b(served, request):
    request.addfinalizer(lambda: served("test_b teardown"))
    served("test_b call")
"""
    check(charged(pytester, suite, passed={"passed": 2}), 5)


def test_a_thread_pool_of_one_test_that_others_use(pytester):
    suite = """
from multiprocessing.pool import ThreadPool
pool = []

def test_a():
    pool.append(ThreadPool(2))
    pool[0].apply(call, ["test_a call"])

def test_b():
    pool[0].map(call, ["test_b call"] * 3)
    pool[0].close()
    pool[0].join()
"""
    check(charged(pytester, suite, passed={"passed": 2}), 4)


def test_doctests_are_tests(pytester):
    suite = '''
def greet():
    """Greet.

    >>> call("test_it.greet call")
    """

def test_a():
    call("test_a call")
'''
    pairs = charged(pytester, suite, "--doctest-modules", passed={"passed": 2})
    assert sorted(pairs) == [("test_a call", "test_a call"), ("test_it.greet call", "test_it.greet call")]


def test_subtests_are_charged_to_their_test(pytester):
    suite = """
import unittest

def test_a(subtests):
    for n in range(3):
        with subtests.test(n=n):
            call("test_a call")

class TestIt(unittest.TestCase):
    def test_b(self):
        for n in range(2):
            with self.subTest(n=n):
                call("test_b call")
"""
    pytest.importorskip("_pytest.subtests")
    check(charged(pytester, suite, passed={"passed": 2}), 5)


def test_each_repetition_is_a_test_of_its_own(pytester):
    pytest.importorskip("pytest_repeat")
    suite = """
def test_a(request):
    call(request.node.name + " call")
"""
    check(charged(pytester, suite, "--count=3", passed={"passed": 3}), 3)


def test_a_call_that_no_frame_of_the_project_makes_stands_where_its_test_does(pytester):
    suite = '''
def greet():
    """Greet.

    >>> client = httpx2.Client(transport=httpx2.MockTransport(answer))
    >>> reply = client.post("https://api.openai.com/v1/chat/completions", json=body("test_it.greet call"))
    """
'''
    check(charged(pytester, suite, "--doctest-modules", passed={"passed": 1}), 1)
    lines = (pytester.path / "test_it.py").read_text(encoding="utf-8").splitlines()
    (call,) = _calls(pytester)
    file, _, line = call["call_site"].rpartition(":")
    assert file == "test_it.py"
    assert lines.index("def greet():") < int(line) <= len(lines)


def test_tests_that_run_in_several_threads_at_once(pytester):
    """All runs of a test are one attempt at it, so that its calls are those of all of its threads."""
    pytest.importorskip("pytest_run_parallel")
    suite = """
@pytest.fixture
def own(request):
    call(request.node.name + " setup")

def test_a(own):
    call("test_a call")

def test_b(own):
    call("test_b call")
"""
    pairs = charged(pytester, suite, "--parallel-threads=3", passed={"passed": 2})
    check(pairs, 2 * (1 + 3))
