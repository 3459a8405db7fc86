"""What the clients of httpx and httpx2 send, over real sockets and below every mock tool."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from capture_wire import CHAT, OPENAI, QUESTION, USAGE, chat

from pytest_llmcost.capture.origin import origin
from pytest_llmcost.core.call import Origin


def post_sync(http, url, *, transport=None, **more):
    with http.Client(transport=transport) as client:
        return client.post(url, **more)


def post_async(http, url, *, transport=None, **more):
    async def go():
        async with http.AsyncClient(transport=transport) as client:
            return await client.post(url, **more)

    return asyncio.run(go())


@pytest.fixture(params=[post_sync, post_async])
def post(request, http):
    def send(url, **more):
        return request.param(http, url, **more)

    return send


def test_a_call_to_a_real_server_is_seen_whole(recorder, server, post):
    server.answer(chat())
    response = post(server.chat, json=QUESTION)
    assert response.json() == chat()
    seen = recorder.exchange()
    assert json.loads(seen.request) == QUESTION
    assert json.loads(seen.reply) == chat()
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.chat, 200, None)
    assert (seen.stream, seen.complete, seen.live) == (False, True, True)
    assert seen.reply_headers == {"content-type": "application/json"}
    assert origin(seen.url, live=seen.live) is Origin.LOCAL


def test_a_call_is_charged_where_it_was_made(recorder, http):
    transport = http.MockTransport(lambda request: http.Response(200, json=chat()))
    with http.Client(transport=transport) as client:
        client.post(OPENAI, json=QUESTION)
    flight = recorder.one()
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    path, _, line = flight.site.rpartition(":")
    assert path == "tests/capture/test_capture_httpx.py"
    assert "client.post(OPENAI" in lines[int(line) - 1]
    assert (flight.owner.test, flight.owner.phase) == ("test_it.py::test_it", "call")


def test_a_mock_transport_is_not_live(recorder, http, post):
    transport = http.MockTransport(lambda request: http.Response(200, json=chat()))
    assert post(OPENAI, transport=transport, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert json.loads(seen.reply) == chat()
    assert not seen.live
    assert origin(seen.url, live=seen.live) is Origin.REPLAYED


def test_an_application_called_in_process_is_not_live(recorder, http):
    async def application(scope, receive, send):
        body = json.dumps(chat()).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    assert post_async(http, OPENAI, transport=http.ASGITransport(application), json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.reply), seen.live) == (chat(), False)


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
@pytest.mark.parametrize("send", [post_sync, post_async])
def test_what_respx_answers_is_seen_and_is_not_live(recorder, send, using):
    respx, httpx = pytest.importorskip("respx"), pytest.importorskip("httpx")
    with respx.mock(using=using) as router:
        route = router.post(OPENAI).respond(json=chat())
        assert send(httpx, OPENAI, json=QUESTION).json() == chat()
    assert route.called
    seen = recorder.exchange()
    assert (json.loads(seen.reply), seen.live) == (chat(), False)


@pytest.mark.parametrize("send", [post_sync, post_async])
@pytest.mark.parametrize(("fixture", "module"), [("httpx_mock", "httpx"), ("httpx2_mock", "httpx2")])
def test_what_a_mock_fixture_answers_is_seen_and_is_not_live(request, recorder, send, fixture, module):
    http = pytest.importorskip(module)
    pytest.importorskip({"httpx_mock": "pytest_httpx", "httpx2_mock": "pytest_httpx2"}[fixture])
    mock = request.getfixturevalue(fixture)
    if module == "httpx":
        mock.add_response(url=OPENAI, json=chat())
    else:
        mock.post(OPENAI).respond(json=chat())
    assert send(http, OPENAI, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.reply), seen.live) == (chat(), False)


def test_a_cassette_is_live_when_recorded_and_not_when_replayed(recorder, server, post, tmp_path):
    vcr = pytest.importorskip("vcr")
    server.answer(chat())
    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once"):
            assert post(server.chat, json=QUESTION).json() == chat()
        seen = recorder.exchange()
        assert (json.loads(seen.reply), seen.live) == (chat(), live)
    assert len(server.asked) == 1


def test_a_compressed_reply_is_kept_as_the_reader_sees_it(recorder, server, post):
    server.answer(gzip.compress(json.dumps(chat()).encode()), headers={"content-encoding": "gzip"})
    assert post(server.chat, json=QUESTION).json() == chat()
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_a_compressed_request_is_read_after_the_test(recorder, server, http):
    server.answer(chat())
    body = gzip.compress(json.dumps(QUESTION).encode())
    http.post(server.chat, content=body, headers={"content-encoding": "gzip"})
    flight = recorder.one()
    exchange = flight.exchange()
    assert (exchange.request, exchange.request_encoding) == (body, "gzip")
    assert flight.dialect.request(exchange).model == QUESTION["model"]


def test_what_is_no_llm_call_leaves_no_trace(recorder, server, post, http):
    server.answer({})
    post(server.base + "/v1/threads", json=QUESTION)
    http.get(server.chat)
    assert recorder.flights() == []


def test_a_redirect_is_one_call(recorder, server, http):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    with http.Client(follow_redirects=True) as client:
        assert client.post(server.base + "/old/chat/completions", json=QUESTION).json() == chat()
    assert len(server.asked) == 2
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_signing_in_on_the_way_is_one_call(recorder, server, http):
    class Auth(http.Auth):
        def auth_flow(self, request):
            response = yield request
            if response.status_code == 401:
                request.headers["authorization"] = "Bearer x"
                yield request

    server.answer({}, 401).answer(chat())
    with http.Client(auth=Auth()) as client:
        assert client.post(server.chat, json=QUESTION).status_code == 200
    assert recorder.exchange().status == 200


def test_every_way_to_send_is_seen_once(recorder, server, http):
    server.answer(chat())
    http.post(server.chat, json=QUESTION)
    http.request("POST", server.chat, json=QUESTION)
    with http.stream("POST", server.chat, json=QUESTION) as response:
        response.read()
    with http.Client(base_url=server.base) as client:
        client.send(client.build_request("POST", CHAT, json=QUESTION))
        client.send(request=client.build_request("POST", CHAT, json=QUESTION))
        client.request("post", CHAT, json=QUESTION)
    flights = recorder.flights()
    assert len(server.asked) == len(flights) == 6
    assert {json.dumps(json.loads(flight.exchange().reply)) for flight in flights} == {json.dumps(chat())}


def test_a_client_with_a_send_of_its_own_is_seen_once(recorder, server, http):
    class Client(http.Client):
        def send(self, request, **more):
            return super().send(request, **more)

    server.answer(chat())
    with Client() as client:
        client.post(server.chat, json=QUESTION)
    assert len(recorder.flights()) == 1


def test_a_failure_is_a_call_with_the_name_of_its_error(recorder, http, post):
    def fail(request):
        raise http.ConnectTimeout("too slow", request=request)

    with pytest.raises(http.ConnectTimeout, match="too slow"):
        post(OPENAI, transport=http.MockTransport(fail), json=QUESTION)
    seen = recorder.exchange()
    assert (seen.error, seen.status, seen.reply) == ("ConnectTimeout", None, b"")
    assert json.loads(seen.request) == QUESTION


def test_a_body_that_is_made_while_it_is_sent_is_not_touched(recorder, server, http):
    made = []

    def body():
        for part in (b'{"model": "gpt-4o', b'-mini", "messages": []}'):
            made.append(part)
            yield part

    server.answer(chat())
    http.post(server.chat, content=body(), headers={"content-type": "application/json"})
    assert len(made) == 2
    assert json.loads(server.asked[0][1]) == {"model": "gpt-4o-mini", "messages": []}
    seen = recorder.exchange()
    assert (seen.request, json.loads(seen.reply)) == (None, chat())


def test_an_asynchronous_body_is_not_touched(recorder, server, http):
    async def body():
        yield b'{"model": "gpt-4o-mini"}'

    server.answer(chat())
    post_async(http, server.chat, content=body())
    assert server.asked[0][1] == b'{"model": "gpt-4o-mini"}'
    assert recorder.exchange().request is None


def test_of_a_form_with_a_file_the_fields_are_kept_and_the_file_is_not_touched(recorder, server, http):
    server.answer(chat())
    http.post(server.chat, files={"file": b"sound"}, data={"model": "whisper-1"})
    sent = server.asked[0][1]
    assert b"whisper-1" in sent
    assert recorder.exchange().request == sent.replace(b"sound", b"")


def test_secrets_in_an_address_are_not_kept(recorder, server, http):
    server.answer({})
    address = server.base.replace("//", "//me:secret@")
    http.post(f"{address}/v1beta/models/gemini-2.5-flash:generateContent?key=secret", json={"contents": []})
    seen = recorder.exchange()
    assert seen.url == f"{server.base}/v1beta/models/gemini-2.5-flash:generateContent"
    assert "secret" not in repr(seen)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]:80/x", "http://0.0.0.0/",
                                 "http://llm.localhost/"])  # fmt: skip
def test_this_machine_is_local(url):
    assert origin(url, live=True) is Origin.LOCAL


@pytest.mark.parametrize("url", ["https://api.openai.com/", "http://localhost.example.com/", "http://127.example.com/",
                                 "http://10.0.0.1/", "http:///x"])  # fmt: skip
def test_other_machines_are_not_local(url):
    assert origin(url, live=True) is Origin.LIVE
