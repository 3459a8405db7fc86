"""Requests to Amazon Bedrock and its replies, small, that lead into every corner of its dialects."""

from __future__ import annotations

import json
from typing import Any

from bedrock_streams import address, binary, chunk, lines
from capture_wire import chat, message_events
from fault_rows import BILLED, HELLO, PNG, Row

HEADERS = {
    "x-amzn-bedrock-input-token-count": "9",
    "x-amzn-bedrock-output-token-count": "2",
    "x-amzn-bedrock-service-tier": "flex",
}
COUNTS = {"inputTokens": 9, "outputTokens": 2, "totalTokens": 11}
METRICS = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "outputTokenCount": 2}}


def _invoke(name: str, model: str, asked: Any, answer: Any, headers: dict[str, str] = HEADERS) -> Row:
    return Row(f"invoke {name}", address(model, "invoke"), asked, answer, headers)


def _streamed(name: str, model: str, *pieces: Any, **asked: Any) -> Row:
    body = binary(*map(chunk, pieces))
    return Row(f"invoke stream {name}", address(model, "invoke-with-response-stream"), asked, body)


BLOCKS = [
    {"text": "Hello"},
    {"toolUse": {"name": "f", "input": {"a": 1}}},
    {"toolResult": {"content": [{"json": {"a": 1}}, {"text": "3"}]}},
    {"guardContent": {"text": {"text": "x"}}},
    {"reasoningContent": {"reasoningText": {"text": "hm"}}},
    {"citationsContent": {"content": [{"text": "x"}]}},
    {"searchResult": {"title": "t", "source": "s", "content": [{"text": "x"}]}},
    {"image": {"format": "png", "source": {"bytes": "AAAA"}}},
    {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v"}}}},
    {"document": {"format": "txt", "name": "d", "source": {"text": "x", "content": [{"text": "x"}]}}},
    {"cachePoint": {"type": "default"}},
]
CONVERSED = {
    "system": [{"text": "Be kind"}],
    "messages": [{"role": "user", "content": BLOCKS}, {"role": "assistant", "content": BLOCKS[:2]}, *HELLO],
    "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {}}}}, {"cachePoint": {}}]},
    "outputConfig": {"textFormat": {"structure": {"jsonSchema": {"schema": "{}"}}}},
    "inferenceConfig": {"maxTokens": 9},
    "serviceTier": {"type": "flex"},
    "guardrailConfig": {"guardrailIdentifier": "g"},
}
NOVA = "amazon.nova-lite-v1:0"
SAID = {"output": {"message": {"role": "assistant", "content": BLOCKS[:2]}}, "stopReason": "end_turn"}
CONVERSE_EVENTS = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockStart": {"start": {"toolUse": {"name": "f", "toolUseId": "1"}}}},
    {"contentBlockDelta": {"delta": {"text": "Hi"}}},
    {"messageStop": {"stopReason": "end_turn"}},
]
ARN = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
BEDROCK = [
    Row("converse", address(NOVA, "converse"), CONVERSED, {**SAID, "usage": COUNTS}),
    Row("converse without usage", address(NOVA, "converse"), CONVERSED, SAID),
    Row("converse stream", address(NOVA, "converse-stream"), CONVERSED, binary(*CONVERSE_EVENTS)),
    Row(
        "converse stream with usage",
        address(NOVA, "converse-stream"),
        CONVERSED,
        binary(
            *CONVERSE_EVENTS, {"metadata": {"usage": {**COUNTS, "cacheDetails": [{"ttl": "1h", "inputTokens": 1}]}}}
        ),
    ),
    Row("converse lines", address(NOVA, "converse-stream"), CONVERSED, lines(*CONVERSE_EVENTS)),
    Row("converse refused", address(NOVA, "converse-stream"), CONVERSED, binary({"throttlingException": {}})),
    Row("count tokens", address(NOVA, "count-tokens"), {"input": {}}, {"inputTokens": 9}),
    _invoke("claude", ARN, {"anthropic_version": "b", "messages": HELLO}, {"type": "message", "model": "c"}),
    _invoke("nova", NOVA, {"schemaVersion": "v", "messages": HELLO}, {**SAID, "usage": COUNTS}),
    _invoke("mistral", "mistral.large", {"messages": HELLO}, chat(usage=None)),
    _invoke("llama", "meta.llama3", {"prompt": "Hi", "max_gen_len": 9}, {"generation": "Hi"}, {}),
    _invoke("llama counted", "meta.llama3", {"prompt": "Hi"}, {"generation": "x", "prompt_token_count": 9}, {}),
    _invoke(
        "titan",
        "amazon.titan-text",
        {"inputText": "Hi"},
        {"inputTextTokenCount": 9, "results": [{"tokenCount": 2}]},
        {},
    ),
    _invoke("titan embeddings", "amazon.titan-embed", {"inputText": "Hi"}, {"embedding": [0.1]}),
    _invoke(
        "nova embeddings",
        "amazon.nova-multimodal-embeddings",
        {"singleEmbeddingParams": {"text": {"value": "Hi"}, "image": {"format": "png", "source": {"bytes": "AAAA"}}}},
        {"embeddings": []},
        {},
    ),
    _invoke(
        "canvas",
        "amazon.nova-canvas",
        {"textToImageParams": {"text": "a", "images": ["AAAA"]}},
        {"images": ["AAAA"]},
        {},
    ),
    _invoke(
        "stability", "stability.sd3", {"text_prompts": [{"text": "a"}], "init_image": "AAAA"}, {"artifacts": [{}]}, {}
    ),
    _invoke(
        "cohere",
        "cohere.command-r",
        {"message": "Hi", "preamble": "p", "chat_history": [{"message": "h"}], "documents": [{"a": 1}, "b"]},
        {"text": "Hi"},
        {},
    ),
    _invoke(
        "cohere embed",
        "cohere.embed-v4",
        {"texts": ["Hi"], "images": [PNG], "inputs": [{"content": HELLO}]},
        {"meta": BILLED},
        {},
    ),
    _streamed(
        "claude", "anthropic.claude", *(json.loads(one.partition(b"data: ")[2]) for one in message_events()), METRICS
    ),
    _streamed("nova", NOVA, {"contentBlockDelta": {"delta": {"text": "Hi"}}}, {"metadata": {"usage": COUNTS}}),
    _streamed("llama", "meta.llama3", {"generation": "Hi"}, METRICS),
    _streamed("llama cut off", "meta.llama3", {"generation": "Hi"}),
    _streamed(
        "mistral",
        "mistral.large",
        {"choices": [{"delta": {"content": "Hi"}}]},
        tools=[{"type": "function", "function": {"name": "f"}}],
        messages=HELLO,
    ),
]
