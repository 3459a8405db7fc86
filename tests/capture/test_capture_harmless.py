"""The user's calls behave as they did: signatures, exceptions, laziness; and our own bugs stay ours."""

from __future__ import annotations

import asyncio
import inspect
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest
from capture_watched import Watched
from capture_wire import MESSAGES, OPENAI, QUESTION, chat, chat_events, message

from pytest_llmcost.capture import recorder as recording
from pytest_llmcost.capture.flight import Flight
from pytest_llmcost.capture.owner import Owners
from pytest_llmcost.capture.patches import httpx as httpx_patch
from pytest_llmcost.capture.patches import raw_stream
from pytest_llmcost.capture.patches import requests as requests_patch
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.errors import SpendLimitReached

requests = pytest.importorskip("requests")

BUG = RuntimeError("a bug of ours")


def bug(*args, **kwargs):
    raise BUG


def answers(http, body=None):
    return http.MockTransport(lambda request: http.Response(200, json=body or chat()))


@pytest.fixture
def faulty(recorder):
    """Forgive the faults of a test, which must have some."""
    yield recorder
    assert recorder.faults
    assert all("RuntimeError" in fault or "AttributeError" in fault for fault in recorder.faults)
    recorder.faults.clear()


# -- what can be seen from outside ---------------------------------------------------------------------------------


def patched_functions():
    import http.client

    found = [(threading.Thread, "start"), (ThreadPoolExecutor, "submit"), (http.client.HTTPConnection, "putrequest")]
    found += [(requests.Session, "send"), (requests.Session, "request")]
    for name in ("httpx", "httpx2"):
        module = pytest.importorskip(name)
        found += [(module.Client, "send"), (module.AsyncClient, "send")]
    return found


def test_signatures_are_unchanged_and_patches_are_undone():
    functions = patched_functions()
    before = [target.__dict__[name] for target, name in functions]

    def look(function):
        names = (function.__name__, function.__qualname__, function.__module__, function.__doc__)
        return (
            *names,
            inspect.signature(function),
            inspect.getfullargspec(function),
            inspect.iscoroutinefunction(function),
        )

    looks = [look(function) for function in before]
    with watch(Watched(Sites("/"))):
        during = [target.__dict__[name] for target, name in functions]
        assert all(new is not old for new, old in zip(during, before, strict=True))
        assert [look(function) for function in during] == looks
    assert [target.__dict__[name] for target, name in functions] == before


def test_wrong_arguments_are_complained_about_by_the_library(recorder, http):
    with http.Client() as client, requests.Session() as session:
        for wrong in (client.send, session.send, session.request, lambda: session.request("POST")):
            with pytest.raises(TypeError) as caught:
                wrong()
            assert "llmcost" not in str(caught.value)
    with ThreadPoolExecutor() as pool, pytest.raises(TypeError, match="fn"):
        pool.submit()
    with pytest.raises(RuntimeError, match="not called"):
        threading.Thread.start(threading.Thread.__new__(threading.Thread))


def test_exceptions_keep_their_identity_and_show_no_frame_of_ours(recorder, http):
    error = http.ConnectError("no")

    def fail(request):
        raise error

    with http.Client(transport=http.MockTransport(fail)) as client, pytest.raises(http.ConnectError) as caught:
        client.post(OPENAI, json=QUESTION)
    assert caught.value is error
    assert error.__context__ is None
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    assert [frame for frame in traceback.extract_tb(caught.tb) if "pytest_llmcost" in frame.filename]


def test_exceptions_of_an_asynchronous_call_show_no_frame_of_ours(recorder, http):
    def fail(request):
        raise http.ConnectError("no")

    async def go():
        async with http.AsyncClient(transport=http.MockTransport(fail)) as client:
            await client.post(OPENAI, json=QUESTION)

    with pytest.raises(http.ConnectError) as caught:
        asyncio.run(go())
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]


def test_exceptions_of_requests_show_no_frame_of_ours(recorder):
    with pytest.raises(requests.exceptions.InvalidSchema) as caught:
        requests.post("no://host/v1/chat/completions", json=QUESTION)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]


# -- our own bugs --------------------------------------------------------------------------------------------------

PLACES = [
    (httpx_patch, "recognised"),
    (requests_patch, "recognised"),
    (recording, "in_flight"),
    (recording, "excluded"),
    (Sites, "find"),
    (Owners, "current"),
    (Flight, "__init__"),
    (Flight, "take_off"),
    (Flight, "land"),
    (Flight, "ended"),
    (Watched, "depart"),
    (Watched, "land"),
    (Watched, "next_index"),
    (httpx_patch, "_asked"),
    (requests_patch, "_note_request"),
]


@pytest.mark.parametrize("place", PLACES, ids=[name for _, name in PLACES])
def test_a_bug_of_ours_leaves_the_users_call_alone(faulty, http, server, monkeypatch, place):
    server.answer(chat())
    monkeypatch.setattr(*place, bug)

    async def go():
        async with http.AsyncClient() as client:
            return await client.post(server.chat, json=QUESTION)

    def post_all():
        assert http.post(server.chat, json=QUESTION).json() == chat()
        assert asyncio.run(go()).json() == chat()
        assert requests.post(server.chat, json=QUESTION).json() == chat()

    post_all()
    monkeypatch.undo()
    faulty.flights()
    post_all()
    assert len(faulty.flights()) == 3


@pytest.mark.parametrize("name", ["fail", "land"])
def test_a_bug_of_ours_leaves_the_users_exception_alone(faulty, http, monkeypatch, name):
    monkeypatch.setattr(*{"fail": (Watched, "fail", bug), "land": (Flight, "land", bug)}[name])

    def fail(request):
        raise http.ReadTimeout("slow")

    with http.Client(transport=http.MockTransport(fail)) as client, pytest.raises(http.ReadTimeout):
        client.post(OPENAI, json=QUESTION)
    with pytest.raises(requests.exceptions.InvalidSchema):
        requests.post("no://host/v1/chat/completions", json=QUESTION)


@pytest.mark.parametrize("tee", [httpx_patch._Tee, httpx_patch._AsyncTee])
def test_a_stream_that_cannot_be_followed_is_still_read(faulty, http, server, monkeypatch, tee):
    server.answer(chat_events())
    monkeypatch.setattr(tee, "__init__", bug)

    async def go():
        async with http.AsyncClient() as client, client.stream("POST", server.chat, json=QUESTION) as response:
            return [chunk async for chunk in response.aiter_raw()]

    with http.stream("POST", server.chat, json=QUESTION) as response:
        assert b"".join(response.iter_raw()) == b"".join(chat_events())
    assert b"".join(asyncio.run(go())) == b"".join(chat_events())


def test_a_bug_while_a_stream_is_read_is_not_the_readers(faulty, http, server):
    """Whatever breaks at each chunk, the chunk is handed on."""
    server.answer(chat_events())

    async def go():
        async with http.AsyncClient() as client, client.stream("POST", server.chat, json=QUESTION) as response:
            faulty.one().chunks = None
            return [chunk async for chunk in response.aiter_raw()]

    with http.stream("POST", server.chat, json=QUESTION) as response:
        faulty.one().chunks = None
        assert b"".join(response.iter_raw()) == b"".join(chat_events())
    assert b"".join(asyncio.run(go())) == b"".join(chat_events())
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        faulty.one().chunks = None
        assert b"".join(response.iter_content(None)) == b"".join(chat_events())


TEES = [(raw_stream, "_teeing"), (raw_stream._Tap, "__init__"), (requests_patch, "_note_request")]


@pytest.mark.parametrize("place", TEES, ids=[name for _, name in TEES])
def test_a_stream_of_requests_that_cannot_be_followed_is_still_read(faulty, server, monkeypatch, place):
    server.answer(chat_events())
    monkeypatch.setattr(*place, bug)
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        assert b"".join(response.iter_content(None)) == b"".join(chat_events())


def test_a_bug_at_the_end_of_a_reply_is_not_the_readers(faulty, http, server):
    server.answer(chat())
    faulty.on_end = bug
    assert http.post(server.chat, json=QUESTION).json() == chat()
    server.answer(chat_events())
    with http.stream("POST", server.chat, json=QUESTION) as response:
        assert b"".join(response.iter_raw())
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        assert response.content


def test_a_bug_of_the_witness_is_not_the_callers(faulty, server, monkeypatch):
    server.answer(chat())
    monkeypatch.setattr(requests_patch, "in_flight", bug)
    assert requests.post(server.chat, json=QUESTION).json() == chat()


def test_a_gate_that_breaks_lets_calls_through(faulty, http, server):
    server.answer(chat())
    faulty.gate = bug
    assert http.post(server.chat, json=QUESTION).json() == chat()


def test_threads_and_executors_start_whatever_breaks(recorder, monkeypatch):
    monkeypatch.setattr(Owners, "current", bug)
    done = []
    thread = threading.Thread(target=done.append, args=(1,))
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda a, b=0: a + b, 1, b=2).result() == 3
    assert done == [1]
    assert {fault.partition(":")[0] for fault in recorder.faults} == {"test_capture_harmless.py"}
    recorder.faults.clear()


def test_a_library_that_we_do_not_know_is_left_alone(monkeypatch):
    http = pytest.importorskip("httpx2")
    monkeypatch.delattr(http.Client, "send")
    watched = Watched(Sites("/"))
    before = http.AsyncClient.send
    with watch(watched):
        assert http.AsyncClient.send is before
    assert len(watched.faults) == 1


# -- counted once --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_each_attempt_of_an_sdk_is_a_call(recorder, server, sdk):
    module = pytest.importorskip(sdk)
    again = {"retry-after-ms": "1"}
    server.answer({"error": {"message": "slow down"}}, 429, again).answer({}, 429, again)
    server.answer(chat() if sdk == "openai" else message())
    if sdk == "openai":
        with module.OpenAI(api_key="none", base_url=server.base + "/v1") as client:
            client.chat.completions.create(**QUESTION)
    else:
        with module.Anthropic(api_key="none", base_url=server.base) as client:
            client.messages.create(**QUESTION, max_tokens=9)
    assert [flight.exchange().status for flight in recorder.flights()] == [429, 429, 200]


def test_a_transport_that_asks_another_model_is_two_calls(recorder, http):
    inner = http.Client(transport=answers(http, message()))

    def ask_another(request):
        assert inner.post("https://api.anthropic.com" + MESSAGES, json=QUESTION).json() == message()
        return http.Response(200, json=chat())

    with inner, http.Client(transport=http.MockTransport(ask_another)) as client:
        client.post(OPENAI, json=QUESTION)
    assert [flight.dialect.name for flight in recorder.flights()] == ["openai-chat", "anthropic-messages"]


def test_a_client_that_hands_on_to_another_is_one_call(recorder, http):
    inner = http.Client(transport=answers(http))

    def hand_on(request):
        return inner.post(request.url, content=request.content, headers=request.headers)

    with inner, http.Client(transport=http.MockTransport(hand_on)) as client:
        assert client.post(OPENAI, json=QUESTION).json() == chat()
    assert len(recorder.flights()) == 1


def test_a_transport_on_requests_is_one_call_and_live(recorder, http, server):
    server.answer(chat())

    def hand_on(request):
        reply = requests.post(str(request.url), data=request.content)
        return http.Response(reply.status_code, json=reply.json())

    with http.Client(transport=http.MockTransport(hand_on)) as client:
        assert client.post(server.chat, json=QUESTION).json() == chat()
    assert recorder.exchange().live


def test_other_requests_made_on_the_way_are_not_taken_for_the_call(recorder, http, server):
    server.answer({})

    def ask_first(request):
        requests.post(server.base + "/tokens", data=b"other")
        return http.Response(200, json=chat())

    with http.Client(transport=http.MockTransport(ask_first)) as client:
        client.post(OPENAI, content=iter([b"{}"]))
    seen = recorder.exchange()
    assert (seen.request, seen.url, seen.live) == (None, OPENAI, False)


def test_a_hook_that_calls_a_model_with_the_same_client_is_another_call(recorder, http):
    def answer(request):
        return http.Response(200, json=chat() if request.url.path.endswith("completions") else message())

    client = http.Client(transport=http.MockTransport(answer))

    def moderate(response):
        if response.request.url.path.endswith("completions"):
            client.post("https://api.anthropic.com" + MESSAGES, json=QUESTION)

    client.event_hooks["response"] = [moderate]
    with client:
        client.post(OPENAI, json=QUESTION)
    assert len(recorder.flights()) == 2


def test_a_task_begun_during_a_call_makes_calls_of_its_own(recorder, http):
    client = http.AsyncClient(transport=answers(http))
    tasks = []

    async def later():
        await asyncio.sleep(0.01)
        await client.post(OPENAI, json=QUESTION)

    async def begin(request):
        if not tasks:
            tasks.append(asyncio.create_task(later()))

    client.event_hooks["request"] = [begin]

    async def go():
        async with client:
            await client.post(OPENAI, json=QUESTION)
            await tasks[0]

    asyncio.run(go())
    assert len(recorder.flights()) == 2


# -- the spend limit -----------------------------------------------------------------------------------------------


@pytest.fixture
def refusing(recorder):
    asked = []

    def gate(_):
        asked.append(1)
        raise SpendLimitReached("enough")

    recorder.gate = gate
    recorder.asked = asked
    return recorder


def test_a_refused_call_is_not_sent_and_is_no_call(refusing, server, http):
    server.answer(chat())
    with pytest.raises(SpendLimitReached, match="enough") as caught:
        http.post(server.chat, json=QUESTION)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert "pytest_llmcost" not in str([entry.path for entry in shown])
    with pytest.raises(SpendLimitReached):
        requests.post(server.chat, json=QUESTION)
    assert (server.asked, refusing.flights()) == ([], [])


def test_no_sdk_swallows_or_retries_a_refusal(refusing, server):
    openai, anthropic = pytest.importorskip("openai"), pytest.importorskip("anthropic")

    def careful(client):
        try:
            client.chat.completions.create(**QUESTION)
        except Exception:
            pytest.fail("an application would go on")

    with openai.OpenAI(api_key="none", base_url=server.base + "/v1") as client, pytest.raises(SpendLimitReached):
        careful(client)
    with anthropic.Anthropic(api_key="none", base_url=server.base) as client, pytest.raises(SpendLimitReached):
        client.messages.create(**QUESTION, max_tokens=9)
    assert len(refusing.asked) == 2


def test_an_asynchronous_call_is_refused_too(refusing, server):
    openai = pytest.importorskip("openai")

    async def go():
        async with openai.AsyncOpenAI(api_key="none", base_url=server.base + "/v1") as client:
            await client.chat.completions.create(**QUESTION)

    with pytest.raises(SpendLimitReached):
        asyncio.run(go())
    assert len(refusing.asked) == 1
