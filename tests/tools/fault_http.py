"""Scenes of httpx and httpx2, and of what mocks them; and an exchange with every dialect."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import io
import json
import socket
from importlib.util import find_spec
from unittest import mock

from capture_wire import OPENAI, QUESTION, chat, chat_events
from fault_bodies import EVERYTHING, REPLIES
from fault_exchanges import ROWS
from fault_play import add, answering, scene

from pytest_llmcost.capture import dialects

STREAMED = {**QUESTION, "stream": True}
STREAM = b"".join(chat_events())


def library():
    """Return the newer one of the two that is installed."""
    return importlib.import_module("httpx2" if find_spec("httpx2") else "httpx")


def ask(http=None):
    """Ask what nobody but a function answers."""
    http = http or library()
    with http.Client(transport=http.MockTransport(lambda request: http.Response(200, json=chat()))) as client:
        return client.post(OPENAI, json=QUESTION).json() == chat()


def ask_server():
    """Ask over a socket."""
    return library().post(answering(chat()), json=QUESTION).json() == chat()


def _exchanged(url, asked, reply, status=200, headers=None, *, stream=False):
    """Ask, whole or as a stream; return what came."""
    http = library()

    def answer(request):
        content = iter([reply[:20], reply[20:]]) if stream else reply
        return http.Response(status, content=content, headers=headers or {})

    with http.Client(transport=http.MockTransport(answer)) as client:
        if not stream:
            return client.post(url, content=asked).content
        with client.stream("POST", url, content=asked) as response:
            return b"".join(response.iter_bytes())


def _spoken(ending, kind):
    """Ask at an address of each dialect, by the ending of its path, for all that a dialect may look at."""
    reply = REPLIES[kind]
    url = f"https://api.example.com/v1/publishers/anthropic/models/m{ending}"
    whole = _exchanged(url, json.dumps(EVERYTHING).encode(), json.dumps(reply).encode())
    events = f"data: {json.dumps(reply)}\n\ndata: [DONE]\n\n".encode()
    streamed = _exchanged(url, json.dumps(EVERYTHING).encode(), events, stream=True)
    return json.loads(whole) == reply, streamed == events


def whole(http):
    with http.Client() as client:
        return client.post(answering(chat()), json=QUESTION).json() == chat()


def streamed(http):
    with http.Client() as client, client.stream("POST", answering(chat_events()), json=STREAMED) as response:
        return b"".join(response.iter_bytes()) == STREAM


def left_early(http):
    with http.Client() as client, client.stream("POST", answering(chat_events()), json=STREAMED) as response:
        return bool(next(response.iter_raw()))


def asynchronous(http):
    async def go():
        async with http.AsyncClient() as client:
            whole = await client.post(answering(chat()), json=QUESTION)
            async with client.stream("POST", answering(chat_events()), json=STREAMED) as response:
                return whole.json() == chat(), b"".join([chunk async for chunk in response.aiter_bytes()]) == STREAM

    return asyncio.run(go())


def compressed(http):
    url = answering(gzip.compress(STREAM), {"content-encoding": "gzip"})
    asked = gzip.compress(json.dumps(STREAMED).encode())
    sent = {"content-encoding": "gzip"}
    with http.Client() as client, client.stream("POST", url, content=asked, headers=sent) as response:
        return b"".join(response.iter_bytes()) == STREAM


def raises(http):
    error = http.ReadTimeout("slow")

    def fail(request):
        raise error

    with http.Client(transport=http.MockTransport(fail)) as client:
        try:
            client.post(OPENAI, json=QUESTION)
        except http.ReadTimeout as caught:
            return caught is error


def forms(http):
    class File(io.BytesIO):
        """A file that nobody but the client may read."""

    with http.Client(
        transport=http.MockTransport(lambda request: http.Response(200, content=request.read()))
    ) as client:
        lengths = []
        for file in (b"{}", "{}", io.BytesIO(b"{}"), File(b"{}")):
            upload = client.post("https://api.openai.com/v1/files", data={"purpose": "batch"}, files={"file": file})
            lengths.append(len(upload.content))
        generated = client.post(OPENAI, content=iter([b"{", b"}"])).content
    return lengths, generated


def nested(http):
    """Make a call in the transport of another one, and one to the same address."""
    inner = http.Client(transport=http.MockTransport(lambda request: http.Response(200, json=chat())))

    def answer(request):
        return inner.post(str(request.url) + "?a=1", json=QUESTION)

    with inner, http.Client(transport=http.MockTransport(answer)) as client:
        return client.post(OPENAI, json=QUESTION).json() == chat()


@scene("respx", "httpx")
def respx():
    import httpx
    import respx

    async def go():
        async with httpx.AsyncClient() as client:
            return (await client.post(OPENAI, json=QUESTION)).json() == chat()

    with respx.mock as router:
        router.post(OPENAI).respond(json=chat())
        return httpx.post(OPENAI, json=QUESTION).json() == chat(), asyncio.run(go())


@scene("respx", "httpx2", "pook")
def past_respx():
    import httpx2
    import pook
    import respx

    original = socket.getaddrinfo
    url = answering(chat()).replace("127.0.0.1", "llm.example")

    def resolve(host, *more, **options):
        return original("127.0.0.1", *more, **options)

    assert pook.api
    with respx.mock(assert_all_called=False), mock.patch.object(socket, "getaddrinfo", resolve):
        return httpx2.post(url, json=QUESTION).json() == chat()


@scene("vcr", "httpx")
def vcrpy():
    import httpx
    import vcr

    body = {"string": json.dumps(chat())}
    recorded = {
        "request": {"method": "POST", "uri": OPENAI, "body": "", "headers": {}},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": body},
    }

    class Kept:
        @classmethod
        def load_cassette(cls, path, serializer):
            return serialize.deserialize(json.dumps({"version": 1, "interactions": [recorded]}), serializer)

        @staticmethod
        def save_cassette(*_):
            """Keep nothing."""

    from vcr import serialize
    from vcr.serializers import jsonserializer

    assert jsonserializer
    cassettes = vcr.VCR(serializer="json", record_mode="none", match_on=("method", "uri"))
    cassettes.register_persister(Kept)
    with cassettes.use_cassette("kept.json"):
        return httpx.post(OPENAI, json=QUESTION).json() == chat()


for _name in filter(find_spec, ("httpx", "httpx2")):
    for _scene in (whole, streamed, left_early, asynchronous, compressed, raises, forms, nested):
        add(f"{_scene.__name__} {_name}", lambda play=_scene, name=_name: play(importlib.import_module(name)))
for _ending in dialects._ENDINGS:
    for _kind in REPLIES:
        add(f"{_kind} at {_ending}", lambda ending=_ending, kind=_kind: _spoken(ending, kind))
for _row in ROWS:
    add(
        f"exchange {_row.name}",
        lambda row=_row: _exchanged(
            row.url, row.request, row.reply, row.status, row.headers, stream=isinstance(row.answer, bytes)
        ) == row.reply,
    )  # fmt: skip
