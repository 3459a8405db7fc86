"""Amazon Bedrock's Converse and ConverseStream."""

from __future__ import annotations

import base64

import pytest
from bedrock_streams import RUNTIME, address, binary, lines
from dialect_exchanges import exchange, read_reply, read_request, shape

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

CONVERSE = address("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "converse")
STREAM = address("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "converse-stream")
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3"
PAGE = base64.b64encode(b"page").decode()
FORMS = pytest.mark.parametrize("form", [binary, lines])


def asked(*content, **more):
    return {"messages": [{"role": "user", "content": list(content)}]} | more


def answered(usage, *content, **more):
    message = {"role": "assistant", "content": list(content)}
    return {"output": {"message": message}, "stopReason": "end_turn", "usage": usage} | more


def test_a_conversation_splits_into_parts():
    tools = [
        {"toolSpec": {"name": "weather", "inputSchema": {"json": {}}}},
        {"cachePoint": {"type": "default"}},
        {"systemTool": {"name": "nova_grounding"}},
    ]
    result = [{"text": "sunny"}, {"json": {"c": 21}}]
    body = {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {"role": "user", "content": [{"text": "Rome?"}, {"cachePoint": {"type": "default"}}]},
            {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "long"}}},
                    {"reasoningContent": {"redactedContent": "secret"}},
                    {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Rome"}}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "t", "status": "success", "content": result}},
                    {"text": "So?"},
                ],
            },
        ],
        "toolConfig": {"tools": tools},
        "inferenceConfig": {"maxTokens": 9},
        "outputConfig": {
            "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type": "object"}'}}}
        },
        "additionalModelRequestFields": {"tools": [{"type": "computer_20250124", "name": "computer"}]},
    }
    request = read_request(CONVERSE, body)
    assert shape(request) == [
        ("tools", "tool", '{"toolSpec":{"name":"weather","inputSchema":{"json":{}}}}'),
        ("tools", "tool", '{"systemTool":{"name":"nova_grounding"}}'),
        ("tools", "tool", '{"type":"computer_20250124","name":"computer"}'),
        ("tools", "text", '{"type":"object"}'),
        ("system", "text", "Be brief."),
        ("history", "message", "Rome?"),
        ("history", "thought", "hm"),
        ("history", "text", 'weather {"city":"Rome"}'),
        ("history", "message", ""),
        ("user", "message", "sunny"),
        ("user", "text", '{"c":21}'),
        ("user", "text", "So?"),
    ]
    assert (request.provider, request.model, request.operation, request.output_limit, request.stream) == (
        "aws",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "chat",
        9,
        False,
    )


def test_media_are_told_by_their_kind_and_texts_in_files_are_texts():
    bucket = {"s3Location": {"uri": "s3://bucket/a"}}
    content = [
        {"image": {"format": "png", "source": {"bytes": PAGE}}},
        {"image": {"format": "png", "source": bucket}},
        {"video": {"format": "mp4", "source": bucket}},
        {"audio": {"format": "mp3", "source": {"bytes": PAGE}}},
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": PAGE}}},
        {"document": {"format": "md", "name": "a", "source": {"bytes": PAGE}}},
        {"document": {"format": "txt", "name": "a", "source": {"text": "plain"}}},
        {"document": {"format": "txt", "name": "a", "source": {"content": [{"text": "part"}]}}},
        {"guardContent": {"text": {"text": "guarded", "qualifiers": ["query"]}}},
        {"guardContent": {"image": {"format": "png", "source": {"bytes": PAGE}}}},
        {"searchResult": {"source": "s", "title": "t", "content": [{"text": "found"}]}},
        {"citationsContent": {"content": [{"text": "cited"}], "citations": [{"title": "x"}]}},
        {"newKind": {"what": "it says"}},
    ]
    request = read_request(CONVERSE, asked(*content))
    assert shape(request) == [
        ("media", "image", ""),
        ("media", "image", "s3://bucket/a"),
        ("media", "video", "s3://bucket/a"),
        ("media", "audio", ""),
        ("media", "document", ""),
        ("user", "message", "page"),
        ("user", "text", "plain"),
        ("user", "text", "part"),
        ("user", "text", "guarded"),
        ("media", "image", ""),
        ("user", "text", '{"source":"s","title":"t"}'),
        ("user", "text", "found"),
        ("user", "text", "cited"),
        ("user", "text", '{"what":"it says"}'),
    ]
    assert [part.data for part in request.parts[:5]] == [b"page", None, None, b"page", b"page"]


@pytest.mark.parametrize(("depth", "found"), [(4, "deep"), (5, "")])
def test_what_nests_deeper_than_the_api_allows_is_no_prompt(depth, found):
    block = {"text": "deep"}
    for _ in range(depth):
        block = {"toolResult": {"content": [block]}}
    assert shape(read_request(CONVERSE, asked(block))) == [("user", "message", found)]


@pytest.mark.parametrize(
    ("escaped", "model"),
    [
        ("amazon.nova-micro-v1%3A0", "amazon.nova-micro-v1:0"),
        ("amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0"),
        (PROFILE, PROFILE),
        (PROFILE.replace(":", "%3A").replace("/", "%2F"), PROFILE),
    ],
)
@pytest.mark.parametrize("verb", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
def test_the_model_is_in_the_address_escaped_or_not(escaped, model, verb):
    request = read_request(f"{RUNTIME}/{escaped}/{verb}", {})
    assert (request.model, request.provider) == (model, "aws")


@pytest.mark.parametrize(
    "path", ["/chain/invoke", "/model/converse/x", "/models/x/converse", "/2015/functions/f/invoke"]
)
def test_another_service_that_is_invoked_is_no_call(path):
    assert recognise("POST", f"https://example.com{path}") is None


@pytest.mark.parametrize("body", [None, b"", b"{broken", b"[1]", {"promptVariables": {}}])
def test_whatever_is_sent_to_a_model_is_a_call(body):
    request = read_request(CONVERSE, body)
    assert (request.model, request.parts) == ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", ())


def test_a_server_that_imitates_bedrock_is_priced_like_it():
    assert read_request("http://127.0.0.1:4566/model/amazon.nova-micro-v1%3A0/converse", asked()).provider == "aws"


def test_the_input_includes_what_the_cache_read_and_wrote():
    stated = {
        "inputTokens": 3,
        "outputTokens": 5,
        "totalTokens": 128,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 20,
        "cacheDetails": [{"ttl": "5m", "inputTokens": 8}, {"ttl": "1h", "inputTokens": 12}],
    }
    reply = read_reply(CONVERSE, answered(stated, {"text": "Hi"}))
    assert reply.usage == Usage(
        input_tokens=123, output_tokens=5, cache_read_tokens=100, cache_write_tokens=20, cache_write_1h_tokens=12
    )
    assert (reply.outcome, reply.text, reply.model) == (Outcome.OK, "", None)


def test_without_a_cache_there_are_no_cached_tokens():
    reply = read_reply(CONVERSE, answered({"inputTokens": 3, "outputTokens": 5}))
    assert reply.usage == Usage(input_tokens=3, output_tokens=5)


@pytest.mark.parametrize(
    ("fields", "tier"),
    [
        ({"serviceTier": {"type": "flex"}}, "flex"),
        ({"serviceTier": {"type": "default"}}, None),
        ({"performanceConfig": {"latency": "optimized"}}, "optimized"),
        ({"performanceConfig": {"latency": "standard"}}, None),
        ({}, None),
    ],
)
def test_tier_and_latency_are_what_is_bought(fields, tier):
    usage = {"inputTokens": 1, "outputTokens": 1}
    assert read_request(CONVERSE, asked(**fields)).service_tier == tier
    assert read_reply(CONVERSE, answered(usage, **fields)).service_tier == tier
    assert read_reply(STREAM, binary({"metadata": {"usage": usage} | fields})).service_tier == tier


def test_the_model_that_a_router_has_chosen_is_named():
    usage = {"inputTokens": 1, "outputTokens": 1}
    trace = {"promptRouter": {"invokedModelId": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"}}
    whole = read_reply(CONVERSE, answered(usage, trace=trace))
    part = read_reply(STREAM, binary({"metadata": {"usage": usage, "trace": trace}}))
    assert whole.model == part.model == trace["promptRouter"]["invokedModelId"]


def test_a_guardrail_is_told_because_it_is_billed_apart():
    usage = {"inputTokens": 1, "outputTokens": 1}
    guard = asked(guardrailConfig={"guardrailIdentifier": "g", "guardrailVersion": "1"})
    assert read_reply(CONVERSE, answered(usage), request=guard).note == "without its guardrail, which is billed apart"
    assert read_reply(CONVERSE, answered(usage), request=asked()).note is None


def test_a_reply_of_success_that_answers_nothing_is_an_error():
    assert read_reply(CONVERSE, {"message": "no"}).outcome is Outcome.ERROR


def test_what_was_written_is_kept_without_usage():
    content = [{"text": "Hi"}, {"toolUse": {"name": "weather", "input": {"a": 1}}}]
    assert read_reply(CONVERSE, answered(None, *content)).text == 'Hiweather {"a":1}'


@pytest.mark.parametrize("verb", ["converse", "converse-stream", "invoke", "invoke-with-response-stream"])
@pytest.mark.parametrize(
    ("status", "error", "outcome"),
    [
        (429, {"message": "Too many requests"}, Outcome.REFUSED),
        (400, {"message": "Malformed", "__type": "ValidationException"}, Outcome.REFUSED),
        (403, b"<AccessDeniedException/>", Outcome.REFUSED),
        (503, {"message": "Later"}, Outcome.ERROR),
        (None, b"", Outcome.ERROR),
    ],
)
def test_a_refused_call_has_no_usage(verb, status, error, outcome):
    reply = read_reply(address("amazon.nova-micro-v1:0", verb), error, status=status, stream="stream" in verb)
    assert (reply.usage, reply.text, reply.outcome) == (None, "", outcome)


EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm "}}, "contentBlockIndex": 0}},
    {"contentBlockDelta": {"delta": {"text": "Hello"}, "contentBlockIndex": 1}},
    {"contentBlockStart": {"start": {"toolUse": {"name": "weather", "toolUseId": "t"}}, "contentBlockIndex": 2}},
    {"contentBlockDelta": {"delta": {"toolUse": {"input": '{"a":1}'}}, "contentBlockIndex": 2}},
    {"contentBlockStop": {"contentBlockIndex": 2}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 30, "outputTokens": 12, "totalTokens": 42}, "metrics": {"latencyMs": 9}}},
]


@FORMS
def test_the_last_event_of_a_stream_has_the_usage(form):
    reply = read_reply(STREAM, form(*EVENTS), stream=True)
    assert reply.usage == Usage(input_tokens=30, output_tokens=12)
    assert (reply.outcome, reply.text) == (Outcome.OK, "")


@FORMS
def test_a_stream_that_was_left_early_is_partial_with_its_text(form):
    reply = read_reply(STREAM, form(*EVENTS[:-2]), stream=True, complete=False)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, 'hm Helloweather {"a":1}')


@FORMS
def test_a_stream_cut_at_any_byte_never_passes_for_a_whole_one(form):
    body = form(*EVENTS).rstrip(b"\n")
    outcomes = {read_reply(STREAM, body[:cut], stream=True, complete=False).outcome for cut in range(len(body))}
    assert outcomes == {Outcome.PARTIAL}


@FORMS
def test_a_whole_stream_without_metadata_is_no_partial_one(form):
    reply = read_reply(STREAM, form(*EVENTS[:-1]), stream=True)
    assert (reply.usage, reply.outcome) == (None, Outcome.OK)


@FORMS
def test_an_exception_ends_a_stream_with_an_error(form):
    body = form(*EVENTS[:3], {"modelStreamErrorException": {"message": "Oh"}})
    reply = read_reply(STREAM, body, stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.ERROR, "hm Hello")


@FORMS
@pytest.mark.parametrize("name", ["throttlingException", "validationException", "serviceUnavailableException"])
def test_a_stream_that_only_refuses_costs_nothing(form, name):
    reply = read_reply(STREAM, form({name: {"message": "No"}}), stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.REFUSED, "")


@FORMS
def test_one_event_alone_is_a_stream(form):
    reply = read_reply(STREAM, form(EVENTS[2]), stream=True, complete=False)
    assert (reply.outcome, reply.text) == (Outcome.PARTIAL, "Hello")


def test_a_stream_may_come_without_a_content_type():
    seen = exchange(STREAM, asked(), binary(*EVENTS), reply_headers={})
    dialect = recognise("POST", STREAM)
    assert dialect.reply(seen, dialect.request(seen)).usage.input_tokens == 30
