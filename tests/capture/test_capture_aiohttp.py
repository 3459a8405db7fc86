"""What aiohttp sends, over real sockets, below other clients and below mock tools."""

from __future__ import annotations

import asyncio
import gc
import gzip
import inspect
import io
import json
import time
import warnings
import weakref
from contextlib import asynccontextmanager
from functools import partial

import pytest
from capture_watched import Watched
from capture_wire import CHAT, OPENAI, QUESTION, USAGE, chat, chat_events, message, message_events

from pytest_llmcost.capture.dialects import form
from pytest_llmcost.capture.flight import Flight
from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.patches import aiohttp as aiohttp_patch
from pytest_llmcost.capture.patches import aiohttp_stream
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.errors import SpendLimitReached

aiohttp = pytest.importorskip("aiohttp")

NEW = tuple(map(int, aiohttp.__version__.split(".")[:2])) >= (3, 14)
mocked = pytest.mark.skipif(NEW, reason="aioresponses 0.7 and pook 2 fail with this aiohttp, with and without us")

STREAMED = {**QUESTION, "stream": True}
TEXT = b"".join(chat_events())


def run(use, **session):
    """Give a session to a coroutine function, and return what it returns."""

    async def go():
        async with aiohttp.ClientSession(**session) as opened:
            return await use(opened)

    return asyncio.run(go())


async def post(session, url, **more):
    async with session.post(url, **(more or {"json": QUESTION})) as response:
        return await response.json()


def test_a_call_to_a_real_server_is_seen_whole(recorder, server):
    server.answer(chat())
    assert run(lambda session: post(session, server.chat)) == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == (QUESTION, chat())
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.chat, 200, None)
    assert (seen.stream, seen.complete, seen.live) == (False, True, True)
    assert seen.reply_headers == {"content-type": "application/json"}


def test_every_way_to_send_is_seen_once(recorder, server):
    server.answer(chat())

    async def use(session):
        for sent in (
            session.post(server.chat, json=QUESTION),
            session.post(url=server.chat, data=json.dumps(QUESTION)),
            session.request("post", server.chat, data=json.dumps(QUESTION).encode()),
            session.request(method="POST", url=server.chat, json=QUESTION, params={"key": "secret"}),
        ):
            assert await (await sent).json() == chat()
        for sent in (session.post(server.chat, json=QUESTION), aiohttp.request("POST", server.chat, json=QUESTION)):
            async with sent as response:
                assert await response.json() == chat()
        response = await asyncio.create_task(session.post(server.chat, json=QUESTION))
        response.release()
        (response,) = await asyncio.gather(session.post(server.chat, json=QUESTION))
        response.close()

    run(use)
    flights = recorder.flights()
    assert len(server.asked) == len(flights) == 8
    seen = [flight.exchange() for flight in flights]
    assert {(exchange.url, json.dumps(json.loads(exchange.request))) for exchange in seen} == {
        (server.chat, json.dumps(QUESTION))
    }
    assert all(exchange.live for exchange in seen)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "chat/completions"])
def test_a_session_with_a_base_address_is_seen(recorder, server, path):
    server.answer(chat())
    assert run(lambda session: post(session, path), base_url=server.base + "/v1/") == chat()
    assert recorder.exchange().url == server.chat


def test_what_is_no_call_is_left_alone(recorder, server):
    server.answer({})
    run(lambda session: post(session, server.base + "/other"))
    assert recorder.flights() == []


def test_a_call_site_is_where_the_call_is_made(recorder, server):
    server.answer(chat())

    async def use(session):
        sent = session.post(server.chat, json=QUESTION)
        line = inspect.currentframe().f_lineno - 1
        (await asyncio.create_task(sent)).close()
        return line

    line = run(use)
    assert recorder.one().site == f"tests/capture/test_capture_aiohttp.py:{line}"


def test_a_call_that_nobody_waits_for_was_never_sent(recorder, server):
    async def use(session):
        session.post(server.chat, json=QUESTION).close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            session.post(server.chat, json=QUESTION)
            gc.collect()
        return [str(warning.message) for warning in caught]

    assert run(use) == ["coroutine 'ClientSession._request' was never awaited"]
    assert (server.asked, recorder.flights()) == ([], [])


def test_what_is_returned_is_what_the_library_returns(recorder, server):
    server.answer(chat())

    async def use(session):
        sent = session.post(server.chat, json=QUESTION)
        assert type(sent).__name__ == "_BaseRequestContextManager"
        response = await sent
        assert type(response) is aiohttp.ClientResponse
        assert isinstance(response.content, aiohttp.StreamReader)
        assert type(response.content).__name__ == "StreamReader"
        assert repr(response.content).startswith("<StreamReader")
        await response.content.wait_eof()
        assert response.content.total_bytes == len(json.dumps(chat()))
        with pytest.raises(RuntimeError, match="cannot reuse"):
            await sent
        return await response.read()

    assert json.loads(run(use)) == chat()
    assert recorder.one()


# -- bodies --------------------------------------------------------------------------------------------------------


def test_a_body_that_is_read_while_it_is_sent_is_not_touched(recorder, server):
    server.answer(chat())

    async def parts():
        yield b'{"model":'
        yield b'"gpt-4o"}'

    async def use(session):
        fields = aiohttp.FormData({"model": "whisper-1", "file": io.BytesIO(b"RIFF")})
        for data in (parts(), io.BytesIO(json.dumps(QUESTION).encode()), fields):
            await post(session, server.chat, data=data)

    run(use)
    assert [body for _, body in server.asked][:2] == [b'{"model":"gpt-4o"}', json.dumps(QUESTION).encode()]
    *unread, of_form = [flight.exchange() for flight in recorder.flights()]
    assert [one.request for one in unread] == [None, None]
    assert form.texts(of_form) == {"model": "whisper-1"}
    assert b"RIFF" in server.asked[2][1]


def test_a_compressed_request_is_read_after_the_test(recorder, server):
    server.answer(chat())
    body = gzip.compress(json.dumps(QUESTION).encode())
    for headers in ({"Content-Encoding": "gzip"}, [("Content-Encoding", "gzip")]):
        run(lambda session, headers=headers: post(session, server.chat, data=body, headers=headers))
        exchange = recorder.exchange()
        assert (exchange.request, exchange.request_encoding) == (body, "gzip")


def test_a_request_that_the_session_compresses_is_read_as_it_was(recorder, server):
    server.answer(chat())
    run(lambda session: post(session, server.chat, json=QUESTION, compress="gzip"))
    assert gzip.decompress(server.asked[0][1]) == json.dumps(QUESTION).encode()
    exchange = recorder.exchange()
    assert (json.loads(exchange.request), exchange.request_encoding) == (QUESTION, None)


def test_the_body_is_the_one_that_the_session_encodes(recorder, server):
    server.answer(chat())
    encode = partial(json.dumps, default=str)
    question = {**QUESTION, "at": time.gmtime, "seed": 1}
    run(lambda session: post(session, server.chat, json=question), json_serialize=encode)
    assert recorder.exchange().request == encode(question).encode() == server.asked[0][1]


@pytest.mark.parametrize("decompress", [True, False])
def test_a_compressed_reply_is_decoded_whoever_should(recorder, server, decompress):
    body = gzip.compress(json.dumps(chat()).encode())
    server.answer(body, headers={"content-encoding": "gzip"})

    async def use(session):
        return await (await session.post(server.chat, json=QUESTION)).read()

    assert run(use, auto_decompress=decompress) == (json.dumps(chat()).encode() if decompress else body)
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


# -- streams -------------------------------------------------------------------------------------------------------


async def by_lines(content):
    return b"".join([line async for line in content])


async def until_the_end(content):
    parts = []
    while not content.at_eof():
        parts.append(await content.read(50))
    return b"".join(parts)


async def exactly(content):
    with pytest.raises(asyncio.IncompleteReadError) as caught:
        await content.readexactly(100_000)
    return caught.value.partial


async def without_waiting(content):
    await content.wait_eof()
    return content.read_nowait() + await content.read()


READERS = {
    "iteration": by_lines,
    "iter_any": lambda content: joined(content.iter_any()),
    "iter_chunked": lambda content: joined(content.iter_chunked(50)),
    "iter_chunks": lambda content: joined_pairs(content.iter_chunks()),
    "read": lambda content: content.read(),
    "read to the end": lambda content: content.read(-1),
    "read in parts": lambda content: repeated(content.read, 50),
    "readany": lambda content: repeated(content.readany),
    "readline": lambda content: repeated(content.readline),
    "readuntil": lambda content: repeated(content.readuntil, b"\n\n"),
    "at_eof": until_the_end,
    "readexactly": exactly,
    "read_nowait": without_waiting,
}


async def joined(chunks):
    return b"".join([chunk async for chunk in chunks])


async def joined_pairs(pairs):
    return b"".join([chunk async for chunk, _ in pairs])


async def repeated(read, *args):
    parts = []
    while part := await read(*args):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("reader", READERS)
def test_a_stream_is_noted_once_however_it_is_read(recorder, server, reader):
    server.answer(chat_events())

    async def use(session):
        async with session.post(server.chat, json=STREAMED) as response:
            return await READERS[reader](response.content)

    assert run(use) == TEXT
    flight = recorder.one()
    assert (flight.complete, flight.over) == (True, True)
    exchange = flight.exchange()
    assert exchange.reply == TEXT
    assert exchange.stream == (reader not in {"read", "read to the end"})


def test_chunks_come_as_they_did_without_us(recorder, server):
    server.answer(chat_events(4), gap=0.03)

    async def use(session):
        async with session.post(server.chat, json=STREAMED) as response:
            return [time.perf_counter() async for _ in response.content.iter_any()]

    times = run(use)
    assert len(times) == 7
    assert times[-1] - times[0] > 0.12
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_nothing_is_read_before_the_reader_reads(recorder, server):
    server.answer(chat_events(), gap=0.01)

    async def use(session):
        async with session.post(server.chat, json=STREAMED) as response:
            (flight,) = recorder.take("test_it.py::test_it", 1)
            await asyncio.sleep(0.05)
            assert flight.chunks == []
            assert await response.content.readline() == flight.chunks[0]
            return flight

    flight = run(use)
    assert (flight.landed, flight.over, flight.complete) == (True, True, False)


@pytest.mark.parametrize("end", ["leave", "close", "release"])
def test_a_stream_that_is_left_early_keeps_what_was_read(recorder, server, end):
    server.answer(chat_events(50), gap=0.001)

    async def use(session):
        async with session.post(server.chat, json=STREAMED) as response:
            await response.content.readuntil(b"\n\n")
            await response.content.readuntil(b"\n\n")
            if end != "leave":
                getattr(response, end)()

    run(use)
    flight = recorder.one()
    assert flight.over
    seen = flight.exchange()
    assert (seen.complete, seen.stream) == (False, True)
    reply = flight.dialect.reply(seen, flight.dialect.request(seen))
    assert (reply.outcome, reply.text.split()) == (Outcome.PARTIAL, ["word0", "word1"])


def test_a_stream_that_is_cancelled_keeps_what_was_read(recorder, server):
    server.answer(chat_events(50), gap=0.02)

    async def use(session):
        async with asyncio.timeout(0.1), session.post(server.chat, json=STREAMED) as response:
            async for _ in response.content:
                pass

    with pytest.raises(TimeoutError):
        run(use)
    flight = recorder.one()
    assert (flight.over, flight.complete) == (True, False)
    assert 1 <= len(flight.chunks) < 50


def test_a_call_that_is_cancelled_before_its_reply_is_a_call(recorder, server):
    server.answer([b" "] * 2, gap=0.5)

    async def use(session):
        async with asyncio.timeout(0.05):
            await (await session.post(server.chat, json=QUESTION)).read()

    async def slow(session):
        async with asyncio.timeout(0.05):
            await session.post(server.chat, json=QUESTION, timeout=aiohttp.ClientTimeout(total=5), middlewares=(wait,))

    async def wait(request, handler):
        await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        run(slow)
    seen = recorder.exchange()
    assert (seen.error, json.loads(seen.request)) == ("CancelledError", QUESTION)
    with pytest.raises(TimeoutError):
        run(use)
    assert recorder.one().over


def test_a_body_that_breaks_is_kept_and_its_error_is_the_librarys(recorder):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ndata: {")
        await writer.drain()
        writer.close()

    async def go():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as broken, aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{broken.sockets[0].getsockname()[1]}{CHAT}"
            async with session.post(url, json=STREAMED) as response:
                assert await response.content.readany() == b"data: {"
                await response.content.readany()

    with pytest.raises(aiohttp.ClientPayloadError):
        asyncio.run(go())
    flight = recorder.one()
    assert (flight.over, flight.complete, flight.chunks) == (True, False, [b"data: {"])


@pytest.mark.parametrize("streamed", [False, True])
def test_nothing_of_ours_keeps_a_response_alive(recorder, server, streamed):
    server.answer(chat_events(50), gap=0.001)

    async def use(session):
        response = await session.post(server.chat, json=STREAMED)
        await (response.content.readany() if streamed else response.read())
        response.close()
        dropped = weakref.ref(response)
        del response
        gc.collect()
        return dropped()

    assert run(use) is None
    assert recorder.exchange().reply


# -- attempts, errors, layers --------------------------------------------------------------------------------------


def test_a_redirect_is_one_call(recorder, server):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    assert run(lambda session: post(session, server.base + "/old/chat/completions")) == chat()
    assert len(server.asked) == 2
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_each_attempt_is_a_call(recorder, server):
    server.answer({}, 503).answer(chat())

    async def use(session):
        for _ in range(2):
            await post(session, server.chat)

    run(use)
    assert [flight.exchange().status for flight in recorder.flights()] == [503, 200]


def test_a_failure_is_a_call_with_the_name_of_its_error(recorder, server):
    server.__exit__()
    server.__exit__ = lambda *exc: None
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        run(lambda session: post(session, server.chat))
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    seen = recorder.exchange()
    assert (seen.error, seen.status, json.loads(seen.request)) == (caught.type.__name__, None, QUESTION)


def test_an_error_that_the_session_raises_keeps_its_status(recorder, server):
    server.answer({"error": {"message": "no"}}, 400)
    with pytest.raises(aiohttp.ClientResponseError):
        run(lambda session: post(session, server.chat), raise_for_status=True)
    assert recorder.exchange().status == 400


@pytest.fixture(params=["httpx", "httpx2"])
def over_aiohttp(request):
    """Return a client on a transport that sends with aiohttp."""
    http = pytest.importorskip(request.param)

    class Transport(http.AsyncBaseTransport):
        def __init__(self, session, hop=None):
            self.session, self.hop = session, hop

        async def handle_async_request(self, sent):
            await self.session.post(str(sent.url.join("/tokens")))
            url = self.hop or str(sent.url)
            async with self.session.request(sent.method, url, data=sent.stream) as reply:
                return http.Response(reply.status, json=await reply.json())

    @asynccontextmanager
    async def client(**more):
        async with aiohttp.ClientSession() as session, http.AsyncClient(transport=Transport(session, **more)) as client:
            yield client

    return client


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_transport_below_another_client_is_no_call_of_its_own(recorder, server, over_aiohttp, elsewhere):
    server.answer({}).answer(chat())
    hop = {"hop": server.base + "/eu/chat/completions"} if elsewhere else {}

    async def go():
        async with over_aiohttp(**hop) as client:
            return (await client.post(server.chat, json=QUESTION)).json()

    assert asyncio.run(go()) == chat()
    assert len(server.asked) == 2
    assert recorder.exchange().live


@pytest.mark.parametrize("streamed", [False, True])
def test_the_client_of_anthropic_on_aiohttp_makes_one_call(recorder, server, streamed):
    anthropic = pytest.importorskip("anthropic")
    server.answer(message_events() if streamed else message())
    question = {**QUESTION, "max_tokens": 9}

    async def go():
        transport = anthropic.DefaultAioHttpClient()
        async with anthropic.AsyncAnthropic(api_key="none", base_url=server.base, http_client=transport) as client:
            if not streamed:
                return await client.messages.create(**question)
            async with client.messages.stream(**question) as stream:
                return await stream.get_final_message()

    assert asyncio.run(go()).usage.output_tokens == 2
    flight = recorder.one()
    exchange = flight.exchange()
    assert (exchange.live, exchange.complete) == (True, True)
    assert flight.dialect.reply(exchange, flight.dialect.request(exchange)).usage.input_tokens == 9


def test_a_task_begun_during_a_call_makes_calls_of_its_own(recorder, server):
    server.answer(chat())
    tasks = []

    async def later(session):
        await asyncio.sleep(0.05)
        return await post(session, server.chat)

    async def begin(request, handler):
        if not tasks:
            tasks.append(asyncio.create_task(later(request.session)))
        return await handler(request)

    async def use(session):
        await post(session, server.chat)
        await tasks[0]

    run(use, middlewares=(begin,))
    assert len(recorder.flights()) == 2


def test_a_middleware_that_asks_another_model_makes_a_call_of_its_own(recorder, server):
    server.answer(chat())

    async def ask_another(request, handler):
        if request.url.path == CHAT:
            await post(request.session, server.base + "/other/chat/completions", data=json.dumps(QUESTION))
        return await handler(request)

    run(lambda session: post(session, server.chat), middlewares=(ask_another,))
    assert sorted(flight.exchange().url for flight in recorder.flights()) == [
        server.base + "/other/chat/completions",
        server.chat,
    ]


def test_a_task_belongs_to_the_test_that_made_it(recorder, server):
    server.answer(chat())

    async def use(session):
        with recorder.owners.during(Owner("test_it.py::test_other", "call")):
            task = asyncio.create_task(post(session, server.chat))
        await task

    run(use)
    assert recorder.one().owner.test == "test_it.py::test_other"


# -- mock tools ----------------------------------------------------------------------------------------------------


@mocked
def test_what_aioresponses_answers_is_seen_and_is_not_live(recorder):
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses() as mock:
        mock.post(OPENAI, payload=chat())
        assert run(lambda session: post(session, OPENAI)) == chat()
        mock.assert_called_once_with(OPENAI, method="POST", json=QUESTION)
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply), seen.live) == (QUESTION, chat(), False)


@mocked
def test_what_pook_answers_is_seen_and_is_not_live(recorder):
    pook = pytest.importorskip("pook")
    with pook.use():
        pook.post(OPENAI, reply=200, response_json=chat())
        assert run(lambda session: post(session, OPENAI)) == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply), seen.live) == (QUESTION, chat(), False)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_cassette_is_live_when_recorded_and_not_when_replayed(recorder, server, tmp_path, streamed):
    vcr = pytest.importorskip("vcr")
    server.answer(chat_events() if streamed else chat())

    async def use(session):
        async with session.post(server.chat, json=QUESTION) as response:
            return await (joined(response.content.iter_any()) if streamed else response.read())

    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once"):
            assert run(use) == (TEXT if streamed else json.dumps(chat()).encode())
        seen = recorder.exchange()
        assert (json.loads(seen.request), seen.live, seen.complete) == (QUESTION, live, True)
        assert seen.reply == (TEXT if streamed else json.dumps(chat()).encode())
    assert len(server.asked) == 1


@mocked
def test_a_call_that_matches_no_recording_keeps_its_request(recorder):
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses(), pytest.raises(aiohttp.ClientConnectionError):
        run(lambda session: post(session, OPENAI))
    seen = recorder.exchange()
    assert (json.loads(seen.request), seen.error) == (QUESTION, "ClientConnectionError")


# -- our own bugs, and the spend limit -----------------------------------------------------------------------------

BUG = RuntimeError("a bug of ours")


def bug(*args, **kwargs):
    raise BUG


PLACES = [
    (aiohttp_patch, "recognised"),
    (aiohttp_patch, "_recognised"),
    (aiohttp_patch, "_note_json"),
    (aiohttp_patch, "_read"),
    (aiohttp_patch, "below"),
    (aiohttp_patch, "in_flight"),
    (aiohttp_patch, "_seen"),
    (aiohttp_patch, "tee"),
    (aiohttp_patch._Sent, "__init__"),
    (aiohttp_patch._Sent, "_depart"),
    (aiohttp_stream, "_teeing"),
    (aiohttp_stream, "_note"),
    (aiohttp_stream, "_whole"),
]


@pytest.mark.parametrize("place", PLACES, ids=[name for _, name in PLACES])
def test_a_bug_of_ours_leaves_the_users_call_alone(faulty, server, monkeypatch, place):
    server.answer(chat()).answer(chat_events())
    monkeypatch.setattr(*place, bug)
    assert run(lambda session: post(session, server.chat)) == chat()

    async def use(session):
        async with session.post(server.chat, data=json.dumps(STREAMED)) as response:
            return await joined(response.content.iter_any())

    assert run(use) == TEXT
    if place[1] == "_note_json" and not NEW:
        with pytest.importorskip("aioresponses").aioresponses() as mock:
            mock.post(OPENAI, payload=chat())
            assert run(lambda session: post(session, OPENAI)) == chat()


@pytest.mark.parametrize("place", [(Watched, "land"), (Watched, "fail"), (Flight, "land"), (Flight, "take_off")])
def test_a_bug_of_ours_does_not_hide_the_next_call(faulty, server, monkeypatch, place):
    server.answer({}, 400 if place[1] == "fail" else 200).answer(chat())

    async def use(session):
        with monkeypatch.context() as broken:
            broken.setattr(*place, bug)
            await (await session.post(server.chat, json=QUESTION, raise_for_status=False)).read()
            if place[1] == "fail":
                with pytest.raises(aiohttp.NonHttpUrlClientError):
                    await session.post("no://host" + CHAT, json=QUESTION)
        faulty.flights()
        return await post(session, server.chat)

    assert run(use) == chat()
    assert faulty.one()


@pytest.mark.parametrize("end", ["at_eof", "close"])
def test_a_bug_at_the_end_of_a_stream_is_not_the_readers(faulty, server, monkeypatch, end):
    server.answer(chat_events())
    monkeypatch.setattr(Flight, "ended", bug)

    async def use(session):
        async with session.post(server.chat, json=STREAMED) as response:
            if end == "close":
                response.close()
                return None
            return await until_the_end(response.content)

    assert run(use) == (None if end == "close" else TEXT)


def test_signatures_are_unchanged_and_patches_are_undone():
    places = [
        (aiohttp.ClientSession, "post"),
        (aiohttp.ClientSession, "request"),
        (aiohttp, "request"),
        (aiohttp.client, "request"),
        (aiohttp.BaseConnector, "connect"),
    ]

    def look(function):
        names = (function.__name__, function.__qualname__, function.__module__, function.__doc__)
        return (*names, inspect.signature(function), inspect.iscoroutinefunction(function))

    before = [target.__dict__[name] for target, name in places]
    with watch(Watched(Sites("/"))):
        during = [target.__dict__[name] for target, name in places]
        assert all(new is not old for new, old in zip(during, before, strict=True))
        assert [look(function) for function in during] == [look(function) for function in before]
    assert [target.__dict__[name] for target, name in places] == before


def test_wrong_arguments_are_complained_about_by_the_library(recorder):
    async def use(session):
        for wrong in (session.post, session.request, partial(session.request, "POST"), aiohttp.ClientSession.post):
            with pytest.raises(TypeError) as caught:
                wrong()
            assert "llmcost" not in str(caught.value)

    run(use)


def test_a_refused_call_is_not_sent_and_is_no_call(recorder, server, recwarn):
    def refuse(_):
        raise SpendLimitReached("enough")

    recorder.gate = refuse
    with pytest.raises(SpendLimitReached, match="enough") as caught:
        run(lambda session: post(session, server.chat))
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert "pytest_llmcost" not in str([entry.path for entry in shown])
    assert (server.asked, recorder.flights()) == ([], [])
    del caught, shown  # they hold the frames of the call
    gc.collect()
    assert [str(warning.message) for warning in recwarn if warning.category is RuntimeWarning] == []
