"""What a user's tests do while a fault is in our code; each scene checks what the user gets.

A client that is new here gets a scene in `_NEEDS`; a dialect is asked at its address without one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from unittest import mock

from capture_wire import CHAT, OPENAI, QUESTION, chat, chat_events

from pytest_llmcost.capture import dialects
from pytest_llmcost.capture.owner import exclude

STREAMED = {**QUESTION, "stream": True}
STREAM = b"".join(chat_events())
EVERYTHING = {
    **QUESTION,
    "model": "gpt-4o-mini",
    "system": [{"type": "text", "text": "Be kind"}],
    "max_tokens": 9,
    "anthropic_version": "2023-06-01",
    "messages": [
        {"role": "system", "content": "Be kind"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "3"},
    ],
    "tools": [
        {"type": "function", "name": "f", "function": {"name": "f", "parameters": {"type": "object"}}},
        {"name": "g", "input_schema": {"type": "object"}, "functionDeclarations": [{"name": "h"}]},
    ],
    "contents": [
        {"role": "user", "parts": [{"text": "Hello"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}
    ],
    "systemInstruction": {"parts": [{"text": "Be kind"}]},
    "content": {"parts": [{"text": "Hello"}]},
    "requests": [{"model": "models/e", "content": {"parts": [{"text": "Hello"}]}}],
    "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}]}],
    "instructions": "Be kind",
    "prompt": "Hello",
    "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
    "text": {"format": {"type": "json_schema", "name": "s", "schema": {"type": "object"}}},
    "generationConfig": {"responseSchema": {"type": "OBJECT"}, "maxOutputTokens": 9},
    "inputText": "Hello",
    "texts": ["Hello"],
    "inputs": "Hello",
    "query": "Hello",
    "documents": ["Hello"],
}
"""A request that has something for every dialect."""
REPLIES = {
    "openai": {**chat(), "object": "chat.completion", "data": [{"embedding": [0.1]}]},
    "responses": {
        "object": "response",
        "status": "completed",
        "model": "gpt-4o-mini",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
        "usage": {"input_tokens": 9, "output_tokens": 2, "output_tokens_details": {"reasoning_tokens": 1}},
    },
    "anthropic": {
        "type": "message",
        "model": "claude-next",
        "stop_reason": "end_turn",
        "content": [{"type": "text", "text": "Hi"}],
        "usage": {
            "input_tokens": 9,
            "output_tokens": 2,
            "cache_creation": {"ephemeral_1h_input_tokens": 3},
            "iterations": [{"type": "compaction", "input_tokens": 5, "output_tokens": 1}],
        },
    },
    "gemini": {
        "candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11},
        "modelVersion": "gemini-2.5-flash",
    },
    "bare": {"choices": [{"message": {"content": "Hi"}, "text": "Hi", "finish_reason": "stop"}], "output_text": "Hi"},
    "error": {"error": {"message": "no", "type": "no"}},
}


def _http():
    return importlib.import_module("httpx2" if find_spec("httpx2") else "httpx")


def _spoken(ending, kind, *, stream):
    """Ask at an address of each dialect, by the ending of its path, whole or as a stream."""
    http, reply = _http(), REPLIES[kind]
    body = f"data: {json.dumps(reply)}\n\ndata: [DONE]\n\n".encode() if stream else json.dumps(reply).encode()
    status = 400 if kind == "error" else 200
    headers = {"content-type": "text/event-stream" if stream else "application/json"}

    def answer(request):
        content = iter([body[:20], body[20:]]) if stream else body
        return http.Response(status, content=content, headers=headers)

    url = f"https://api.example.com/v1/publishers/anthropic/models/m{ending}"
    with http.Client(transport=http.MockTransport(answer)) as client:
        if stream:
            with client.stream("POST", url, json=EVERYTHING) as response:
                assert b"".join(response.iter_bytes()) == body
        else:
            assert client.post(url, json=EVERYTHING).content == body


def _whole(http):
    with importlib.import_module(http).Client() as client:
        assert client.post(_server(chat()), json=QUESTION).json() == chat()


def _stream(http):
    with (
        importlib.import_module(http).Client() as client,
        client.stream("POST", _server(chat_events()), json=STREAMED) as response,
    ):
        assert b"".join(response.iter_bytes()) == STREAM


def _left_early(http):
    with (
        importlib.import_module(http).Client() as client,
        client.stream("POST", _server(chat_events()), json=STREAMED) as response,
    ):
        assert next(response.iter_raw())


def _asynchronous(http):
    library = importlib.import_module(http)

    async def go():
        async with library.AsyncClient() as client:
            whole = await client.post(_server(chat()), json=QUESTION)
            async with client.stream("POST", _server(chat_events()), json=STREAMED) as response:
                return whole.json(), b"".join([chunk async for chunk in response.aiter_bytes()])

    assert asyncio.run(go()) == (chat(), STREAM)


def _compressed(http):
    import gzip

    url = _server(gzip.compress(STREAM), {"content-encoding": "gzip"})
    with importlib.import_module(http).Client() as client, client.stream("POST", url, json=STREAMED) as response:
        assert b"".join(response.iter_bytes()) == STREAM


def _raises(http):
    library = importlib.import_module(http)
    error = library.ReadTimeout("slow")

    def fail(request):
        raise error

    with library.Client(transport=library.MockTransport(fail)) as client:
        try:
            client.post(OPENAI, json=QUESTION)
        except library.ReadTimeout as caught:
            assert caught is error  # noqa: PT017 - that nothing else comes is the point
        else:
            raise AssertionError


def _requests():
    import requests

    assert requests.post(_server(chat()), json=QUESTION).json() == chat()
    with requests.post(_server(chat_events()), json=STREAMED, stream=True) as response:
        assert b"".join(response.iter_content(16)) == STREAM
    with requests.post(_server(chat_events()), json=STREAMED, stream=True) as response:
        assert response.raw.read(decode_content=True) == STREAM


def _requests_fails():
    import requests

    try:
        requests.post("no://host" + CHAT, json=QUESTION)
    except requests.exceptions.InvalidSchema:
        return
    raise AssertionError


def _requests_mock():
    import requests
    import requests_mock

    with requests_mock.Mocker() as mocker:
        mocker.post(OPENAI, json=chat())
        assert requests.post(OPENAI, json=QUESTION).json() == chat()


def _aiohttp():
    import aiohttp

    async def go():
        async with aiohttp.ClientSession() as session:
            async with session.post(_server(chat()), json=QUESTION) as response:
                whole = await response.json()
            async with session.post(_server(chat_events()), json=STREAMED) as response:
                return whole, b"".join([chunk async for chunk in response.content.iter_any()])

    assert asyncio.run(go()) == (chat(), STREAM)


def _urllib3():
    import urllib3

    pools, sent = urllib3.PoolManager(), json.dumps(QUESTION)
    assert pools.request("POST", _server(chat()), body=sent).json() == chat()
    response = pools.request("POST", _server(chat_events()), body=sent, preload_content=False)
    assert b"".join(response.stream(16)) == STREAM
    response.release_conn()


def _urllib():
    import urllib.request

    asked = urllib.request.Request(_server(chat()), data=json.dumps(QUESTION).encode(), method="POST")
    with urllib.request.urlopen(asked) as response:
        assert json.loads(response.read()) == chat()


def _http_client():
    import http.client

    host = _server(chat()).removeprefix("http://").partition("/")[0]
    connection = http.client.HTTPConnection(host)
    connection.request("POST", CHAT, body=json.dumps(QUESTION))
    assert json.loads(connection.getresponse().read()) == chat()
    connection.close()


def _httplib2():
    import httplib2

    _, answer = httplib2.Http().request(_server(chat()), "POST", body=json.dumps(QUESTION))
    assert json.loads(answer) == chat()


def _imported_late():
    """Import a library that is patched while it is imported."""
    before = sys.modules.pop("httplib2", None)
    try:
        assert importlib.import_module("httplib2").Http
    finally:
        if before is not None:
            sys.modules["httplib2"] = before


def _pycurl():
    import pycurl

    handle, answer = pycurl.Curl(), []
    handle.setopt(pycurl.URL, _server(chat()))
    handle.setopt(pycurl.POSTFIELDS, json.dumps(QUESTION))
    handle.setopt(pycurl.WRITEFUNCTION, answer.append)
    handle.perform()
    handle.close()
    assert json.loads(b"".join(answer)) == chat()


def _curl_cffi():
    from curl_cffi import requests

    assert requests.post(_server(chat()), json=QUESTION).json() == chat()


def _respx():
    import httpx
    import respx

    with respx.mock as router:
        router.post(OPENAI).respond(json=chat())
        assert httpx.post(OPENAI, json=QUESTION).json() == chat()


def _past_respx():
    import httpx2
    import respx

    original = socket.getaddrinfo
    url = _server(chat()).replace("127.0.0.1", "llm.example")

    def resolve(host, *more, **options):
        return original("127.0.0.1", *more, **options)

    with respx.mock(assert_all_called=False), mock.patch.object(socket, "getaddrinfo", resolve):
        assert httpx2.post(url, json=QUESTION).json() == chat()


def _threads():
    http, done = _http(), []

    def ask():
        done.append(http.post(_server(chat()), json=QUESTION).json())

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    with ThreadPoolExecutor() as pool:
        pool.submit(ask).result()
    assert done == [chat()] * 2


def _excluded():
    with exclude():
        _whole(_http().__name__)


def _mocked_sdk():
    from openai.resources.chat.completions import Completions
    from openai.types.chat import ChatCompletion

    made = ChatCompletion.model_validate(chat())
    with mock.patch.object(Completions, "create", return_value=made) as create:
        assert create(**QUESTION) is made


@cache
def _bedrock():
    import boto3

    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    return boto3.client("bedrock-runtime", region_name="us-east-1", **keys)


def _botocore():
    from botocore.stub import Stubber

    usage = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
    output = {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}
    reply = {"output": output, "stopReason": "end_turn", "usage": usage, "metrics": {"latencyMs": 1}}
    with Stubber(_bedrock()) as stubber:
        stubber.add_response("converse", reply)
        asked = [{"role": "user", "content": [{"text": "Hello"}]}]
        assert _bedrock().converse(modelId="amazon.nova-lite-v1:0", messages=asked)["usage"] == usage


_SERVERS: list = []


@contextmanager
def serving(server):
    """Let the scenes talk to a server."""
    _SERVERS.append(server)
    try:
        yield
    finally:
        _SERVERS.pop()


def _server(body, headers=None):
    server = _SERVERS[-1]
    server._answers[:] = []
    return server.answer(body, headers=headers).chat


_NEEDS = {
    _imported_late: "httplib2",
    _requests: "requests",
    _requests_fails: "requests",
    _requests_mock: "requests_mock",
    _aiohttp: "aiohttp",
    _urllib3: "urllib3",
    _urllib: "urllib",
    _http_client: "http",
    _httplib2: "httplib2",
    _pycurl: "pycurl",
    _curl_cffi: "curl_cffi",
    _respx: "respx",
    _threads: "httpx",
    _excluded: "httpx",
    _mocked_sdk: "openai",
    _botocore: "boto3",
}


def scenes():
    """Return every scene that can be played here, by name."""
    found = {scene.__name__: scene for scene, library in _NEEDS.items() if find_spec(library)}
    if find_spec("respx") and find_spec("httpx2"):
        found["_past_respx"] = _past_respx
    for http in filter(find_spec, ("httpx", "httpx2")):
        for scene in (_whole, _stream, _left_early, _asynchronous, _compressed, _raises):
            found[f"{scene.__name__} {http}"] = lambda scene=scene, http=http: scene(http)
    for ending in dialects._ENDINGS:
        for kind in REPLIES:
            for stream in (False, True):
                name = f"{ending} {kind}{' stream' * stream}"
                found[name] = lambda ending=ending, kind=kind, stream=stream: _spoken(ending, kind, stream=stream)
    return found
