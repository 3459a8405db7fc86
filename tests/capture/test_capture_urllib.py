"""What urllib sends, over real sockets and on cassettes."""

from __future__ import annotations

import gzip
import inspect
import io
import json
import time
import urllib.request
from http.client import HTTPResponse
from urllib.error import HTTPError, URLError

import pytest
from capture_readers import FILE_READERS
from capture_watched import Watched
from capture_wire import CHAT, QUESTION, USAGE, chat, chat_events

from pytest_llmcost.capture.patches import raw_stream
from pytest_llmcost.capture.patches import urllib as urllib_patch
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.errors import SpendLimitReached

BODY = json.dumps(QUESTION).encode()
TEXT = b"".join(chat_events())


def test_a_call_to_a_real_server_is_seen_whole(recorder, server):
    server.answer(chat())
    with urllib.request.urlopen(server.chat, BODY) as response:
        assert json.load(response) == chat()
        assert isinstance(response, HTTPResponse)
        assert type(response).__name__ == "HTTPResponse"
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == (QUESTION, chat())
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.chat, 200, None)
    assert (seen.complete, seen.live) == (True, True)
    assert seen.reply_headers == {"content-type": "application/json"}


def test_every_way_to_send_is_seen_once(recorder, server):
    server.answer(chat())
    opener = urllib.request.build_opener()
    request = urllib.request.Request(server.chat, BODY)
    empty = urllib.request.Request(server.chat, method="POST")
    for sent in (
        lambda: urllib.request.urlopen(url=server.chat, data=BODY),
        lambda: urllib.request.urlopen(request),
        lambda: opener.open(server.chat, data=BODY),
        lambda: opener.open(fullurl=empty, data=BODY),
    ):
        with sent() as response:
            assert json.load(response) == chat()
    seen = [flight.exchange() for flight in recorder.flights()]
    assert len(server.asked) == len(seen) == 4
    assert {(exchange.url, exchange.request, exchange.live) for exchange in seen} == {(server.chat, BODY, True)}


def test_what_is_no_call_is_left_alone(recorder, server):
    server.answer({})
    for sent in ((server.base + "/other", BODY), (server.chat,), ("data:text/plain,hello",)):
        urllib.request.urlopen(*sent).close()
    assert recorder.flights() == []


@pytest.mark.parametrize("reader", FILE_READERS)
@pytest.mark.parametrize("replayed", [False, True])
def test_a_stream_is_noted_once_however_it_is_read(recorder, server, tmp_path, reader, replayed):
    vcr = pytest.importorskip("vcr")
    server.answer(chat_events())
    for live in (True, False) if replayed else (True,):
        with (
            vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once" if replayed else "all"),
            urllib.request.urlopen(server.chat, BODY) as response,
        ):
            assert FILE_READERS[reader](response) == TEXT
        flight = recorder.one()
        assert b"".join(flight.chunks) == TEXT
        assert (flight.complete, flight.over, flight.live) == (True, True, live)


@pytest.mark.parametrize("reader", FILE_READERS)
def test_a_stream_over_a_bare_socket_is_noted_once_however_it_is_read(recorder, server, reader):
    server.answer(chat_events())
    with urllib.request.urlopen(server.chat, BODY) as response:
        assert FILE_READERS[reader](response) == TEXT
    flight = recorder.one()
    assert b"".join(flight.chunks) == TEXT
    assert (flight.complete, flight.over) == (True, True)


def test_chunks_come_as_they_did_without_us(recorder, server):
    server.answer(chat_events(4), gap=0.03)
    with urllib.request.urlopen(server.chat, BODY) as response:
        times = [time.perf_counter() for line in response if line.strip()]
    assert len(times) == 7
    assert times[-1] - times[0] > 0.12
    assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


def test_a_stream_that_is_left_early_keeps_what_was_read(recorder, server):
    server.answer(chat_events(50), gap=0.001)
    with urllib.request.urlopen(server.chat, json.dumps({**QUESTION, "stream": True}).encode()) as response:
        response.readline()
    flight = recorder.one()
    assert (flight.over, flight.complete) == (True, False)
    exchange = flight.exchange()
    assert flight.dialect.reply(exchange, flight.dialect.request(exchange)).text.split() == ["word0"]


def test_a_compressed_reply_and_request_are_read_after_the_test(recorder, server):
    packed = gzip.compress(json.dumps(chat()).encode())
    server.answer(packed, headers={"content-encoding": "gzip"})
    body = gzip.compress(BODY)
    request = urllib.request.Request(server.chat, body, {"Content-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        assert response.read() == packed
    exchange = recorder.exchange()
    assert (exchange.request, exchange.request_encoding, json.loads(exchange.reply)) == (body, "gzip", chat())


def test_a_body_that_is_read_while_it_is_sent_is_not_touched(recorder, server):
    server.answer(chat())
    for data in (io.BytesIO(BODY), iter([BODY])):
        urllib.request.urlopen(server.chat, data).close()
    assert [body for _, body in server.asked] == [BODY, BODY]
    assert [flight.exchange().request for flight in recorder.flights()] == [None, None]


def test_an_error_keeps_its_status_and_its_body(recorder, server):
    server.answer({"error": {"message": "no"}}, 400)
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(server.chat, BODY)
    with caught.value as error:
        assert json.load(error) == {"error": {"message": "no"}}
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    flight = recorder.one()
    exchange = flight.exchange()
    assert (exchange.status, exchange.error) == (400, "HTTPError")
    assert flight.dialect.reply(exchange, flight.dialect.request(exchange)).outcome is Outcome.REFUSED


def test_a_failure_is_a_call_with_the_name_of_its_error(recorder, server):
    server.__exit__()
    server.__exit__ = lambda *exc: None
    with pytest.raises(URLError):
        urllib.request.urlopen(server.base + CHAT, BODY, timeout=2)
    seen = recorder.exchange()
    assert (seen.error, seen.status, seen.request) == ("URLError", None, BODY)


# -- our own bugs, and the spend limit -----------------------------------------------------------------------------


def bug(*args, **kwargs):
    raise RuntimeError("a bug of ours")


PLACES = [
    (urllib_patch, "recognised"),
    (urllib_patch, "plain"),
    (urllib_patch, "below"),
    (urllib_patch, "tee"),
    (raw_stream, "_teeing"),
]


@pytest.mark.parametrize("place", PLACES, ids=[name for _, name in PLACES])
def test_a_bug_of_ours_leaves_the_users_call_alone(faulty, server, monkeypatch, place):
    server.answer(chat())
    monkeypatch.setattr(*place, bug)
    with urllib.request.urlopen(server.chat, BODY) as response:
        assert json.load(response) == chat()


def test_a_bug_of_ours_leaves_the_users_exception_alone(faulty, server, monkeypatch):
    server.answer({}, 400)
    monkeypatch.setattr(Watched, "fail", bug)
    with pytest.raises(HTTPError) as caught:
        urllib.request.urlopen(server.chat, BODY)
    caught.value.close()


def test_signatures_are_unchanged_and_patches_are_undone():
    before = urllib.request.OpenerDirector.open
    with watch(Watched(Sites("/"))):
        during = urllib.request.OpenerDirector.open
        assert during is not before
        assert inspect.getfullargspec(during) == inspect.getfullargspec(before)
    assert urllib.request.OpenerDirector.open is before


def test_wrong_arguments_are_complained_about_by_the_library(recorder):
    with pytest.raises(TypeError) as caught:
        urllib.request.build_opener().open()
    assert "llmcost" not in str(caught.value)


def test_a_refused_call_is_not_sent_and_is_no_call(recorder, server):
    def refuse(_):
        raise SpendLimitReached("enough")

    recorder.gate = refuse
    with pytest.raises(SpendLimitReached, match="enough"):
        urllib.request.urlopen(server.chat, BODY)
    assert (server.asked, recorder.flights()) == ([], [])
