"""Mocks of Amazon Bedrock's client: each operation that asks a model is a call, and its body stays unread."""

from __future__ import annotations

import io
import json
from unittest.mock import MagicMock, patch

import pytest

from pytest_llmcost.capture.dialects import recognise

if recognise("POST", "/model/m/converse") is None:
    pytest.skip("no dialect reads Bedrock", allow_module_level=True)

MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
QUESTION = [{"role": "user", "content": [{"text": "Hello there"}]}]
CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15},
}
ASKED = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 99,
    "messages": [{"role": "user", "content": "Hello there"}],
}
INVOKED = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 12, "output_tokens": 3},
}


def read(recorder):
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


def check(recorder):
    request, said = read(recorder)
    assert (request.provider, request.model) == ("aws", MODEL)
    assert [part.text for part in request.parts] == ["Hello there"]
    assert (said.usage.input_tokens, said.usage.output_tokens, said.outcome) == (12, 3, "ok")


@pytest.mark.seen(
    area="fake", name="`MagicMock` with `converse`", client="a client of boto3", usage="reported", origin="fake"
)
def test_a_conversation(recorder):
    client = MagicMock()
    client.converse.return_value = CONVERSED
    client.converse(modelId=MODEL, messages=QUESTION)
    check(recorder)


def body_of(kind):
    raw = json.dumps(INVOKED).encode()
    if kind == "mock":
        return MagicMock(read=MagicMock(return_value=raw))
    if kind == "bytes":
        return io.BytesIO(raw)
    response = pytest.importorskip("botocore.response")
    return response.StreamingBody(io.BytesIO(raw), len(raw))


@pytest.mark.seen(
    area="fake", name="`MagicMock` with `invoke_model`", client="a client of boto3", usage="reported", origin="fake"
)
@pytest.mark.parametrize("kind", ["mock", "bytes", "streaming"])
def test_a_model_that_is_invoked_keeps_its_body_for_the_reader(recorder, kind):
    client = MagicMock()
    client.invoke_model.return_value = {"body": body_of(kind)}
    reply = client.invoke_model(modelId=MODEL, body=json.dumps(ASKED))
    assert json.loads(reply["body"].read()) == INVOKED
    check(recorder)


@pytest.mark.seen(
    area="fake",
    name='`patch("botocore.client.BaseClient._make_api_call")`',
    client="what clients of boto3 send with",
    usage="reported",
    origin="fake",
)
@pytest.mark.parametrize("autospec", [None, True])
def test_what_all_clients_send_with(recorder, autospec):
    boto3 = pytest.importorskip("boto3")
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with patch("botocore.client.BaseClient._make_api_call", autospec=autospec, return_value=CONVERSED):
        assert client.converse(modelId=MODEL, messages=QUESTION) is CONVERSED
    check(recorder)


def test_a_stream_is_left_to_its_reader(recorder):
    client = MagicMock()
    events = iter([{"contentBlockDelta": {"delta": {"text": "Hi"}}}])
    client.converse_stream.return_value = {"stream": events}
    client.converse_stream(modelId=MODEL, messages=QUESTION)
    request, said = read(recorder)
    assert [part.text for part in request.parts] == ["Hello there"]
    assert "not known" in said.note
    assert len(list(events)) == 1


def test_other_operations_are_no_calls(recorder):
    client = MagicMock()
    client.get_foundation_model(modelIdentifier=MODEL)
    client.create_thing(modelId=MODEL)
    client.put_object("bucket", {"modelId": 3})
    assert recorder.flights() == []
