"""Once a spend limit is reached: a request to a model is refused, one to an app of the user's own is not."""

from __future__ import annotations

import asyncio
import io
import json
import urllib.request

import pytest
import requests
import urllib3

from pytest_llmcost.errors import SpendLimitReached

CHAT = {"model": "gpt-4", "messages": [{"role": "user", "content": "Hi"}]}
FOR_MODELS = [
    ("/v1/chat/completions", CHAT),
    ("/v1/completions", {"model": "m", "prompt": "Hi"}),
    ("/v1/responses", {"model": "m", "input": "Hi"}),
    ("/v1/embeddings", {"model": "m", "input": "Hi"}),
    ("/v1/messages", {"model": "m", "messages": []}),
    ("/api/chat", {"model": "m", "messages": []}),
    ("/v2/rerank", {"model": "m", "query": "q", "documents": ["d"]}),
    ("/v1beta/models/gemini-pro:generateContent", {"contents": [{"parts": [{"text": "Hi"}]}]}),
    ("/model/amazon.nova-lite-v1%3A0/converse", {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}),
]
FOR_APPS = [
    ("/generate", {"prompt": "Hi"}),
    ("/generate", {"inputs": "Hi"}),
    ("/runs", {"assistant_id": "a", "name": "nightly"}),
    ("/rerank", {"query": "q", "items": []}),
    ("/v1/chat", {"message": "Hi"}),
    ("/api/chat", {"message": "Hi"}),
    ("/messages", {"text": "Hi"}),
    ("/responses", {"answers": [1]}),
    ("/v1/embeddings", {"text": "Hi"}),
    ("/chat/completions", {"question": "Hi"}),
    ("/v1/files", {"name": "a"}),
]


@pytest.fixture
def limited(recorder, server):
    """A server of the user's own beside a limit that is reached."""

    def gate(is_model):
        if is_model():
            raise SpendLimitReached("enough")

    recorder.gate = gate
    server.answer({"mine": 1})
    return server


def _requests(url, body):
    return requests.post(url, json=body, timeout=9)


def _session(url, body):
    with requests.Session() as session:
        return session.send(session.prepare_request(requests.Request("POST", url, json=body)))


def _urllib3(url, body):
    with urllib3.PoolManager() as manager:
        return manager.request("POST", url, body=json.dumps(body).encode())


def _urllib(url, body):
    with urllib.request.urlopen(url, json.dumps(body).encode()) as response:
        return response.read()


def _httpx(url, body):
    return pytest.importorskip("httpx").post(url, json=body)


def _httpx2(url, body):
    return pytest.importorskip("httpx2").post(url, json=body)


def _aiohttp(url, body):
    aiohttp = pytest.importorskip("aiohttp")

    async def go():
        async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
            await response.read()

    asyncio.run(go())


CLIENTS = pytest.mark.parametrize("ask", [_requests, _session, _urllib3, _urllib, _httpx, _httpx2, _aiohttp])


@CLIENTS
def test_a_local_gateway_is_refused_and_an_app_on_this_machine_is_not(limited, ask):
    with pytest.raises(SpendLimitReached):
        ask(limited.chat, CHAT)
    assert limited.asked == []
    ask(limited.base + "/v1/chat", {"message": "Hi"})
    assert [path for path, _ in limited.asked] == ["/v1/chat"]


@pytest.mark.parametrize(("path", "body"), FOR_MODELS)
def test_what_asks_a_model_is_refused_at_any_host(limited, path, body):
    with pytest.raises(SpendLimitReached):
        _requests(limited.base + path, body)
    assert limited.asked == []


@pytest.mark.parametrize(("path", "body"), FOR_APPS)
def test_what_asks_an_app_is_not(limited, path, body):
    assert _requests(limited.base + path, body).json() == {"mine": 1}
    assert [asked for asked, _ in limited.asked] == [path]


@pytest.mark.parametrize(
    "url",
    ["https://api.openai.com/v1/chat/completions", "http://localhost:11434/api/chat", "https://api.cohere.com/v1/chat"],
)
def test_at_the_host_of_a_provider_whatever_has_its_path_is_refused(limited, url):
    with pytest.raises(SpendLimitReached):
        _requests(url, {"message": "Hi"})


def test_a_body_that_cannot_be_read_is_refused(limited):
    http = pytest.importorskip("httpx")
    with pytest.raises(SpendLimitReached):
        http.post(limited.chat, content=iter([json.dumps(CHAT).encode()]))
    with pytest.raises(SpendLimitReached):
        requests.post(limited.chat, data=iter([json.dumps(CHAT).encode()]), timeout=9)
    with pytest.raises(SpendLimitReached):
        requests.post(limited.chat, data=b"\x28\xb5", headers={"content-encoding": "zstd"}, timeout=9)
    assert limited.asked == []


def test_an_upload_is_refused_where_it_names_a_model_or_a_batch(limited):
    given = {"file": ("a.wav", io.BytesIO(b"sound"))}
    for path, fields in (("/v1/audio/transcriptions", {"model": "whisper-1"}), ("/v1/files", {"purpose": "batch"})):
        with pytest.raises(SpendLimitReached):
            requests.post(limited.base + path, data=fields, files=given, timeout=9)
    assert requests.post(limited.base + "/v1/files", data={"name": "a"}, files=given, timeout=9).status_code == 200


def test_what_no_socket_carries_is_not_refused(limited, http, recorder):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"mine": 1}'})

    def wsgi(environ, start_response):
        start_response("200 OK", [])
        return [b'{"mine": 1}']

    async def go():
        async with http.AsyncClient(transport=http.ASGITransport(app), base_url="http://shop") as client:
            return (await client.post("/v1/chat/completions", json=CHAT)).json()

    assert asyncio.run(go()) == {"mine": 1}
    mock = http.MockTransport(lambda _: http.Response(200, json={"mine": 1}))
    for transport in (http.WSGITransport(app=wsgi), mock):
        with http.Client(transport=transport) as client:
            assert client.post("https://api.openai.com/v1/chat/completions", json=CHAT).json() == {"mine": 1}
    with http.Client(mounts={"http://shop": mock}) as client:
        assert client.post("http://shop/v1/chat/completions", json=CHAT).json() == {"mine": 1}
        with pytest.raises(SpendLimitReached):
            client.post(limited.chat, json=CHAT)
    assert len(recorder.flights()) == 4


def test_a_call_that_an_app_in_this_process_makes_is_refused(limited):
    http = pytest.importorskip("httpx")

    async def app(scope, receive, send):
        async with http.AsyncClient() as client:
            await client.post(limited.chat, json=CHAT)

    async def go():
        async with http.AsyncClient(transport=http.ASGITransport(app), base_url="http://shop") as client:
            await client.post("/v1/chat", json={"message": "Hi"})

    with pytest.raises(SpendLimitReached):
        asyncio.run(go())
    assert limited.asked == []


def test_the_test_client_of_starlette_is_not_refused(limited):
    pytest.importorskip("httpx")
    applications = pytest.importorskip("starlette.applications")
    from starlette.responses import JSONResponse
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def chat(request):
        return JSONResponse({"mine": await request.json()})

    app = applications.Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    with TestClient(app) as client:
        assert client.post("/v1/chat/completions", json=CHAT).json() == {"mine": CHAT}


def test_the_address_of_a_test_client_is_no_models(limited):
    adapter = requests.adapters.BaseAdapter()

    def send(request, **_):
        response = requests.Response()
        response.status_code, response._content = 200, b"{}"
        response.request = request
        return response

    adapter.send = send
    adapter.close = lambda: None
    with requests.Session() as session:
        session.mount("http://testserver", adapter)
        assert session.post("http://testserver/v1/chat/completions", json=CHAT).json() == {}


def test_a_transport_of_the_users_own_may_lead_to_a_model(limited):
    http = pytest.importorskip("httpx")

    class MockTransport(http.HTTPTransport):
        """Named as one that leads nowhere."""

    with http.Client(transport=MockTransport()) as client, pytest.raises(SpendLimitReached):
        client.post(limited.chat, json=CHAT)


def test_a_bug_in_looking_refuses_and_is_noted(recorder, limited, monkeypatch):
    from pytest_llmcost.capture import refusing

    monkeypatch.setattr(refusing, "provider_of", None)
    with pytest.raises(SpendLimitReached):
        _requests(limited.base + "/generate", {"prompt": "Hi"})
    assert len(recorder.faults) == 1
    recorder.faults.clear()
