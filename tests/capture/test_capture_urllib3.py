"""What urllib3 sends by itself, over real sockets, and that it is no call of its own below other clients."""

from __future__ import annotations

import gzip
import inspect
import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from capture_readers import FILE_READERS
from capture_watched import Watched
from capture_wire import CHAT, OPENAI, QUESTION, USAGE, chat, chat_events

from pytest_llmcost.capture.patches import raw_stream
from pytest_llmcost.capture.patches import urllib3 as urllib3_patch
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.errors import SpendLimitReached

urllib3 = pytest.importorskip("urllib3")
requests = pytest.importorskip("requests")

BODY = json.dumps(QUESTION).encode()
TEXT = b"".join(chat_events())


def test_a_call_to_a_real_server_is_seen_whole(recorder, server):
    server.answer(chat())
    assert urllib3.request("POST", server.chat, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == (QUESTION, chat())
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.chat, 200, None)
    assert (seen.stream, seen.complete, seen.live) == (False, True, True)
    assert seen.reply_headers == {"content-type": "application/json"}


def test_every_way_to_send_is_seen_once(recorder, server):
    server.answer(chat())
    with urllib3.PoolManager() as manager, urllib3.connection_from_url(server.base) as pool:
        manager.request("POST", server.chat, body=BODY.decode())
        manager.urlopen(method="POST", url=server.chat, body=BODY)
        pool.request("POST", CHAT, json=QUESTION)
        pool.urlopen("POST", CHAT, BODY)
        pool.urlopen(method="POST", url=CHAT, body=BODY)
    flights = recorder.flights()
    assert len(server.asked) == len(flights) == 5
    seen = [flight.exchange() for flight in flights]
    assert {(exchange.url, json.dumps(json.loads(exchange.request))) for exchange in seen} == {
        (server.chat, json.dumps(QUESTION))
    }
    assert all(exchange.live for exchange in seen)


def test_what_is_no_call_is_left_alone(recorder, server):
    server.answer({})
    urllib3.request("POST", server.base + "/other", json=QUESTION)
    urllib3.request("GET", server.chat)
    assert recorder.flights() == []


@pytest.mark.parametrize(
    ("scheme", "port", "address"),
    [("https", None, ""), ("https", 443, ""), ("http", 80, ""), ("https", 8443, ":8443"), ("http", 443, ":443")],
)
def test_a_port_is_told_where_it_is_not_the_usual_one(scheme, port, address):
    pool = urllib3.PoolManager().connection_from_host("example.org", port, scheme)
    assert urllib3_patch._address(pool, CHAT) == f"{scheme}://example.org{address}{CHAT}"


@pytest.mark.parametrize("reader", ["stream", "read_chunked", *FILE_READERS])
def test_a_stream_is_noted_once_however_it_is_read(recorder, server, reader):
    server.answer(chat_events())
    response = urllib3.request("POST", server.chat, body=BODY, preload_content=False)
    read = FILE_READERS.get(reader) or (lambda response: b"".join(getattr(response, reader)()))
    assert read(response) == TEXT
    response.release_conn()
    flight = recorder.one()
    assert b"".join(flight.chunks) == TEXT
    assert (flight.complete, flight.over) == (True, True)


def test_a_compressed_reply_and_request_are_read_after_the_test(recorder, server):
    server.answer(gzip.compress(json.dumps(chat()).encode()), headers={"content-encoding": "gzip"})
    body = gzip.compress(BODY)
    for more in ({}, {"decode_content": False}, {"preload_content": False}):
        response = urllib3.request("POST", server.chat, body=body, headers={"Content-Encoding": "gzip"}, **more)
        assert response.data
        flight = recorder.one()
        exchange = flight.exchange()
        assert (exchange.request, exchange.request_encoding) == (body, "gzip")
        assert json.loads(exchange.reply) == chat()


def test_a_body_that_is_read_while_it_is_sent_is_not_touched(recorder, server):
    server.answer(chat())
    with urllib3.PoolManager() as manager:
        manager.urlopen("POST", server.chat, body=io.BytesIO(BODY))
        manager.urlopen("POST", server.chat, body=iter([BODY[:5], BODY[5:]]))
    assert [body for _, body in server.asked] == [BODY, BODY]
    assert [flight.exchange().request for flight in recorder.flights()] == [None, None]


def test_a_redirect_is_one_call(recorder, server):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    for how in (urllib3.request, urllib3.connection_from_url(server.base).request):
        assert how("POST", server.base + "/old/chat/completions", json=QUESTION).json() == chat()
        assert recorder.reply().usage.input_tokens == USAGE["prompt_tokens"]


@pytest.mark.parametrize("body", [bytes, io.BytesIO])
def test_a_redirect_below_requests_is_one_call(recorder, server, body):
    server.answer(b"", 307, {"location": CHAT}).answer(chat())
    requests.post(server.base + "/old/chat/completions", data=body(BODY))
    assert len(server.asked) == 2
    assert len(recorder.flights()) == 1


def test_retries_are_one_call(recorder, server):
    server.answer({}, 503).answer(chat())
    retries = urllib3.util.Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    assert urllib3.request("POST", server.chat, json=QUESTION, retries=retries).status == 200
    assert len(server.asked) == 2
    assert recorder.exchange().status == 200


def test_a_failure_is_a_call_with_the_name_of_its_error(recorder, server):
    server.__exit__()
    server.__exit__ = lambda *exc: None
    with pytest.raises(urllib3.exceptions.NewConnectionError) as caught:
        urllib3.request("POST", server.chat, json=QUESTION, retries=False)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    seen = recorder.exchange()
    assert (seen.error, seen.status, json.loads(seen.request)) == ("NewConnectionError", None, QUESTION)


# -- layers --------------------------------------------------------------------------------------------------------


class Elsewhere(requests.adapters.BaseAdapter):
    """An adapter that asks urllib3, with another body at another address, before it answers."""

    def __init__(self, base):
        super().__init__()
        self.base = base

    def send(self, request, **more):
        urllib3.request("POST", self.base + "/other/chat/completions", json={**QUESTION, "model": "other"})
        response = requests.Response()
        response.status_code, response.raw, response.request = 200, io.BytesIO(json.dumps(chat()).encode()), request
        return response

    def close(self):
        pass


def test_another_model_that_is_asked_on_the_way_is_a_call_of_its_own(recorder, server):
    server.answer(chat())
    with requests.Session() as session:
        session.mount("https://", Elsewhere(server.base))
        session.post(OPENAI, json=QUESTION)
    assert [(flight.exchange().url, flight.live) for flight in recorder.flights()] == [
        (OPENAI, False),
        (server.base + "/other/chat/completions", True),
    ]


def test_a_transport_that_hops_to_an_executor_is_one_call_and_live(recorder, server, http):
    server.answer(chat())
    with ThreadPoolExecutor(1) as pool:

        def hop(request):
            reply = pool.submit(urllib3.request, "POST", str(request.url), body=request.content).result()
            return http.Response(reply.status, json=reply.json())

        with http.Client(transport=http.MockTransport(hop)) as client:
            assert client.post(server.chat, json=QUESTION).json() == chat()
        assert recorder.exchange().live
        pool.submit(urllib3.request, "POST", server.chat, body=BODY).result()
    assert recorder.one()


# -- mock tools ----------------------------------------------------------------------------------------------------


def test_what_pook_answers_is_seen_and_is_not_live(recorder):
    pook = pytest.importorskip("pook")
    with pook.use():
        pook.post(OPENAI, reply=200, response_json=chat())
        assert urllib3.request("POST", OPENAI, json=QUESTION).json() == chat()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply), seen.live) == (QUESTION, chat(), False)


def test_a_cassette_is_live_when_recorded_and_not_when_replayed(recorder, server, tmp_path):
    vcr = pytest.importorskip("vcr")
    server.answer(chat())
    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once"):
            assert urllib3.request("POST", server.chat, json=QUESTION).json() == chat()
        seen = recorder.exchange()
        assert (json.loads(seen.reply), seen.live) == (chat(), live)
    assert len(server.asked) == 1


# -- our own bugs, and the spend limit -----------------------------------------------------------------------------


def bug(*args, **kwargs):
    raise RuntimeError("a bug of ours")


PLACES = [
    (urllib3_patch, "recognised"),
    (urllib3_patch, "plain"),
    (urllib3_patch, "below"),
    (urllib3_patch, "_address"),
    (urllib3_patch, "tee"),
    (raw_stream, "_teeing"),
]


@pytest.mark.parametrize("place", PLACES, ids=[name for _, name in PLACES])
def test_a_bug_of_ours_leaves_the_users_call_alone(faulty, server, monkeypatch, place):
    server.answer(chat()).answer(chat_events())
    monkeypatch.setattr(*place, bug)
    assert urllib3.connection_from_url(server.base).request("POST", CHAT, json=QUESTION).json() == chat()
    response = urllib3.request("POST", server.chat, body=BODY, preload_content=False)
    assert response.read() == TEXT
    response.release_conn()


@pytest.mark.parametrize("reader", ["readinto", "readline", "readlines", "read"])
def test_a_bug_while_a_body_is_read_is_not_the_readers(faulty, server, reader):
    server.answer(chat_events())
    response = urllib3.request("POST", server.chat, body=BODY, preload_content=False)
    faulty.one().chunks = None
    assert FILE_READERS[reader](response) == TEXT
    response.release_conn()


def test_signatures_are_unchanged_and_patches_are_undone():
    places = [(urllib3.HTTPConnectionPool, "urlopen"), (urllib3.PoolManager, "urlopen")]
    before = [target.__dict__[name] for target, name in places]
    with watch(Watched(Sites("/"))):
        during = [target.__dict__[name] for target, name in places]
        assert all(new is not old for new, old in zip(during, before, strict=True))
        assert list(map(inspect.getfullargspec, during)) == list(map(inspect.getfullargspec, before))
    assert [target.__dict__[name] for target, name in places] == before


def test_wrong_arguments_are_complained_about_by_the_library(recorder):
    for wrong in (urllib3.PoolManager().urlopen, urllib3.connection_from_url("http://localhost").urlopen):
        with pytest.raises(TypeError) as caught:
            wrong()
        assert "llmcost" not in str(caught.value)


def test_a_refused_call_is_not_sent_and_is_no_call(recorder, server):
    def refuse(_):
        raise SpendLimitReached("enough")

    recorder.gate = refuse
    with pytest.raises(SpendLimitReached, match="enough"):
        urllib3.request("POST", server.chat, json=QUESTION)
    assert (server.asked, recorder.flights()) == ([], [])
