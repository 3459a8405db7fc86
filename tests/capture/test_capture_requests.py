"""What the sessions of requests send, over real sockets and below every mock tool."""

from __future__ import annotations

import gc
import gzip
import io
import json
import sys
import time
import weakref
import zlib
from importlib import import_module

import pytest
from capture_wire import CHAT, OPENAI, QUESTION, USAGE, chat, chat_events

requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")


@pytest.fixture
def stream(recorder, server):
    """Start to read a streamed answer."""
    server.answer(chat_events())
    with requests.Session() as session:
        yield lambda **more: session.post(server.chat, json={**QUESTION, "stream": True}, stream=True, **more)


def test_a_call_to_a_real_server_is_seen_whole(recorder, server):
    server.answer(chat())
    assert requests.post(server.chat, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == (QUESTION, chat())
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.chat, 200, None)
    assert (seen.stream, seen.complete, seen.live) == (False, True, True)
    assert seen.reply_headers == {"content-type": "application/json"}


def test_every_way_to_send_is_seen_once(recorder, server):
    server.answer(chat())
    requests.request(method="post", url=server.chat, json=QUESTION)
    with requests.Session() as session:
        session.post(server.chat, data=json.dumps(QUESTION))
        session.request("POST", f" {server.chat}", params={"key": "secret"}, json=QUESTION)
        prepared = session.prepare_request(requests.Request("POST", server.chat, json=QUESTION))
        session.send(prepared)
        session.send(request=prepared)
    flights = recorder.flights()
    assert len(server.asked) == len(flights) == 5
    seen = [flight.exchange() for flight in flights]
    assert {(exchange.url, json.dumps(json.loads(exchange.request))) for exchange in seen} == {
        (server.chat, json.dumps(QUESTION))
    }
    assert all(exchange.live for exchange in seen)


def test_what_responses_answers_is_seen_and_is_not_live(recorder):
    responses = pytest.importorskip("responses")
    with responses.RequestsMock() as mock:
        mock.post(OPENAI, json=chat())
        assert requests.post(OPENAI, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.reply), seen.live) == (chat(), False)


def test_what_responses_lets_through_is_live(recorder, server):
    responses = pytest.importorskip("responses")
    server.answer(chat())
    with responses.RequestsMock() as mock:
        mock.add_passthru(server.base)
        assert requests.post(server.chat, json=QUESTION).json() == chat()
    assert recorder.exchange().live


def test_a_real_call_that_a_mock_makes_does_not_make_the_mocked_call_live(recorder, server):
    responses = pytest.importorskip("responses")
    server.answer({"answer": "Hi"})

    def answer(request):
        requests.post(server.base + "/answers")
        return 200, {}, json.dumps(chat())

    with responses.RequestsMock() as mock:
        mock.add_passthru(server.base)
        mock.add_callback("POST", OPENAI, answer)
        requests.post(OPENAI, json=QUESTION)
    assert len(server.asked) == 1
    assert not recorder.exchange().live


@pytest.mark.parametrize("loaded", ["before", "after"])
@pytest.mark.parametrize("direct", [False, True])
def test_what_requests_mock_answers_is_seen_whenever_it_is_imported(monkeypatch, request, loaded, direct):
    pytest.importorskip("requests_mock")
    for name in [name for name in sys.modules if name.partition(".")[0] == "requests_mock"]:
        monkeypatch.delitem(sys.modules, name)
    if loaded == "before":
        import_module("requests_mock")
    recorder = request.getfixturevalue("recorder")
    requests_mock = import_module("requests_mock")
    with requests_mock.Mocker() as mock, requests.Session() as session:
        mock.post(OPENAI, json=chat())
        if direct:
            response = session.send(session.prepare_request(requests.Request("POST", OPENAI, json=QUESTION)))
        else:
            response = session.post(OPENAI, json=QUESTION)
    assert response.json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply), seen.live) == (QUESTION, chat(), False)


def test_what_requests_mock_keeps_is_given_back():
    mocker = pytest.importorskip("requests_mock").mocker
    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.capture.sites import Sites
    from pytest_llmcost.capture.watching import watch

    before = mocker._original_send
    with watch(Recorder(Sites("/"))):
        assert mocker._original_send is not before
    assert mocker._original_send is before


def test_a_cassette_is_live_when_recorded_and_not_when_replayed(recorder, server, tmp_path):
    vcr = pytest.importorskip("vcr")
    server.answer(chat())
    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once"):
            assert requests.post(server.chat, json=QUESTION).json() == chat()
        seen = recorder.exchange()
        assert (json.loads(seen.reply), seen.live) == (chat(), live)
    assert len(server.asked) == 1


def test_a_replayed_stream_is_read_like_a_real_one(recorder, server, tmp_path):
    vcr = pytest.importorskip("vcr")
    server.answer(chat_events())
    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "stream.yaml"), record_mode="once"):
            response = requests.post(server.chat, json={**QUESTION, "stream": True}, stream=True)
            assert b"[DONE]" in b"".join(response.iter_content(64))
        flight = recorder.one()
        assert (b"".join(flight.chunks), flight.complete, flight.live) == (b"".join(chat_events()), True, live)


class Adapter(requests.adapters.BaseAdapter):
    """An adapter as users write them."""

    def __init__(self, raw):
        super().__init__()
        self.raw = raw

    def send(self, request, **more):
        response = requests.Response()
        response.status_code, response.raw, response.request, response.url = 200, self.raw, request, request.url
        return response

    def close(self):
        pass


def urllib3_response(body):
    return urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)


@pytest.mark.parametrize("kind", [io.BytesIO, urllib3_response])
@pytest.mark.parametrize("streamed", [False, True])
def test_an_adapter_of_the_user_is_seen(recorder, kind, streamed):
    with requests.Session() as session:
        session.mount("https://", Adapter(kind(json.dumps(chat()).encode())))
        assert session.post(OPENAI, json=QUESTION, stream=streamed).json() == chat()
    seen = recorder.exchange()
    assert (seen.status, seen.live, json.loads(seen.request)) == (200, False, QUESTION)
    if not (streamed and kind is io.BytesIO):  # a file by hand that is read by hand is out of reach
        assert json.loads(seen.reply) == chat()


def test_a_redirect_is_one_call(recorder, server):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    assert requests.post(server.base + "/old/chat/completions", json=QUESTION).json() == chat()
    assert len(server.asked) == 2
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_a_redirect_from_elsewhere_is_one_call(recorder, server):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    assert requests.post(server.base + "/gateway", json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (seen.url, json.loads(seen.request)) == (server.chat, QUESTION)


def test_retries_of_the_adapter_are_one_call(recorder, server):
    server.answer({}, 503).answer(chat())
    with requests.Session() as session:
        retries = urllib3.util.Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        assert session.post(server.chat, json=QUESTION).status_code == 200
    assert len(server.asked) == 2
    assert recorder.exchange().status == 200


def test_a_failure_is_a_call_with_the_name_of_its_error(recorder, server):
    server.__exit__()
    server.__exit__ = lambda *exc: None
    with pytest.raises(requests.ConnectionError):
        requests.post(server.chat, json=QUESTION, timeout=2)
    seen = recorder.exchange()
    assert (seen.error, seen.status, json.loads(seen.request)) == ("ConnectionError", None, QUESTION)


def test_a_body_that_is_read_while_it_is_sent_is_not_touched(recorder, server):
    server.answer(chat())
    requests.post(server.chat, data=io.BytesIO(json.dumps(QUESTION).encode()))
    requests.post(server.chat, data=iter([b'{"model":', b'"gpt-4o"}']))
    assert [body for _, body in server.asked] == [json.dumps(QUESTION).encode(), b'{"model":"gpt-4o"}']
    assert [flight.exchange().request for flight in recorder.flights()] == [None, None]


def test_a_compressed_request_is_read_after_the_test(recorder, server):
    server.answer(chat())
    body = gzip.compress(json.dumps(QUESTION).encode())
    requests.post(server.chat, data=body, headers={"content-encoding": "gzip"})
    exchange = recorder.exchange()
    assert (exchange.request, exchange.request_encoding) == (body, "gzip")


def test_a_whole_compressed_reply_is_kept_as_the_reader_sees_it(recorder, server):
    server.answer(gzip.compress(json.dumps(chat()).encode()), headers={"content-encoding": "gzip"})
    assert requests.post(server.chat, json=QUESTION).json() == chat()
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


READERS = {
    "iter_content": lambda response: b"".join(response.iter_content(7)),
    "iter_content as it comes": lambda response: b"".join(response.iter_content(None)),
    "iter_lines": lambda response: b"".join(line + b"\n" for line in response.iter_lines()),
    "iteration": b"".join,
    "content": lambda response: response.content,
    "raw.read": lambda response: response.raw.read(decode_content=True),
    "raw.read in parts": lambda response: b"".join(iter(lambda: response.raw.read(50, decode_content=True), b"")),
    "raw.read1": lambda response: b"".join(iter(lambda: response.raw.read1(50, decode_content=True), b"")),
    "raw.stream": lambda response: b"".join(response.raw.stream(50, decode_content=True)),
    "raw.read_chunked": lambda response: b"".join(response.raw.read_chunked(50, decode_content=True)),
    "raw iteration": lambda response: b"".join(response.raw),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_stream_is_noted_once_however_it_is_read(recorder, stream, reader):
    with stream() as response:
        assert READERS[reader](response) == b"".join(chat_events())
    flight = recorder.one()
    assert b"".join(flight.chunks) == b"".join(chat_events())
    assert (flight.complete, flight.over) == (True, True)
    assert flight.exchange().stream


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("reader", [*READERS, "raw.read as sent"])
def test_a_compressed_stream_is_decoded_however_it_is_read(recorder, server, encoding, chunked, reader):
    if reader == "raw.read_chunked" and not chunked:
        pytest.skip("it is not for this body")
    text = b"".join(chat_events(40))
    body = {"gzip": gzip.compress, "deflate": zlib.compress}[encoding](text)
    server.answer([body[:100], body[100:]] if chunked else body, headers={"content-encoding": encoding})
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        if reader == "raw.read as sent":
            assert response.raw.read() == body
        elif reader != "raw iteration":  # decodes or not, by version of urllib3
            assert READERS[reader](response) == text
        else:
            READERS[reader](response)
    exchange = recorder.exchange()
    assert (exchange.reply, exchange.complete) == (text, True)


def test_a_compressed_stream_that_was_cut_is_decoded_as_far_as_it_goes(recorder, server):
    body = gzip.compress(b"".join(chat_events(400)), compresslevel=1)
    server.answer([body[:600], body[600:]], headers={"content-encoding": "gzip"}, gap=0.05)
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        cut = response.raw.read(600)
    assert cut == body[:600]
    exchange = recorder.exchange()
    assert exchange.reply.startswith(chat_events()[0])
    assert not exchange.complete


def test_chunks_come_as_they_did_without_us(recorder, server):
    server.answer(chat_events(4), gap=0.03)
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        times = [time.perf_counter() for _ in response.iter_content(None)]
    assert len(times) == 7
    assert times[-1] - times[0] > 0.12
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_a_stream_that_is_left_early_is_over_and_not_complete(recorder, stream):
    with stream() as response:
        next(response.iter_lines())
    flight = recorder.one()
    assert (flight.complete, flight.over) == (False, True)
    assert b"".join(flight.chunks).startswith(b"data: ")


def test_a_stream_is_over_only_when_its_last_chunk_is_noted(recorder, server):
    """The connection goes back to its pool inside the last read, before that read returns."""
    ended = []
    recorder.on_end = lambda flight: ended.append(b"".join(flight.chunks))
    body = b"".join(chat_events())
    server.answer(body)
    with requests.post(server.chat, json=QUESTION, stream=True) as response:
        for _ in response.iter_content(len(body)):
            pass
    assert ended == [body]


def test_a_response_that_is_dropped_is_freed_at_once(recorder, stream):
    response = stream()
    raw = weakref.ref(response.raw)
    gc.disable()
    try:
        del response
        assert raw() is None
    finally:
        gc.enable()
    assert recorder.one().over


def test_a_response_looks_like_any_other(recorder, stream, server):
    with stream() as response:
        assert isinstance(response.raw, urllib3.HTTPResponse)
        assert isinstance(response.raw, io.IOBase)
        assert type(response.raw).__name__ == "HTTPResponse"
        assert repr(type(response.raw)) == repr(urllib3.HTTPResponse)
        with io.TextIOWrapper(response.raw) as text:
            assert next(text).startswith("data: ")
    assert recorder.one().chunks
