"""One question, put by each HTTP client in turn, whole and as a stream; what comes back is checked as a user would."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path

import pytest
from capture_wire import QUESTION, chat, chat_events

import pytest_llmcost.capture.patches as captured

WHOLE = chat()
EVENTS = chat_events()
STREAM = b"".join(EVENTS)
STREAMED = {**QUESTION, "stream": True}
EVENT_STREAM = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}


def body(stream):
    """The reply's body, for mocks that take bytes."""
    return STREAM if stream else json.dumps(WHOLE).encode()


def headers(stream):
    return EVENT_STREAM if stream else JSON


def ask(name, url, stream=False):
    """Put the question by a client (`httpx`, `httpx async`, ...), and check that the reply is the made-up one."""
    library = name.partition(" ")[0]
    if library != "urllib":
        pytest.importorskip(library)
    if stream:
        assert _STREAM[name](url) == STREAM
    else:
        assert json.loads(_WHOLE[name](url)) == WHOLE


def _has_patch(library):
    file = Path(captured.__file__).parent / f"{library}.py"
    return file.exists() and "\ndef patch(" in file.read_text(encoding="utf-8")


def of(*names):
    """Parameters `client` and `stream`: each of these clients, whole and as a stream."""
    clients = [
        pytest.param(
            name, marks=[] if _has_patch(library := _file(name)) else pytest.mark.skip(f"{library} is not seen")
        )
        for name in names
    ]

    def mark(function):
        function = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])(function)
        return pytest.mark.parametrize("client", clients)(function)

    return mark


def _file(name):
    library = name.partition(" ")[0]
    return {"httpx2": "httpx"}.get(library, library)


def sees(library):
    """Skip a test where calls of a client are not seen yet."""
    return pytest.mark.skipif(not _has_patch(library), reason=f"{library} is not seen")


def needs_old_aiohttp():
    """Skip with aiohttp 3.14 and later, under which aioresponses 0.7.9 and pook 2.1.6 fail, with us and without."""
    aiohttp = pytest.importorskip("aiohttp")
    if tuple(map(int, aiohttp.__version__.split(".")[:2])) >= (3, 14):
        pytest.skip("the tool does not know this aiohttp")


# -- httpx and httpx2 ----------------------------------------------------------------------------------------------


def _httpx(name):
    def whole(url):
        with pytest.importorskip(name).Client() as client:
            return client.post(url, json=QUESTION).content

    def stream(url):
        with pytest.importorskip(name).Client() as client, client.stream("POST", url, json=STREAMED) as response:
            return b"".join(response.iter_bytes())

    async def post(url):
        async with pytest.importorskip(name).AsyncClient() as client:
            return (await client.post(url, json=QUESTION)).content

    async def read(url):
        async with (
            pytest.importorskip(name).AsyncClient() as client,
            client.stream("POST", url, json=STREAMED) as response,
        ):
            return b"".join([chunk async for chunk in response.aiter_bytes()])

    return (whole, stream), (lambda url: asyncio.run(post(url)), lambda url: asyncio.run(read(url)))


# -- the others ----------------------------------------------------------------------------------------------------


def _requests_whole(url):
    import requests

    return requests.post(url, json=QUESTION).content


def _requests_stream(url):
    import requests

    with requests.post(url, json=STREAMED, stream=True) as response:
        return b"".join(response.iter_content(16))


async def _aiohttp_post(url):
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(url, json=QUESTION) as response:
        return await response.read()


async def _aiohttp_read(url):
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(url, json=STREAMED) as response:
        return b"".join([chunk async for chunk in response.content.iter_any()])


def _urllib3_whole(url):
    import urllib3

    return urllib3.PoolManager().request("POST", url, body=json.dumps(QUESTION).encode(), headers=JSON).data


def _urllib3_stream(url):
    import urllib3

    sent = json.dumps(STREAMED).encode()
    response = urllib3.PoolManager().request("POST", url, body=sent, headers=JSON, preload_content=False)
    try:
        return b"".join(response.stream(16))
    finally:
        response.release_conn()


def _urllib(url, asked, size=None):
    request = urllib.request.Request(url, data=json.dumps(asked).encode(), headers=JSON, method="POST")
    with urllib.request.urlopen(request) as response:
        return response.read() if size is None else b"".join(iter(lambda: response.read(size), b""))


_PAIRS = {
    "httpx": _httpx("httpx")[0],
    "httpx async": _httpx("httpx")[1],
    "httpx2": _httpx("httpx2")[0],
    "httpx2 async": _httpx("httpx2")[1],
    "requests": (_requests_whole, _requests_stream),
    "aiohttp": (lambda url: asyncio.run(_aiohttp_post(url)), lambda url: asyncio.run(_aiohttp_read(url))),
    "urllib3": (_urllib3_whole, _urllib3_stream),
    "urllib": (lambda url: _urllib(url, QUESTION), lambda url: _urllib(url, STREAMED, 16)),
}
_WHOLE = {name: pair[0] for name, pair in _PAIRS.items()}
_STREAM = {name: pair[1] for name, pair in _PAIRS.items()}
