"""Amazon Bedrock's InvokeModel and its stream, maker by maker, and CountTokens."""

from __future__ import annotations

import base64
import json

import pytest
from bedrock_streams import address, binary, chunk, lines
from dialect_exchanges import read_reply, read_request, shape

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

PROFILE = "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/a1b2c3"
CLAUDE = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0"
PIXEL = base64.b64encode(b"pixel").decode()
FORMS = pytest.mark.parametrize("form", [binary, lines])
HEADERS = {"x-amzn-bedrock-input-token-count": "7", "x-amzn-bedrock-output-token-count": "4"}
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 7, "outputTokenCount": 4, "invocationLatency": 99}}
SEVEN_FOUR = Usage(input_tokens=7, output_tokens=4)


def invoke(model="acme.model-v1:0"):
    return address(model, "invoke")


def invoke_stream(model="acme.model-v1:0"):
    return address(model, "invoke-with-response-stream")


@pytest.mark.parametrize(
    ("body", "parts", "limit"),
    [
        (
            {
                "anthropic_version": "bedrock-2023-05-31",
                "max_tokens": 9,
                "system": "Be brief.",
                "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
            },
            [("system", "text", "Be brief."), ("user", "message", "Hi")],
            9,
        ),
        (
            {
                "schemaVersion": "messages-v1",
                "system": [{"text": "Be brief."}],
                "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                "inferenceConfig": {"max_new_tokens": 9},
            },
            [("system", "text", "Be brief."), ("user", "message", "Hi")],
            9,
        ),
        (
            {
                "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
                "max_tokens": 9,
            },
            [("system", "message", "Be brief."), ("user", "message", "Hi")],
            9,
        ),
        ({"prompt": "Hi", "max_gen_len": 9}, [("user", "text", "Hi")], 9),
        ({"prompt": "Human: Hi", "max_tokens_to_sample": 9}, [("user", "text", "Human: Hi")], 9),
        ({"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 9}}, [("user", "text", "Hi")], 9),
        ({"inputPrompt": "What is seen?", "mediaSource": {}}, [("user", "text", "What is seen?")], None),
        (
            {
                "preamble": "Be brief.",
                "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Yes?"}],
                "message": "So?",
                "documents": [{"title": "t"}],
            },
            [
                ("system", "text", "Be brief."),
                ("history", "message", "Hi"),
                ("history", "message", "Yes?"),
                ("user", "message", "So?"),
                ("user", "text", '{"title":"t"}'),
            ],
            None,
        ),
    ],
)
def test_the_prompt_of_every_maker_is_read(body, parts, limit):
    request = read_request(invoke(), body)
    assert shape(request) == parts
    assert (request.operation, request.output_limit) == ("chat", limit)


@pytest.mark.parametrize(
    ("model", "body", "operation", "parts"),
    [
        ("cohere.embed-v4:0", {"texts": ["a", "b"]}, "embeddings", [("user", "text", "a"), ("user", "text", "b")]),
        (
            "cohere.embed-v4:0",
            {
                "inputs": [
                    {"content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "u"}}]}
                ]
            },
            "embeddings",
            [("user", "text", "a"), ("media", "image", "u")],
        ),
        ("cohere.embed-english-v3", {"images": ["data:image/png;base64,QQ=="]}, "embeddings", [("media", "image", "")]),
        ("amazon.titan-embed-text-v1", {"inputText": "a"}, "embeddings", [("user", "text", "a")]),
        (PROFILE, {"inputText": "a", "normalize": True}, "embeddings", [("user", "text", "a")]),
        (
            "amazon.titan-embed-image-v1",
            {"inputText": "a", "inputImage": PIXEL},
            "embeddings",
            [("user", "text", "a"), ("media", "image", "")],
        ),
        (
            PROFILE,
            {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": {"text": {"value": "a"}}},
            "embeddings",
            [("user", "text", "a")],
        ),
        (
            PROFILE,
            {"singleEmbeddingParams": {"image": {"format": "png", "source": {"bytes": PIXEL}}}},
            "embeddings",
            [("media", "image", "")],
        ),
        (
            "cohere.rerank-v3-5:0",
            {"query": "q", "documents": ["a"]},
            "rerank",
            [("user", "text", "q"), ("user", "text", "a")],
        ),
        (
            "amazon.nova-canvas-v1:0",
            {"textToImageParams": {"text": "a cat", "negativeText": "a dog", "images": [PIXEL]}},
            "image",
            [("user", "text", "a cat"), ("user", "text", "a dog"), ("media", "image", "")],
        ),
        (PROFILE, {"text_prompts": [{"text": "a cat", "weight": 1}]}, "image", [("user", "text", "a cat")]),
        (
            "stability.sd3-5-large-v1:0",
            {"prompt": "a cat", "negative_prompt": "a dog", "image": PIXEL, "mode": "image-to-image"},
            "image",
            [("user", "text", "a cat"), ("user", "text", "a dog"), ("media", "image", "")],
        ),
    ],
)
def test_embeddings_rankings_and_images_are_told_from_texts(model, body, operation, parts):
    request = read_request(invoke(model), body)
    assert (request.operation, shape(request)) == (operation, parts)


def test_a_reply_tells_titans_embeddings_from_its_texts():
    url = invoke(PROFILE)
    assert read_request(url, {"inputText": "a"}, reply={"embedding": [0.5]}).operation == "embeddings"
    assert read_request(url, {"inputText": "a"}).operation == "chat"


@pytest.mark.parametrize(
    "reply",
    [
        {"type": "message", "content": [], "usage": {"input_tokens": 7, "output_tokens": 4}},
        {"output": {"message": {"content": []}}, "usage": {"inputTokens": 7, "outputTokens": 4}},
        {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}},
        {"generation": "Hi", "prompt_token_count": 7, "generation_token_count": 4},
        {"inputTextTokenCount": 7, "results": [{"tokenCount": 3, "outputText": "Hi"}, {"tokenCount": 1}]},
        {"text": "Hi", "meta": {"billed_units": {"input_tokens": 7, "output_tokens": 4}}},
    ],
)
def test_the_body_of_every_maker_has_its_usage(reply):
    found = read_reply(invoke(), reply, reply_headers={"x-amzn-bedrock-input-token-count": "999"})
    usage = found.usage
    assert (usage.input_tokens, usage.output_tokens, found.outcome, found.text) == (7, 4, Outcome.OK, "")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ({"outputs": [{"text": "Hi", "stop_reason": "length"}]}, "Hi"),
        ({"generations": [{"text": "Hi"}]}, "Hi"),
        ({"text": "Hi", "chat_history": []}, "Hi"),
        ({"generation": "Hi"}, "Hi"),
        ({"results": [{"outputText": "Hi"}]}, "Hi"),
        ({"completion": "Hi"}, "Hi"),
        ({"choices": [{"text": "Hi"}]}, "Hi"),
        ({"choices": [{"message": {"content": "Hi"}}]}, "Hi"),
        ({"type": "message", "content": [{"type": "text", "text": "Hi"}]}, "Hi"),
        ({"output": {"message": {"content": [{"text": "Hi"}]}}}, "Hi"),
        ({"embeddings": [[0.5]]}, ""),
        (b"no json", ""),
    ],
)
def test_where_a_body_has_no_usage_the_headers_have_it_else_its_text_is_kept(reply, text):
    found = read_reply(invoke(), reply, reply_headers=HEADERS)
    assert (found.usage, found.outcome, found.text) == (SEVEN_FOUR, Outcome.OK, "")
    assert read_reply(invoke(), reply).text == text


def test_the_headers_leave_out_what_the_cache_read_and_wrote():
    cache = {"x-amzn-bedrock-cache-read-input-token-count": "50", "x-amzn-bedrock-cache-write-input-token-count": "0"}
    usage = read_reply(invoke(), {}, reply_headers=HEADERS | cache).usage
    assert usage == Usage(input_tokens=57, output_tokens=4, cache_read_tokens=50, cache_write_tokens=0)


def test_nova_names_its_cached_tokens_differently():
    stated = {"inputTokens": 7, "outputTokens": 4, "cacheReadInputTokenCount": 50, "cacheWriteInputTokenCount": 3}
    usage = read_reply(invoke(), {"output": {}, "usage": stated}).usage
    assert usage == Usage(input_tokens=60, output_tokens=4, cache_read_tokens=50, cache_write_tokens=3)


@pytest.mark.parametrize("value", ["", "-1", "1.5", "many", "٣", "9" * 5000])
def test_a_header_that_is_no_number_is_no_usage(value):
    assert read_reply(invoke(), {}, reply_headers={"x-amzn-bedrock-input-token-count": value}).usage is None


def test_the_numbers_of_embeddings_are_not_read_where_a_header_has_the_usage():
    long = b'{"embeddings": [' + b"0.5, " * 1000 + b"broken"
    reply = read_reply(invoke("cohere.embed-v4:0"), long, reply_headers={"x-amzn-bedrock-input-token-count": "7"})
    assert (reply.usage, reply.outcome) == (Usage(input_tokens=7), Outcome.OK)


def test_images_are_counted_because_they_are_sold_by_the_piece():
    assert read_reply(invoke("stability.sd3-5-large-v1:0"), {"images": [PIXEL, PIXEL]}).usage == Usage(image_count=2)


def test_the_name_in_a_reply_counts_only_where_the_requested_one_tells_nothing():
    reply = {"type": "message", "model": "claude-sonnet-4-5-20250929", "content": []}
    assert read_reply(invoke(CLAUDE), reply).model is None
    assert read_reply(invoke(PROFILE), reply).model == "claude-sonnet-4-5-20250929"
    known = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert read_reply(invoke(known), reply).model is None


@pytest.mark.parametrize(
    ("name", "value", "tier"),
    [
        ("x-amzn-bedrock-service-tier", "priority", "priority"),
        ("x-amzn-bedrock-performanceconfig-latency", "optimized", "optimized"),
        ("x-amzn-bedrock-performanceconfig-latency", "standard", None),
    ],
)
def test_tier_and_latency_stand_in_the_headers(name, value, tier):
    assert read_reply(invoke(), {}, reply_headers={name: value}).service_tier == tier


CLAUDE_CHUNKS = [
    {"type": "message_start", "message": {"model": "claude-x", "usage": {"input_tokens": 30, "output_tokens": 1}}},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "weather", "input": {}}},
    {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 42}},
    {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 30, "outputTokenCount": 12}},
]
NOVA_CHUNKS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hello"}, "contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": {"inputTokens": 7, "outputTokens": 4}}} | METRICS,
]
OPENAI_CHUNKS = [
    {"choices": [{"index": 0, "delta": {"content": "Hello"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]} | METRICS,
]
OTHERS = {
    "titan": [{"outputText": "Hel"}, {"outputText": "lo", "completionReason": "FINISH"} | METRICS],
    "llama": [{"generation": "Hel", "prompt_token_count": 7}, {"generation": "lo", "stop_reason": "stop"} | METRICS],
    "mistral": [{"outputs": [{"text": "Hel"}]}, {"outputs": [{"text": "lo", "stop_reason": "stop"}]} | METRICS],
    "command": [{"text": "Hel", "is_finished": False}, {"text": "lo", "is_finished": True} | METRICS],
    "claude 2": [{"completion": "Hel"}, {"completion": "lo", "stop_reason": "stop_sequence"} | METRICS],
    "nova": NOVA_CHUNKS,
    "gpt-oss": OPENAI_CHUNKS,
}
BY_MAKER = pytest.mark.parametrize("maker", OTHERS)


@FORMS
@BY_MAKER
def test_the_metrics_of_a_stream_have_the_usage_whoever_made_the_model(form, maker):
    reply = read_reply(invoke_stream(), form(*map(chunk, OTHERS[maker])), stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (SEVEN_FOUR, Outcome.OK, "")


@BY_MAKER
def test_a_stream_that_was_left_after_its_metrics_is_whole(maker):
    body = binary(*map(chunk, OTHERS[maker]))
    assert read_reply(invoke_stream(), body, stream=True, complete=False).outcome is Outcome.OK


@FORMS
@BY_MAKER
def test_a_stream_that_was_left_early_is_partial_with_its_text(form, maker):
    pieces = OTHERS[maker][:-1]
    reply = read_reply(invoke_stream(), form(*map(chunk, pieces)), stream=True, complete=False)
    assert (reply.usage, reply.outcome) == (None, Outcome.PARTIAL)
    assert reply.text in {"Hel", "Hello"}


@FORMS
@pytest.mark.parametrize(
    ("first", "so_far"),
    [
        (CLAUDE_CHUNKS[0], Usage(input_tokens=30, output_tokens=1)),
        ({"generation": "H", "prompt_token_count": 7, "generation_token_count": 0}, Usage(input_tokens=7)),
        ({"outputText": "Hel", "inputTextTokenCount": 7, "totalOutputTextTokenCount": None}, Usage(input_tokens=7)),
        ({"outputs": [{"text": "Hel"}]}, None),
    ],
)  # fmt: skip
def test_a_stream_that_was_left_early_keeps_the_counts_of_its_start(form, first, so_far):
    reply = read_reply(invoke_stream(), form(chunk(first)), stream=True, complete=False)
    assert (reply.usage, reply.outcome, reply.so_far) == (None, Outcome.PARTIAL, so_far)


@FORMS
def test_claudes_own_counts_are_right_where_the_metrics_leave_out_its_calls_of_tools(form):
    reply = read_reply(invoke_stream(CLAUDE), form(*map(chunk, CLAUDE_CHUNKS)), stream=True)
    assert reply.usage == Usage(input_tokens=30, output_tokens=42)
    assert (reply.outcome, reply.model) == (Outcome.OK, None)


@FORMS
def test_a_stream_of_claude_cut_at_any_event_never_passes_for_a_whole_one(form):
    for count in range(1, len(CLAUDE_CHUNKS)):
        body = form(*map(chunk, CLAUDE_CHUNKS[:count]))
        reply = read_reply(invoke_stream(CLAUDE), body, stream=True, complete=False)
        has_bill = count == 5  # with its final usage
        assert reply.outcome is (Outcome.OK if has_bill else Outcome.PARTIAL)
        assert (reply.usage is None) != has_bill
    assert read_reply(invoke_stream(CLAUDE), form(*map(chunk, CLAUDE_CHUNKS[:4]))).text == 'Helloweather{"a":1}'


@FORMS
def test_an_exception_ends_a_stream_with_an_error(form):
    body = form(*map(chunk, CLAUDE_CHUNKS[:2]), {"modelTimeoutException": {"message": "Oh"}})
    reply = read_reply(invoke_stream(CLAUDE), body, stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.ERROR, "Hello")


def test_an_error_in_a_chunk_ends_a_stream_with_an_error():
    error = {"type": "error", "error": {"type": "overloaded_error"}}
    reply = read_reply(invoke_stream(CLAUDE), binary(*map(chunk, [*CLAUDE_CHUNKS[:2], error])), stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.ERROR, "Hello")


def test_a_chunk_may_be_written_on_several_lines():
    pieces = [base64.b64encode(json.dumps(piece, indent=1).encode()).decode() for piece in CLAUDE_CHUNKS]
    reply = read_reply(invoke_stream(CLAUDE), binary(*({"chunk": {"bytes": piece}} for piece in pieces)), stream=True)
    assert (reply.usage, reply.outcome) == (Usage(input_tokens=30, output_tokens=42), Outcome.OK)


@FORMS
def test_a_stream_that_only_refuses_costs_nothing(form):
    reply = read_reply(invoke_stream(CLAUDE), form({"throttlingException": {"message": "No"}}), stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.REFUSED, "")


@FORMS
def test_the_names_of_tools_are_found_in_a_stream_that_hides_them(form):
    body = form(*map(chunk, CLAUDE_CHUNKS))
    plain = recognise("POST", invoke_stream()).plain
    assert b'"weather"' not in body
    assert b'"weather"' in plain(body)
    assert plain(b'{"content": []}') == b'{"content": []}'


COUNT = address("anthropic.claude-sonnet-4-5-20250929-v1:0", "count-tokens")


def test_a_count_of_tokens_is_seen_and_costs_nothing():
    request = read_request(COUNT, {"input": {"converse": {"messages": []}}})
    assert (request.operation, request.model, request.parts) == (
        "count",
        "anthropic.claude-sonnet-4-5-20250929-v1:0",
        (),
    )
    reply = read_reply(COUNT, {"inputTokens": 812})
    assert (reply.usage, reply.outcome) == (Usage(), Outcome.OK)
    refused = read_reply(COUNT, {"message": "no"}, status=400)
    assert (refused.usage, refused.outcome) == (None, Outcome.REFUSED)
