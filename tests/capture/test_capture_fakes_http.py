"""Mocks in the place of HTTP functions: a call where the address is an LLM's, whatever form the reply has."""

from __future__ import annotations

import json
from unittest.mock import AsyncMock, MagicMock, patch

import pytest

from pytest_llmcost.core.usage import Usage

httpx = pytest.importorskip("httpx")
requests = pytest.importorskip("requests")

URL = "https://api.groq.com/openai/v1/chat/completions"
BODY = {"model": "llama-3", "messages": [{"role": "user", "content": "Hello there"}]}
REPLY = {
    "model": "llama-3",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}


def read(recorder):
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


@pytest.mark.seen(
    area="fake",
    name='`patch("httpx.post")`, `patch("requests.post")`',
    client="an HTTP function",
    usage="reported",
    origin="fake",
)
@pytest.mark.parametrize("library", [httpx, requests])
def test_a_patched_post_with_a_mock_as_its_reply_is_a_call(recorder, library):
    with patch.object(library, "post") as post:
        post.return_value.status_code = 200
        post.return_value.json.return_value = REPLY
        assert library.post(URL, json=BODY, headers={"authorization": "secret"}).json() is REPLY
    post.assert_called_once_with(URL, json=BODY, headers={"authorization": "secret"})
    request, said = read(recorder)
    assert (request.provider, request.model) == ("groq", "llama-3")
    assert [part.text for part in request.parts] == ["Hello there"]
    assert (said.usage, said.outcome) == (Usage(input_tokens=12, output_tokens=3), "ok")


def test_a_status_that_a_mock_gives_is_that_of_the_reply(recorder):
    with patch("requests.post") as post:
        post.return_value.status_code = 429
        post.return_value.json.return_value = {"error": {"message": "slow down"}}
        requests.post(url=URL, data=json.dumps(BODY))
    assert read(recorder)[1].outcome == "refused"


def test_a_patched_request_is_a_call_if_it_posts(recorder):
    with patch.object(requests.Session, "request") as request:
        request.return_value.json.return_value = REPLY
        requests.Session().request("GET", URL, json=BODY)
        assert recorder.flights() == []
        requests.Session().request("POST", URL, json=BODY)
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


@pytest.mark.seen(
    area="fake", name='`patch("httpx.Client.send")`', client="an HTTP client's method", usage="reported", origin="fake"
)
def test_a_patched_send_of_httpx_is_a_call_with_its_real_reply(recorder):
    with patch.object(httpx.Client, "send", return_value=httpx.Response(200, json=REPLY)) as send:
        httpx.Client().post(URL, json=BODY)
    assert send.call_count == 1
    request, said = read(recorder)
    assert request.model == "llama-3"
    assert said.usage == Usage(input_tokens=12, output_tokens=3)


def test_an_sdk_above_a_patched_send_is_one_call(recorder):
    openai = pytest.importorskip("openai")
    library = pytest.importorskip(openai.DefaultHttpxClient.__base__.__module__.partition(".")[0])
    client = openai.OpenAI(api_key="test")
    answer = library.Response(200, json=REPLY, request=library.Request("POST", URL))
    with patch.object(library.Client, "send", autospec=True, return_value=answer):
        reply = client.chat.completions.create(**BODY)
    assert reply.choices[0].message.content == "Hi"
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


@pytest.mark.asyncio
async def test_an_asynchronous_post_is_a_call(recorder):
    client = MagicMock()
    client.post = AsyncMock()
    client.post.return_value.json = MagicMock(return_value=REPLY)
    await client.post(URL, json=BODY)
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


def test_a_reply_that_is_a_stream_is_left_alone(recorder):
    read_so_far = []

    class Body(httpx.SyncByteStream):
        def __iter__(self):
            read_so_far.append(1)
            yield b"data: [DONE]"

    with patch.object(httpx, "post", return_value=httpx.Response(200, stream=Body())):
        reply = httpx.post(URL, json=BODY)
    assert read_so_far == []
    assert "not known" in read(recorder)[1].note
    assert reply.read() == b"data: [DONE]"


def test_other_addresses_are_no_calls(recorder):
    with patch("requests.post") as post, patch("httpx.get"):
        requests.post("https://hooks.example.com/services/1", json={"text": "Hello"})
        requests.post("https://example.com/messages", json={"to": "someone"})
        httpx.get(URL)
        post("not an address", data=b"x")
    flights = [flight for flight in recorder.flights() if flight.dialect.request(flight.exchange()) is not None]
    assert flights == []


def test_a_mock_beneath_a_call_is_that_call(recorder):
    handler = MagicMock(side_effect=lambda request: httpx.Response(200, json=REPLY))
    httpx.Client(transport=httpx.MockTransport(handler)).post(URL, json=BODY)
    assert not recorder.exchange().fake
