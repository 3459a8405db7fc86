"""HTTP clients without any SDK: whole replies and streams, of which some are left."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from functools import partial, wraps

import pytest
from sdks_answers import INPUT
from sdks_cases import QUESTION, Cases, Seen, lacks_patch, package, run

MODEL = "gpt-4o-mini-2024-07-18"
CHAT = Seen(MODEL)
STREAM = Seen(MODEL, stream=True)
LEFT = Seen(MODEL, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted")
ASK = {"model": MODEL, "messages": QUESTION}
STREAMED = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
JSON = {"content-type": "application/json"}
DONE = b"data: [DONE]\n\n"


def at(base):
    return f"{base}/v1/chat/completions"


HTTPX, HTTPX2 = Cases("httpx", "itself"), Cases("httpx2", "itself")


def of_both(mode, *seen, **more):
    """Add a case of httpx and the same of httpx2; it is told which."""

    def add(go):
        for cases, name in ((HTTPX, "httpx"), (HTTPX2, "httpx2")):
            cases(mode, *seen, **more)(wraps(go)(partial(go, name)))
        return go

    return add


@of_both("post", CHAT)
def httpx_post(name, base):
    assert package(name).post(at(base), json=ASK).json()["usage"]["prompt_tokens"] == INPUT


@of_both("stream", STREAM)
def httpx_stream(name, base):
    with package(name).stream("POST", at(base), json=STREAMED) as response:
        assert b"".join(response.iter_bytes()).endswith(DONE)


@of_both("stream, left", LEFT, breaks=True)
def httpx_left(name, base):
    with package(name).stream("POST", at(base), json=STREAMED) as response:
        assert next(response.iter_lines()).startswith("data: ")


@of_both("post, async", CHAT)
def httpx_async_post(name, base):
    async def go():
        async with package(name).AsyncClient() as client:
            assert (await client.post(at(base), json=ASK)).status_code == 200

    run(go())


@of_both("ten at once, async", *[CHAT] * 10)
def httpx_at_once(name, base):
    async def go():
        async with package(name).AsyncClient() as client:
            await asyncio.gather(*(client.post(at(base), json=ASK) for _ in range(10)))

    run(go())


@of_both("stream, async", STREAM)
def httpx_async_stream(name, base):
    async def go():
        async with package(name).AsyncClient() as client, client.stream("POST", at(base), json=STREAMED) as response:
            assert b"".join([part async for part in response.aiter_bytes()]).endswith(DONE)

    run(go())


@of_both("stream, async, left", LEFT, breaks=True)
def httpx_async_left(name, base):
    async def go():
        async with package(name).AsyncClient() as client, client.stream("POST", at(base), json=STREAMED) as response:
            async for _ in response.aiter_lines():
                break

    run(go())


REQUESTS = Cases("requests", "itself")


@REQUESTS("post", CHAT)
def post(base):
    with package("requests").post(at(base), json=ASK) as response:
        assert response.json()["usage"]["prompt_tokens"] == INPUT


@REQUESTS("session", CHAT)
def session(base):
    with package("requests").Session() as client:
        assert client.request("POST", at(base), data=json.dumps(ASK), headers=JSON).ok


@REQUESTS("stream", STREAM)
def stream(base):
    with package("requests").post(at(base), json=STREAMED, stream=True) as response:
        assert b"".join(response.iter_content(None)).endswith(DONE)


@REQUESTS("stream, left", LEFT, breaks=True)
def left(base):
    with package("requests").post(at(base), json=STREAMED, stream=True) as response:
        assert next(response.iter_lines(chunk_size=1)).startswith(b"data: ")


AIOHTTP = Cases("aiohttp", "itself")
ON_AIOHTTP = lacks_patch("aiohttp")


@AIOHTTP("post, async", CHAT, lacks=ON_AIOHTTP)
def aiohttp_post(base):
    async def go():
        async with package("aiohttp").ClientSession() as client, client.post(at(base), json=ASK) as response:
            assert (await response.json())["usage"]["prompt_tokens"] == INPUT

    run(go())


@AIOHTTP("request, async", CHAT, lacks=ON_AIOHTTP)
def aiohttp_request(base):
    async def go():
        async with package("aiohttp").ClientSession() as client:
            response = await client.request("POST", at(base), json=ASK)
            assert (await response.json())["model"] == MODEL
            response.release()

    run(go())


@AIOHTTP("stream, async", STREAM, lacks=ON_AIOHTTP)
def aiohttp_stream(base):
    async def go():
        async with package("aiohttp").ClientSession() as client, client.post(at(base), json=STREAMED) as response:
            assert [line async for line in response.content][-2:] == [b"data: [DONE]\n", b"\n"]

    run(go())


@AIOHTTP("stream, async, left", LEFT, breaks=True, lacks=ON_AIOHTTP)
def aiohttp_left(base):
    async def go():
        async with package("aiohttp").ClientSession() as client, client.post(at(base), json=STREAMED) as response:
            async for _ in response.content:
                break

    run(go())


URLLIB3, URLLIB = Cases("urllib3", "itself"), Cases("urllib", "itself")


@URLLIB3("request", CHAT, lacks=lacks_patch("urllib3"))
def urllib3_request(base):
    with package("urllib3").PoolManager() as client:
        assert client.request("POST", at(base), json=ASK).json()["model"] == MODEL


@URLLIB3("stream", STREAM, lacks=lacks_patch("urllib3"))
def urllib3_stream(base):
    with package("urllib3").PoolManager() as client:
        response = client.request("POST", at(base), json=STREAMED, preload_content=False)
        assert b"".join(response.stream()).endswith(DONE)
        response.release_conn()


@URLLIB3("stream, left", LEFT, breaks=True, lacks=lacks_patch("urllib3"))
def urllib3_left(base):
    with package("urllib3").PoolManager() as client:
        response = client.request("POST", at(base), json=STREAMED, preload_content=False)
        assert response.readline().startswith(b"data: ")
        response.close()


@URLLIB("stream, left", LEFT, breaks=True, lacks=lacks_patch("urllib"))
def urlopen_left(base):
    asked = urllib.request.Request(at(base), json.dumps(STREAMED).encode(), JSON)
    with urllib.request.urlopen(asked) as response:
        assert response.readline().startswith(b"data: ")


@URLLIB("urlopen", CHAT, lacks=lacks_patch("urllib"))
def urlopen(base):
    asked = urllib.request.Request(at(base), json.dumps(ASK).encode(), JSON)
    with urllib.request.urlopen(asked) as response:
        assert json.loads(response.read())["usage"]["prompt_tokens"] == INPUT


@URLLIB("stream", STREAM, lacks=lacks_patch("urllib"))
def urlopen_stream(base):
    asked = urllib.request.Request(at(base), json.dumps(STREAMED).encode(), JSON)
    with urllib.request.urlopen(asked) as response:
        assert list(response)[-2] == b"data: [DONE]\n"


CLIENTS = [*HTTPX, *HTTPX2, *REQUESTS, *AIOHTTP, *URLLIB3, *URLLIB]


@pytest.mark.parametrize("case", CLIENTS)
def test_what_an_http_client_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
