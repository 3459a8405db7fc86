"""What boto3 asks Amazon Bedrock, over real sockets and below every mock tool: as the HTTP that it stands for."""

from __future__ import annotations

import base64
import gc
import inspect
import io
import json
import struct
import time
import weakref
from importlib.util import find_spec
from zlib import crc32

import pytest
from capture_readers import FILE_READERS
from capture_watched import Watched

from pytest_llmcost.capture import dialects
from pytest_llmcost.capture import recorder as recording
from pytest_llmcost.capture.patches import botocore as botocore_patch
from pytest_llmcost.capture.patches import raw_stream
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.errors import SpendLimitReached

boto3 = pytest.importorskip("boto3")
botocore = pytest.importorskip("botocore")

from botocore.client import BaseClient  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.eventstream import EventStream  # noqa: E402
from botocore.response import StreamingBody  # noqa: E402
from botocore.stub import Stubber  # noqa: E402

MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
PATH = "/model/anthropic.claude-sonnet-4-20250514-v1%3A0"
MESSAGES = [{"role": "user", "content": [{"text": "Hello"}]}]
USAGE = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
    "stopReason": "end_turn",
    "usage": USAGE,
    "metrics": {"latencyMs": 1},
}
BODY = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []})
ANSWER = json.dumps({"type": "message", "usage": {"input_tokens": 9, "output_tokens": 2}}).encode()
EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hi"}, "contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}}},
]
CHUNKS = [{"chunk": {"bytes": base64.b64encode(ANSWER).decode()}}] * 3
BINARY = {"content-type": "application/vnd.amazon.eventstream"}


def message(event):
    """Return an event as it travels."""
    ((name, payload),) = event.items()
    texts = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for key, value in texts.items()
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    start = prelude + struct.pack(">I", crc32(prelude)) + headers + body
    return start + struct.pack(">I", crc32(start))


@pytest.fixture(autouse=True)
def _recognised(monkeypatch):
    """Let Bedrock's paths be recognised, by whichever dialect: reading is not what is tested here."""
    for ending in botocore_patch._ENDINGS.values():
        if ending not in dialects._ENDINGS:
            monkeypatch.setitem(dialects._ENDINGS, ending, "anthropic_messages")
            monkeypatch.setitem(dialects._INDEX, ending[1:], (ending,))
    recording.recognised.cache_clear()
    yield
    recording.recognised.cache_clear()


@pytest.fixture(scope="module")
def session():
    return boto3.Session(aws_access_key_id="none", aws_secret_access_key="none", region_name="us-east-1")


@pytest.fixture
def client(recorder, server, session):
    config = Config(retries={"total_max_attempts": 2, "mode": "standard"}, connect_timeout=2)
    client = session.client("bedrock-runtime", endpoint_url=server.base, config=config)
    yield client
    client.close()


@pytest.fixture
def stubbed(recorder, session):
    client = session.client("bedrock-runtime")
    with Stubber(client) as stubber:
        yield client, stubber
    client.close()


def test_a_call_to_a_real_server_is_seen_whole(recorder, server, client):
    server.answer(CONVERSED)
    result = client.converse(modelId=MODEL, messages=MESSAGES)
    assert result["usage"] == USAGE
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == ({"messages": MESSAGES}, CONVERSED)
    assert (seen.method, seen.url, seen.status, seen.error) == ("POST", server.base + PATH + "/converse", 200, None)
    assert (seen.stream, seen.complete, seen.live) == (False, True, True)
    assert seen.reply_headers == {"content-type": "application/json"}
    assert server.asked == [(PATH + "/converse", seen.request)]


def test_what_the_user_does_with_parameters_and_result_changes_nothing(recorder, server, client):
    server.answer(CONVERSED)
    messages = [*MESSAGES]
    result = client.converse(modelId=MODEL, messages=messages)
    messages.append(result.pop("output")["message"])
    result["usage"].clear()
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == ({"messages": MESSAGES}, CONVERSED)


@pytest.mark.parametrize("model", ["arn:aws:bedrock:us-east-1:1:inference-profile/us.meta.llama", "a b", "plain"])
def test_the_address_is_the_one_that_is_sent(recorder, server, client, model):
    server.answer(CONVERSED)
    client.converse(modelId=model, messages=MESSAGES)
    assert [flight.exchange().url for flight in recorder.flights()] == [server.base + server.asked[0][0]]


def test_an_endpoint_may_have_a_path(recorder, server, session):
    server.answer(CONVERSED)
    client = session.client("bedrock-runtime", endpoint_url=server.base + "/gateway/")
    client.converse(modelId=MODEL, messages=MESSAGES)
    client.close()
    assert recorder.exchange().url == server.base + server.asked[0][0] == server.base + "/gateway" + PATH + "/converse"


def test_pictures_are_kept_as_they_are_sent(recorder, server, client):
    server.answer(CONVERSED)
    picture = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    client.converse(modelId=MODEL, messages=[{"role": "user", "content": [picture]}])
    (sent,) = json.loads(recorder.exchange().request)["messages"][0]["content"]
    assert sent["image"]["source"]["bytes"] == base64.b64encode(b"\x89PNG").decode()


def test_other_operations_and_services_are_left_alone(recorder, server, session, client):
    server.answer({})
    with pytest.raises(botocore.exceptions.ParamValidationError):
        client.converse(messages=MESSAGES)
    client.apply_guardrail(guardrailIdentifier="g", guardrailVersion="1", source="INPUT", content=[])
    other = session.client("bedrock-agent-runtime", endpoint_url=server.base)
    other.retrieve(knowledgeBaseId="KB12345678", retrievalQuery={"text": "Hello"})
    other.close()
    assert recorder.flights() == []


def test_wrong_parameters_are_complained_about_and_are_not_sent(recorder, client):
    with pytest.raises(botocore.exceptions.ParamValidationError) as caught:
        client.converse(modelId=MODEL, messages="Hello")
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    exchange = recorder.exchange()
    assert (exchange.request, exchange.error) == (None, "ParamValidationError")
    assert dialects.ending.without_usage(exchange) == "refused"


# -- InvokeModel ---------------------------------------------------------------------------------------------------


MORE_READERS = {
    "iter_lines": lambda body: b"".join(body.iter_lines()),
    "iter_chunks": lambda body: b"".join(body.iter_chunks(7)),
}
HEADERS = {"x-amzn-bedrock-input-token-count": "9", "x-amzn-bedrock-output-token-count": "2"}


@pytest.mark.parametrize("reader", sorted({*FILE_READERS, *MORE_READERS} - {"read1"}))
def test_a_body_is_noted_as_it_is_read(recorder, server, client, reader):
    server.answer(ANSWER, headers=HEADERS)
    body = client.invoke_model(modelId=MODEL, body=BODY)["body"]
    assert type(body) is StreamingBody
    (flight,) = recorder.take("test_it.py::test_it", 1)
    assert (flight.chunks, flight.over) == ([], False)
    assert (FILE_READERS | MORE_READERS)[reader](body) == ANSWER
    seen = flight.exchange()
    assert (seen.request.decode(), seen.reply, seen.live) == (BODY, ANSWER, True)
    assert seen.reply_headers == {"content-type": "application/json", **HEADERS}
    assert (flight.complete, flight.over) == (True, True)


def test_a_body_in_a_context_is_noted(recorder, server, client):
    server.answer(ANSWER)
    with client.invoke_model(modelId=MODEL, body=BODY)["body"] as body:
        assert json.load(body) == json.loads(ANSWER)
    assert recorder.exchange().reply == ANSWER


def test_a_body_that_nobody_reads_is_a_call(recorder, server, client):
    server.answer(ANSWER, headers=HEADERS)
    client.invoke_model(modelId=MODEL, body=BODY)["body"].close()
    flight = recorder.one()
    assert (flight.over, flight.complete) == (True, False)


# -- streams -------------------------------------------------------------------------------------------------------


STREAMS = {
    "converse_stream": (EVENTS, {"messages": MESSAGES}, "stream", "/converse-stream"),
    "invoke_model_with_response_stream": (CHUNKS, {"body": BODY}, "body", "/invoke-with-response-stream"),
}


@pytest.mark.parametrize("method", STREAMS)
def test_a_stream_is_kept_in_the_form_of_the_wire(recorder, server, client, method):
    events, params, key, ending = STREAMS[method]
    server.answer([message(event) for event in events], headers=BINARY)
    result = getattr(client, method)(modelId=MODEL, **params)
    assert type(result[key]) is EventStream
    assert len(list(result[key])) == len(events)
    flight = recorder.one()
    assert (flight.complete, flight.over) == (True, True)
    seen = flight.exchange()
    assert seen.reply == b"".join(map(message, events))
    assert (seen.url, seen.stream, seen.live) == (server.base + PATH + ending, True, True)
    assert seen.reply_headers == BINARY


def test_events_come_as_they_did_without_us(recorder, server, client):
    server.answer([message(event) for event in EVENTS], headers=BINARY, gap=0.03)
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    times = [time.perf_counter() for _ in stream]
    assert len(times) == 4
    assert times[-1] - times[0] > 0.06


def test_a_stream_that_is_left_early_keeps_what_was_read(recorder, server, client):
    server.answer([message(event) for event in EVENTS], headers=BINARY, gap=0.03)
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    for _ in stream:
        break
    stream.close()
    flight = recorder.one()
    assert (flight.over, flight.complete) == (True, False)
    assert flight.exchange().reply.startswith(message(EVENTS[0]))


def test_nothing_of_ours_keeps_a_stream_alive(recorder, server, client):
    server.answer([message(event) for event in EVENTS], headers=BINARY)
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    next(iter(stream))
    stream.close()
    raw = weakref.ref(stream._raw_stream)
    del stream
    gc.collect()
    assert raw() is None
    assert recorder.one()


# -- attempts and errors -------------------------------------------------------------------------------------------


def test_attempts_of_one_call_are_one_call(recorder, server, client):
    server.answer({"message": "slow down"}, 429).answer(CONVERSED)
    client.converse(modelId=MODEL, messages=MESSAGES)
    assert len(server.asked) == 2
    assert recorder.exchange().status == 200


def test_an_error_keeps_its_status(recorder, server, client):
    server.answer({"message": "no"}, 400)
    with pytest.raises(client.exceptions.ClientError) as caught:
        client.converse(modelId=MODEL, messages=MESSAGES)
    shown = [entry for entry in caught.traceback if not entry.ishidden(caught)]
    assert not [entry for entry in shown if "pytest_llmcost" in str(entry.path)]
    seen = recorder.exchange()
    assert (seen.status, seen.error, json.loads(seen.request)) == (400, "ClientError", {"messages": MESSAGES})


def test_a_call_that_reaches_nobody_was_not_sent(recorder, server, client):
    server.__exit__()
    server.__exit__ = lambda *exc: None
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        client.converse(modelId=MODEL, messages=MESSAGES)
    seen = recorder.exchange()
    assert (seen.error, seen.status) == ("EndpointConnectionError", None)
    assert dialects.ending.without_usage(seen) == "refused"


# -- mock tools ----------------------------------------------------------------------------------------------------


def test_what_a_stubber_answers_is_seen_and_is_not_live(recorder, stubbed):
    client, stubber = stubbed
    stubber.add_response("converse", CONVERSED, {"modelId": MODEL, "messages": MESSAGES})
    assert client.converse(modelId=MODEL, messages=MESSAGES) is CONVERSED
    seen = recorder.exchange()
    assert (json.loads(seen.request), json.loads(seen.reply)) == ({"messages": MESSAGES}, CONVERSED)
    assert (seen.status, seen.live) == (200, False)
    assert seen.url == "https://bedrock-runtime.us-east-1.amazonaws.com" + PATH + "/converse"


@pytest.mark.parametrize("kind", [io.BytesIO, lambda raw: StreamingBody(io.BytesIO(raw), len(raw))])
def test_a_body_of_a_stubber_is_seen_and_left_to_its_reader(recorder, stubbed, kind):
    client, stubber = stubbed
    stubber.add_response("invoke_model", {"body": kind(ANSWER), "contentType": "application/json"})
    assert client.invoke_model(modelId=MODEL, body=BODY)["body"].read() == ANSWER
    assert recorder.exchange().reply == ANSWER


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda events: (event for event in events)])
def test_a_stream_of_a_stubber_is_seen_as_lines(recorder, session, kind):
    client = session.client("bedrock-runtime")
    events = kind(EVENTS)
    client.meta.events.register(
        "before-call.bedrock-runtime.ConverseStream",
        lambda **_: (botocore.awsrequest.AWSResponse(None, 200, {}, None), {"stream": events}),
    )
    stream = client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]
    assert list(stream) == EVENTS
    client.close()
    flight = recorder.one()
    assert (flight.complete, flight.over) == (True, True)
    assert [json.loads(line) for line in flight.exchange().reply.splitlines()] == EVENTS


def test_an_error_of_a_stubber_keeps_its_status(recorder, stubbed):
    client, stubber = stubbed
    stubber.add_client_error("converse", "ThrottlingException", http_status_code=429)
    with pytest.raises(client.exceptions.ThrottlingException):
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert recorder.exchange().status == 429


@pytest.mark.parametrize("method", ["converse", *STREAMS])
def test_a_cassette_is_live_when_recorded_and_not_when_replayed(recorder, server, client, tmp_path, method):
    vcr = pytest.importorskip("vcr")
    events, params, key, _ = STREAMS.get(method, (None, {"messages": MESSAGES}, None, None))
    server.answer(b"".join(map(message, events)) if events else CONVERSED, headers=BINARY if events else None)
    for live in (True, False):
        with vcr.use_cassette(str(tmp_path / "chat.yaml"), record_mode="once"):
            result = getattr(client, method)(modelId=MODEL, **params)
            assert events is None or len(list(result[key])) == len(events)
        seen = recorder.exchange()
        assert seen.live is live
        assert seen.reply == b"".join(map(message, events)) if events else json.loads(seen.reply) == CONVERSED
    assert len(server.asked) == 1


def test_what_moto_answers_is_seen_and_is_not_live(recorder, session):
    moto = pytest.importorskip("moto")
    with moto.mock_aws():
        client = boto3.client("bedrock-runtime", region_name="us-east-1")
        with pytest.raises(Exception, match="onverse"):
            client.converse(modelId=MODEL, messages=MESSAGES)
        client.close()
    assert not recorder.exchange().live


@pytest.mark.skipif(find_spec("pytest_llmcost.capture.dialects.bedrock_converse") is None, reason="not read yet")
@pytest.mark.parametrize("method", ["converse", "converse_stream"])
def test_usage_is_read(recorder, server, client, method):
    server.answer(CONVERSED if method == "converse" else [message(event) for event in EVENTS])
    for _ in getattr(client, method)(modelId=MODEL, messages=MESSAGES).get("stream", ()):
        pass
    usage = recorder.reply().usage
    assert (usage.input_tokens, usage.output_tokens) == (9, 2)


# -- our own bugs, and the spend limit -----------------------------------------------------------------------------


def bug(*args, **kwargs):
    raise RuntimeError("a bug of ours")


PLACES = [
    (botocore_patch, "recognised"),
    (botocore_patch, "_note_request"),
    (botocore_patch, "in_flight"),
    (botocore_patch, "_json"),
    (botocore_patch, "tee"),
    (botocore_patch, "quote"),
    (raw_stream, "_teeing"),
]


@pytest.mark.parametrize("place", PLACES, ids=[name for _, name in PLACES])
def test_a_bug_of_ours_leaves_the_users_call_alone(faulty, server, client, monkeypatch, place):
    server.answer(CONVERSED).answer([message(event) for event in EVENTS], headers=BINARY)
    monkeypatch.setattr(*place, bug)
    assert client.converse(modelId=MODEL, messages=MESSAGES)["usage"] == USAGE
    assert len(list(client.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"])) == 4


def test_a_bug_while_events_are_handed_on_is_not_the_readers(faulty, monkeypatch):
    from pytest_llmcost.capture.flight import Flight

    flight = Flight(None, "POST", "", None)
    flight.fault = faulty.fault
    assert list(botocore_patch._noting_events(iter(EVENTS), flight)) == EVENTS


def test_a_bug_of_ours_leaves_the_users_exception_alone(faulty, server, client, monkeypatch):
    server.answer({"message": "no"}, 400)
    monkeypatch.setattr(Watched, "fail", bug)
    with pytest.raises(client.exceptions.ClientError):
        client.converse(modelId=MODEL, messages=MESSAGES)


def test_signatures_are_unchanged_and_patches_are_undone():
    names = ("_make_api_call", "_convert_to_request_dict")
    before = [BaseClient.__dict__[name] for name in names]
    with watch(Watched(Sites("/"))):
        during = [BaseClient.__dict__[name] for name in names]
        assert all(new is not old for new, old in zip(during, before, strict=True))
        assert list(map(inspect.signature, during)) == list(map(inspect.signature, before))
    assert [BaseClient.__dict__[name] for name in names] == before


def test_a_refused_call_is_not_sent_and_is_no_call(recorder, server, client):
    def refuse(_):
        raise SpendLimitReached("enough")

    recorder.gate = refuse
    with pytest.raises(SpendLimitReached, match="enough"):
        client.converse(modelId=MODEL, messages=MESSAGES)
    assert (server.asked, recorder.flights()) == ([], [])
