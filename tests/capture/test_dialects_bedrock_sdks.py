"""Amazon Bedrock as boto3 and Anthropic's SDK speak it, against a server on the loopback."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from bedrock_streams import binary, chunk
from dialect_exchanges import exchange, shape

from pytest_llmcost.capture.dialects import eventstream, recognise
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3"
STREAMED = {"content-type": "application/vnd.amazon.eventstream"}
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929", "content": []}
EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hi"}, "contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}, "metrics": {"latencyMs": 5}}},
]
CHUNKS = [
    {"type": "message_start", "message": MESSAGE | {"usage": {"input_tokens": 9, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 2}},
]


@pytest.fixture
def bedrock(server):
    boto3 = pytest.importorskip("boto3")
    config = pytest.importorskip("botocore.config").Config(retries={"total_max_attempts": 1})
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=server.base,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=config,
    )
    yield client
    client.close()


def asked(server):
    """Return what the server was asked last, as a dialect reads it."""
    path, body = server.asked[-1]
    return recognise("POST", path).request(exchange(server.base + path, body))


def test_what_boto3_sends_to_converse_is_read(bedrock, server):
    server.answer({"output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}, "stopReason": "end_turn"})
    tool = {"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}
    content = [{"text": "Hello é"}, {"image": {"format": "png", "source": {"bytes": b"\xfb\xff\xfe"}}}]
    bedrock.converse(
        modelId=PROFILE,
        system=[{"text": "Be brief."}],
        messages=[{"role": "user", "content": content}],
        toolConfig={"tools": [tool]},
        inferenceConfig={"maxTokens": 5},
    )
    request = asked(server)
    assert (request.model, request.output_limit) == (PROFILE, 5)
    assert shape(request) == [
        ("tools", "tool", json.dumps(tool, separators=(",", ":"))),
        ("system", "text", "Be brief."),
        ("user", "message", "Hello é"),
        ("media", "image", ""),
    ]
    assert request.parts[-1].data == b"\xfb\xff\xfe"


def test_boto3_yields_the_events_that_are_read_here(bedrock, server):
    body = binary(*EVENTS)
    server.answer([body[:50], body[50:]], headers=STREAMED)
    told = bedrock.converse_stream(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hello"}]}])
    assert list(told["stream"]) == list(eventstream.events(body)) == EVENTS
    assert (asked(server).model, asked(server).stream) == (MODEL, True)


def test_boto3_yields_the_chunks_that_are_read_here(bedrock, server):
    body = binary(*map(chunk, CHUNKS))
    server.answer([body], headers=STREAMED)
    told = bedrock.invoke_model_with_response_stream(modelId=MODEL, body=b'{"prompt": "Hello"}')
    assert [event["chunk"]["bytes"] for event in told["body"]] == list(eventstream.chunks(body))
    assert shape(asked(server)) == [("user", "text", "Hello")]


def test_boto3_raises_for_the_exception_that_is_read_here(bedrock, server):
    body = binary(EVENTS[0], {"throttlingException": {"message": "Too many"}})
    server.answer([body], headers=STREAMED)
    told = bedrock.converse_stream(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hello"}]}])
    refused = pytest.importorskip("botocore.exceptions").EventStreamError
    with closing(told["stream"]) as stream, pytest.raises(refused, match="Too many"):
        list(stream)
    assert eventstream.is_failed(list(eventstream.events(body))[-1])


def test_boto3_refuses_the_damaged_stream_that_ends_here(bedrock, server):
    body = bytearray(binary(*EVENTS))
    body[len(binary(*EVENTS[:2])) + 40] ^= 1
    server.answer([bytes(body)], headers=STREAMED)
    told = bedrock.converse_stream(modelId=MODEL, messages=[{"role": "user", "content": [{"text": "Hello"}]}])
    damaged = pytest.importorskip("botocore.eventstream").ChecksumMismatch
    with closing(told["stream"]) as stream, pytest.raises(damaged):
        list(stream)
    assert list(eventstream.events(bytes(body))) == EVENTS[:2]


@pytest.fixture
def claude(server):
    anthropic = pytest.importorskip("anthropic", minversion="2")
    pytest.importorskip("boto3")
    client = anthropic.AnthropicBedrock(
        aws_access_key="none", aws_secret_key="none", aws_region="us-east-1", base_url=server.base, max_retries=0
    )
    with client:
        yield client


QUESTION = {"model": MODEL, "max_tokens": 5, "messages": [{"role": "user", "content": "Hello"}]}


def read(recorder):
    flight = recorder.one()
    seen = flight.exchange()
    request = flight.dialect.request(seen)
    return request, flight.dialect.reply(seen, request)


def test_anthropics_client_for_bedrock_is_seen(recorder, server, claude):
    server.answer(MESSAGE | {"usage": {"input_tokens": 9, "output_tokens": 2}, "stop_reason": "end_turn"})
    claude.messages.create(**QUESTION)
    request, reply = read(recorder)
    assert (request.provider, request.model, shape(request)) == ("aws", MODEL, [("user", "message", "Hello")])
    assert (reply.usage, reply.model, reply.outcome) == (Usage(input_tokens=9, output_tokens=2), None, Outcome.OK)


def test_a_stream_of_anthropics_client_for_bedrock_is_seen(recorder, server, claude):
    body = binary(*map(chunk, CHUNKS))
    server.answer([body[:50], body[50:]], headers=STREAMED)
    with claude.messages.create(**QUESTION, stream=True) as stream:
        assert [event.type for event in stream] == [piece["type"] for piece in CHUNKS]
    request, reply = read(recorder)
    assert (request.model, request.stream) == (MODEL, True)
    assert (reply.usage, reply.outcome) == (Usage(input_tokens=9, output_tokens=2), Outcome.OK)


def test_a_call_that_bedrock_refuses_costs_nothing(recorder, server, claude):
    server.answer({"message": "Too many requests"}, status=429)
    with pytest.raises(pytest.importorskip("anthropic").RateLimitError):
        claude.messages.create(**QUESTION)
    request, reply = read(recorder)
    assert (request.model, reply.usage, reply.outcome) == (MODEL, None, Outcome.REFUSED)
