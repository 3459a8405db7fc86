"""Streams stay lazy, are noted as far as they are read, and end in every way that streams end."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import gzip
import json
import time
import warnings

import pytest
from capture_wire import (
    OPENAI,
    QUESTION,
    USAGE,
    chat,
    chat_events,
    gemini,
    message,
    message_events,
)

from pytest_llmcost.core.call import Outcome

STREAMED = {**QUESTION, "stream": True}


def read_sync(http, url, use, **more):
    """Open a stream; `use` gets the response and an iterator over its raw chunks."""
    with http.Client() as client, client.stream("POST", url, json=STREAMED, **more) as response:
        return use(response.iter_raw())


def read_async(http, url, use, **more):
    async def chunks(response):
        return [(time.perf_counter(), chunk) async for chunk in response.aiter_raw()]

    async def go():
        async with http.AsyncClient() as client, client.stream("POST", url, json=STREAMED, **more) as response:
            return use(chunk for chunk in [*await chunks(response)])

    return asyncio.run(go())


def test_chunks_come_as_they_did_without_us(recorder, server, http):
    server.answer(chat_events(4), gap=0.03)
    times = read_sync(http, server.chat, lambda chunks: [time.perf_counter() for _ in chunks])
    assert len(times) == 7
    assert times[-1] - times[0] > 0.12
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_asynchronous_chunks_come_as_they_did_without_us(recorder, server, http):
    server.answer(chat_events(4), gap=0.03)
    seen = read_async(http, server.chat, list)
    assert [chunk for _, chunk in seen] == chat_events(4)
    assert seen[-1][0] - seen[0][0] > 0.12
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_nothing_is_read_before_the_reader_reads(recorder, server, http):
    server.answer(chat_events(), gap=0.01)
    with http.Client() as client, client.stream("POST", server.chat, json=STREAMED) as response:
        (flight,) = recorder.take("test_it.py::test_it", 1)
        time.sleep(0.05)
        assert flight.chunks == []
        assert not response.is_stream_consumed
        chunks = response.iter_raw()
        assert [next(chunks)] == flight.chunks
    assert (flight.landed, flight.over, flight.complete) == (True, True, False)


def test_a_stream_that_is_left_early_keeps_what_was_read(recorder, server, http):
    server.answer(chat_events(50), gap=0.001)
    read_sync(http, server.chat, lambda chunks: [next(chunks), next(chunks)])
    flight = recorder.one()
    assert flight.over
    seen = flight.exchange()
    assert (seen.complete, seen.stream) == (False, True)
    reply = flight.dialect.reply(seen, flight.dialect.request(seen))
    assert (reply.outcome, reply.text.split()) == (Outcome.PARTIAL, ["word0", "word1"])


def test_a_stream_that_was_opened_and_not_read_is_a_call(recorder, server, http):
    server.answer(chat_events())
    read_sync(http, server.chat, lambda chunks: None)
    seen = recorder.exchange()
    assert (seen.status, seen.reply, seen.complete, seen.stream) == (200, b"", False, True)


def test_a_stream_that_is_never_closed_is_a_call(recorder, server, http):
    server.answer(chat_events())
    client = http.Client()
    response = client.send(client.build_request("POST", server.chat, json=STREAMED), stream=True)
    chunks = response.iter_raw()
    next(chunks)
    assert recorder.take("test_it.py::test_it", 1, pending=False) == []
    (flight,) = recorder.take("test_it.py::test_it", 1)
    assert (flight.over, flight.complete, len(flight.chunks)) == (False, False, 1)
    response.close()
    client.close()
    assert flight.over


def test_a_stream_that_was_left_early_is_not_waited_for(recorder, server, http):
    server.answer(chat_events(50), gap=0.001)
    read_sync(http, server.chat, next)
    assert len(recorder.take("test_it.py::test_it", 1, pending=False)) == 1
    assert not recorder.has("test_it.py::test_it", 1)


@pytest.mark.parametrize("read", ["iter_lines", "iter_bytes", "read", "iter_text"])
def test_a_compressed_stream_is_decoded_after_the_test(recorder, server, http, read):
    body = gzip.compress(b"".join(chat_events()))
    server.answer([body[:50], body[50:]], headers={"content-encoding": "gzip"})
    with http.Client() as client, client.stream("POST", server.chat, json=STREAMED) as response:
        text = getattr(response, read)()
        parts = [text] if isinstance(text, bytes) else list(text)
    assert "[DONE]" in str(parts)
    flight = recorder.one()
    assert b"".join(flight.chunks) == body
    assert flight.exchange().reply == b"".join(chat_events())


def test_a_compressed_stream_that_was_cut_is_decoded_as_far_as_it_goes(recorder, server, http):
    body = gzip.compress(b"".join(chat_events(400)), compresslevel=1)
    server.answer([body[:600], body[600:]], headers={"content-encoding": "gzip"}, gap=0.05)
    read_sync(http, server.chat, next)
    assert recorder.exchange().reply.startswith(chat_events()[0])


def test_a_stream_that_says_gzip_and_is_not_stays_as_it_is(recorder, server, http):
    """Cassettes are often recorded decoded, with the header still there."""
    server.answer(chat_events(), headers={"content-encoding": "gzip"})
    read_sync(http, server.chat, list)
    assert recorder.exchange().reply == b"".join(chat_events())


def test_a_stream_that_breaks_is_kept_and_its_error_is_the_librarys(recorder, http):
    def chunks():
        yield chat_events()[0]
        raise http.ReadError("gone")

    transport = http.MockTransport(lambda request: http.Response(200, content=chunks()))
    with (
        http.Client(transport=transport) as client,
        pytest.raises(http.ReadError, match="gone"),
        client.stream("POST", OPENAI, json=STREAMED) as response,
    ):
        list(response.iter_raw())
    flight = recorder.one()
    assert (flight.over, flight.complete, flight.chunks) == (True, False, [chat_events()[0]])


def test_a_stream_that_is_cancelled_keeps_what_was_read(recorder, server, http):
    server.answer(chat_events(50), gap=0.02)

    async def read(begun):
        async with http.AsyncClient() as client, client.stream("POST", server.chat, json=STREAMED) as response:
            async for _ in response.aiter_raw():
                begun.set()

    async def cancelled():
        begun = asyncio.Event()
        task = asyncio.create_task(read(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    flight = recorder.one()
    assert (flight.over, flight.complete) == (True, False)
    assert 1 <= len(flight.chunks) < 50


def test_a_call_that_is_cancelled_before_its_reply_is_a_call(recorder, http):
    async def wait(request):
        await asyncio.sleep(10)

    async def go():
        async with http.AsyncClient(transport=http.MockTransport(wait)) as client:
            async with asyncio.timeout(0.05):
                await client.post(OPENAI, json=QUESTION)

    with pytest.raises(TimeoutError):
        asyncio.run(go())
    assert recorder.exchange().error == "CancelledError"


def test_an_asynchronous_stream_that_is_dropped_is_freed_without_a_warning(recorder, server, http):
    server.answer(chat_events(50), gap=0.001)

    async def go():
        client = http.AsyncClient()
        response = await client.send(client.build_request("POST", server.chat, json=STREAMED), stream=True)
        async for _ in response.aiter_raw():
            break
        del response
        gc.collect()
        await asyncio.sleep(0)
        await client.aclose()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(go())
        gc.collect()
    flight = recorder.one()
    assert (flight.complete, len(flight.chunks)) == (False, 1)


def test_a_coroutine_that_is_dropped_midway_is_no_fault_of_ours(recorder, http):
    """The garbage collector closes it from another context than the one it began in."""

    class Never:
        def __await__(self):
            yield

    async def wait(request):
        await Never()

    client = http.AsyncClient(transport=http.MockTransport(wait))

    def begin():
        coroutine = client.post(OPENAI, json=QUESTION)
        coroutine.send(None)
        return coroutine

    coroutine = contextvars.copy_context().run(begin)
    coroutine.close()
    assert recorder.exchange().error == "GeneratorExit"


# -- the SDKs ------------------------------------------------------------------------------------------------------


@pytest.fixture
def openai(server):
    sdk = pytest.importorskip("openai")
    with sdk.OpenAI(api_key="none", base_url=server.base + "/v1") as client:
        yield client


@pytest.fixture
def anthropic(server):
    sdk = pytest.importorskip("anthropic")
    with sdk.Anthropic(api_key="none", base_url=server.base) as client:
        yield client


def ask(create, **more):
    return create(model="gpt-4o-mini", messages=QUESTION["messages"], **more)


def words(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def check_openai(recorder):
    flight = recorder.one()
    assert flight.over
    seen = flight.exchange()
    reply = flight.dialect.reply(seen, flight.dialect.request(seen))
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.outcome) == (9, 2, Outcome.OK)
    return seen


def test_openai_whole(recorder, server, openai):
    server.answer(chat())
    assert ask(openai.chat.completions.create).choices[0].message.content == "Hi there"
    assert not check_openai(recorder).stream


def test_openai_streams(recorder, server, openai):
    server.answer(chat_events())
    assert words(ask(openai.chat.completions.create, stream=True)) == "word0 word1 word2 "
    assert check_openai(recorder).stream


def test_openai_stream_helper(recorder, server, openai):
    server.answer(chat_events())
    with ask(openai.chat.completions.stream) as stream:
        done = [event.content for event in stream if event.type == "content.done"]
    assert done == ["word0 word1 word2 "]
    check_openai(recorder)


def test_openai_raw_response(recorder, server, openai):
    server.answer(chat()).answer(chat_events())
    assert ask(openai.chat.completions.with_raw_response.create).parse().usage.prompt_tokens == 9
    check_openai(recorder)
    raw = ask(openai.chat.completions.with_raw_response.create, stream=True)
    assert words(raw.parse()) == "word0 word1 word2 "
    check_openai(recorder)


def test_openai_streamed_response(recorder, server, openai):
    server.answer(chat_events())
    with ask(openai.chat.completions.with_streaming_response.create, stream=True) as response:
        assert words(response.parse()) == "word0 word1 word2 "
    check_openai(recorder)


def test_openai_left_early(recorder, server, openai):
    server.answer(chat_events(50), gap=0.002)
    with ask(openai.chat.completions.create, stream=True) as stream:
        assert words([next(stream)]) == "word0 "
    flight = recorder.one()
    assert flight.over
    seen = flight.exchange()
    assert flight.dialect.reply(seen, flight.dialect.request(seen)).outcome is Outcome.PARTIAL


def test_openai_asynchronous(recorder, server):
    sdk = pytest.importorskip("openai")
    server.answer(chat_events())

    async def go():
        async with sdk.AsyncOpenAI(api_key="none", base_url=server.base + "/v1") as client:
            stream = await ask(client.chat.completions.create, stream=True)
            return words([chunk async for chunk in stream])

    assert asyncio.run(go()) == "word0 word1 word2 "
    check_openai(recorder)


def check_anthropic(recorder):
    reply = recorder.reply()
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.outcome) == (9, 2, Outcome.OK)


def test_anthropic_whole_and_raw(recorder, server, anthropic):
    server.answer(message())
    assert ask(anthropic.messages.create, max_tokens=9).content[0].text == "Hi"
    check_anthropic(recorder)
    assert ask(anthropic.messages.with_raw_response.create, max_tokens=9).parse().content[0].text == "Hi"
    check_anthropic(recorder)


def test_anthropic_streams(recorder, server, anthropic):
    server.answer(message_events())
    assert [event.type for event in ask(anthropic.messages.create, max_tokens=9, stream=True)][-1] == "message_stop"
    check_anthropic(recorder)


def test_anthropic_stream_helper(recorder, server, anthropic):
    server.answer(message_events())
    with ask(anthropic.messages.stream, max_tokens=9) as stream:
        assert "".join(stream.text_stream) == "Hi"
    check_anthropic(recorder)


def test_anthropic_asynchronous_stream_helper(recorder, server):
    sdk = pytest.importorskip("anthropic")
    server.answer(message_events())

    async def go():
        async with (
            sdk.AsyncAnthropic(api_key="none", base_url=server.base) as client,
            ask(client.messages.stream, max_tokens=9) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    assert asyncio.run(go()) == "Hi"
    check_anthropic(recorder)


@pytest.fixture
def google(server):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK's own imports
        genai = pytest.importorskip("google.genai")
    client = genai.Client(api_key="none", http_options=genai.types.HttpOptions(base_url=server.base))
    yield client
    client.close()


def check_google(recorder):
    reply = recorder.reply()
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (9, 2)


def test_google_whole(recorder, server, google):
    server.answer(gemini())
    assert google.models.generate_content(model="gemini-2.5-flash", contents="Hello").text == "Hi"
    check_google(recorder)


def test_google_streams(recorder, server, google):
    server.answer([b"data: " + json.dumps(gemini()).encode() + b"\r\n\r\n"] * 2)
    chunks = google.models.generate_content_stream(model="gemini-2.5-flash", contents="Hello")
    assert [chunk.text for chunk in chunks] == ["Hi", "Hi"]
    assert ":streamGenerateContent" in server.asked[0][0]
    check_google(recorder)


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_google_asynchronous(recorder, server, google):
    server.answer(gemini())

    async def go():
        async with google.aio as client:
            return await client.models.generate_content(model="gemini-2.5-flash", contents="Hello")

    assert asyncio.run(go()).text == "Hi"
    check_google(recorder)
