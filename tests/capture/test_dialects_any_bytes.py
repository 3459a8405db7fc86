"""No body, whatever it holds, makes a dialect raise."""

from __future__ import annotations

import gzip
import json

import pytest
from dialect_exchanges import CHAT, GEMINI, GEMINI_STREAM, MESSAGES, RESPONSES, events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange

URLS = [
    CHAT,
    RESPONSES,
    MESSAGES,
    GEMINI,
    GEMINI_STREAM,
    "https://api.openai.com/v1/completions",
    "https://api.openai.com/v1/embeddings",
    "https://generativelanguage.googleapis.com/v1beta/models/e:embedContent",
    "http://localhost/v1/publishers/anthropic/models/c:rawPredict",
    "https://api.cohere.com/v1/chat",
    "https://api.cohere.com/v2/chat",
    "https://api.cohere.com/v2/embed",
    "https://api.cohere.com/v2/rerank",
    "http://localhost:11434/api/chat",
    "http://localhost:11434/api/generate",
    "http://localhost:11434/api/embed",
    "https://router.huggingface.co/hf-inference/models/acme/llama",
    "https://api-inference.huggingface.co/models/acme/llama",
    "https://api.cloudflare.com/client/v4/accounts/abc/ai/run/@cf/meta/llama-3.1-8b-instruct",
    "https://api.mistral.ai/v1/conversations/conv_1",
    "http://localhost/generate",
    "https://aiplatform.googleapis.com/v1/publishers/google/models/text-embedding-005:predict",
    "https://aiplatform.googleapis.com/v1/publishers/google/models/imagen-4:predict",
    "https://aiplatform.googleapis.com/v1/publishers/google/models/chat-bison:predict",
    "https://api.openai.com/v1/images/generations",
    "https://api.openai.com/v1/audio/transcriptions",
    "https://api.openai.com/v1/threads/t/runs",
    "https://api.openai.com/v1/moderations",
    "https://api.openai.com/v1/files",
    "https://api.mistral.ai/v1/chat/moderations",
    "https://api.mistral.ai/v1/conversations",
    "https://api.mistral.ai/v1/ocr",
    "https://api.mistral.ai/v1/batch/jobs",
    "https://api.anthropic.com/v1/messages/count_tokens",
    "https://api.anthropic.com/v1/messages/batches",
    "https://generativelanguage.googleapis.com/v1beta/interactions",
    "https://generativelanguage.googleapis.com/v1beta/cachedContents",
    "https://generativelanguage.googleapis.com/v1beta/models/g:batchGenerateContent",
]
# The words that the dialects look for, so that the values below come where they are read.
WORDS = [
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "input_audio",
    "data",
    "file",
    "tools",
    "functions",
    "function",
    "tool_calls",
    "name",
    "arguments",
    "input",
    "instructions",
    "output",
    "system",
    "source",
    "media_type",
    "contents",
    "parts",
    "functionCall",
    "inlineData",
    "fileData",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "input_tokens",
    "output_tokens",
    "iterations",
    "cache_creation",
    "usageMetadata",
    "promptTokenCount",
    "promptTokensDetails",
    "modality",
    "response",
    "status",
    "error",
    "choices",
    "message",
    "delta",
    "candidates",
    "requests",
    "response_format",
    "json_schema",
    "output_config",
    "format",
    "schema",
    "cost",
    "cost_details",
    "is_byok",
    "service_tier",
    "message",
    "chat_history",
    "documents",
    "query",
    "texts",
    "inputs",
    "images",
    "instances",
    "predictions",
    "embeddings",
    "statistics",
    "token_count",
    "metadata",
    "tokenMetadata",
    "prompt",
    "params",
    "batch",
    "inputConfig",
    "request",
    "body",
    "endpoint",
    "meta",
    "billed_units",
    "search_units",
    "delta",
    "event_type",
    "prompt_eval_count",
    "eval_count",
    "total_duration",
    "load_duration",
    "generated_text",
    "token",
    "outputs",
    "steps",
    "interaction",
    "total_input_tokens",
    "input_tokens_by_modality",
    "input_token_details",
    "seconds",
    "usage_info",
    "pages_processed",
    "document",
    "assistant_id",
    "tool_outputs",
    "thread",
    "advisor_message",
]
KINDS = [
    "assistant",
    "user",
    "system",
    "model",
    "text",
    "image",
    "document",
    "tool_use",
    "tool_result",
    "function_call",
    "reasoning",
    "message_start",
    "message_delta",
    "response.completed",
    "json_schema",
    "data:image/png;base64,A",
    "base64",
    "image_url",
    "input_audio",
    "file",
    "content",
    "advisor_message",
    "message-end",
    "stream-end",
    "thread.run",
    "interaction.complete",
    "conversation.response.done",
    "audio",
    "/v1/chat/completions",
]
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5) | st.sampled_from(KINDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=30,
)
OBJECTS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)
JSON = OBJECTS.map(lambda value: json.dumps(value).encode())


def _upload(values):
    """Return the form that uploads a batch of these bodies, or of anything else."""
    lines = b"\n".join(json.dumps({"url": "/v1/chat/completions", "body": value}).encode() for value in values)
    return b'--b\r\nD; name="purpose"\r\n\r\nbatch\r\n--b\r\nD; name="file"; filename="f"\r\n\r\n%b\r\n--b--' % lines


FORMS = st.lists(VALUES, max_size=3).map(_upload)
STREAMS = st.lists(OBJECTS, max_size=4).map(lambda values: events(*values))
BODIES = (
    st.binary(max_size=60)
    | JSON
    | FORMS
    | STREAMS
    | st.lists(OBJECTS, max_size=3).map(lambda v: json.dumps(v).encode())
)
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def both(url, request, reply, **more):
    """Read both sides; the values are checked for the types that the rest of the code relies on."""
    seen = Exchange(
        method="POST", url=url, request=request, reply=reply, **({"status": 200, "reply_headers": {}} | more)
    )
    dialect = recognise("POST", url)
    asked = dialect.request(seen)
    if asked is None:
        asked = dialect.request(Exchange(method="POST", url=url, reply_headers={}))
    else:
        for part in asked.parts:
            assert isinstance(part.text, str)
            part.text.encode()
    for one, other in dialect.read(seen):
        assert all(isinstance(part.text, str) for part in one.parts)
        other.text.encode()
    if asked is None:
        return None, None
    answered = dialect.reply(seen, asked)
    answered.text.encode()
    assert answered.usage is None or all(count is None or count >= 0 for count in _counts(answered.usage))
    return asked, answered


def _counts(usage):
    return [getattr(usage, name) for name in usage.__slots__]


@OFTEN
@given(
    url=st.sampled_from(URLS),
    request=BODIES,
    reply=BODIES,
    status=st.sampled_from([200, 400, 500, None]),
    complete=st.booleans(),
)
def test_no_body_raises(url, request, reply, status, complete):
    both(url, request, reply, status=status, complete=complete)


@OFTEN
@given(url=st.sampled_from(URLS), shaped=OBJECTS, reply=st.binary(max_size=20) | STREAMS)
def test_no_body_of_nearly_the_right_shape_raises(url, shaped, reply):
    form = {
        "model": "m",
        "messages": [shaped],
        "input": [shaped],
        "contents": [shaped],
        "content": shaped,
        "prompt": shaped,
        "inputs": [shaped],
        "texts": [shaped],
        "documents": [shaped],
        "query": shaped,
        "instances": [shaped],
        "requests": [shaped],
    }
    both(url, json.dumps(form).encode(), reply)


@OFTEN
@given(
    url=st.sampled_from(URLS),
    encoding=st.sampled_from(["gzip", "deflate", "br", "identity", "GZIP", ""]),
    body=st.binary(max_size=60),
)
def test_no_encoded_request_raises(url, encoding, body):
    both(url, body, b"", request_encoding=encoding)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("depth", [60, 900, 100_000])
def test_no_depth_of_nesting_raises(url, depth):
    for opening, closing in (("[", "]"), ('{"content":', "}"), ('{"type":"tool_result","content":[', "]}")):
        deep = opening * depth + "1" + closing * depth
        body = f'{{"model": "m", "messages": [{{"content": [{deep}]}}], "input": [{deep}], "tools": [{deep}]}}'.encode()
        both(url, body, body)
        both(url, deep.encode(), f"data: {deep}\n\n".encode())


@pytest.mark.parametrize("url", URLS)
def test_half_a_surrogate_pair_becomes_text_that_can_be_encoded(url):
    body = rb'{"model": "m", "messages": [{"role": "user", "content": "\ud83d"}], "input": "\ud83d", "contents": []}'
    both(url, body, rb'{"choices": [{"message": {"content": "\ud83d"}}]}')


def test_a_compressed_request_is_read():
    body = gzip.compress(json.dumps({"model": "m", "messages": []}).encode())
    asked, _ = both(CHAT, body, b"", request_encoding="gzip")
    assert asked.model == "m"


def test_a_request_in_an_encoding_that_is_not_known_is_still_a_call():
    asked, _ = both(CHAT, b"\x28\xb5\x2f\xfd", b"", request_encoding="zstd")
    assert (asked.model, asked.parts) == (None, ())
