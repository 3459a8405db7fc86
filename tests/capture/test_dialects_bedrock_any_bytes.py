"""No body, whatever it holds, makes the dialects of Amazon Bedrock raise."""

from __future__ import annotations

import json

import pytest
from bedrock_streams import address, binary, chunk, lines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_dialects_any_bytes import BODIES, KINDS, both

VERBS = ["converse", "converse-stream", "invoke", "invoke-with-response-stream", "count-tokens"]
URLS = [address("amazon.nova-micro-v1:0", verb) for verb in VERBS]
# The words that the dialects look for, so that the values below come where they are read.
SPOKEN = """
    messages role content system text image video document source bytes s3Location uri format json toolUse toolResult
    name input guardContent reasoningContent reasoningText citationsContent searchResult title cachePoint toolConfig
    tools toolSpec outputConfig textFormat structure jsonSchema schema inferenceConfig maxTokens serviceTier type
    performanceConfig latency output message usage inputTokens outputTokens cacheReadInputTokens cacheDetails ttl
    trace promptRouter invokedModelId additionalModelRequestFields prompt inputText inputImage chat_history preamble
    documents query texts inputs images text_prompts textToImageParams singleEmbeddingParams value anthropic_version
    results outputs generations tokenCount inputTextTokenCount prompt_token_count meta billed_units choices delta
    contentBlockDelta contentBlockStart contentBlockStop start messageStart messageStop metadata chunk
    throttlingException amazon-bedrock-invocationMetrics inputTokenCount outputTokenCount embedding artifacts
    textGenerationConfig maxTokenCount schemaVersion
"""
WORDS = SPOKEN.split()
SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5) | st.sampled_from(KINDS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=30,
)
OBJECTS = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)
JSON = OBJECTS.map(lambda value: json.dumps(value).encode())
EVENTS = st.lists(OBJECTS, max_size=4)
STREAMS = EVENTS.map(lambda found: binary(*found)) | EVENTS.map(lambda found: lines(*found))
PIECES = EVENTS.map(lambda found: binary(*map(chunk, found))) | EVENTS.map(lambda found: lines(*map(chunk, found)))
OFTEN = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@OFTEN
@given(
    url=st.sampled_from(URLS),
    request=JSON | BODIES,
    reply=JSON | STREAMS | PIECES | BODIES,
    status=st.sampled_from([200, 400, 500, None]),
    complete=st.booleans(),
    headers=st.dictionaries(
        st.sampled_from(["x-amzn-bedrock-input-token-count", "x-amzn-bedrock-service-tier"]), st.text(max_size=5)
    ),
)
def test_no_body_raises(url, request, reply, status, complete, headers):
    both(url, request, reply, status=status, complete=complete, reply_headers=headers)


@OFTEN
@given(url=st.sampled_from(URLS), shaped=OBJECTS, reply=JSON | STREAMS | PIECES)
def test_no_body_of_nearly_the_right_shape_raises(url, shaped, reply):
    form = {key: [shaped] for key in ("system", "inputs", "documents", "chat_history")}
    form |= {
        "messages": [{"role": "user", "content": [shaped]}],
        "toolConfig": {"tools": [shaped]},
        "outputConfig": shaped,
    }
    both(url, json.dumps(form).encode(), reply)
    both(url, json.dumps({"schemaVersion": "v", "anthropic_version": shaped} | form).encode(), reply)


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("depth", [60, 300, 900, 100_000])
def test_no_depth_of_nesting_raises(url, depth):
    for opening, closing in (("[", "]"), ('{"content":[', "]}"), ('{"toolResult":{"content":[', "]}}")):
        deep = opening * depth + "1" + closing * depth
        body = f'{{"messages": [{{"content": [{deep}]}}], "system": [{deep}], "toolConfig": {{"tools": [{deep}]}}}}'
        both(url, body.encode(), body.encode())
        both(url, body.encode(), b'{"contentBlockDelta": {"delta": {"text": ' + deep.encode() + b"}}}")


@pytest.mark.parametrize("url", URLS)
def test_half_a_surrogate_pair_becomes_text_that_can_be_encoded(url):
    body = rb'{"messages": [{"content": [{"text": "\ud83d"}]}], "prompt": "\ud83d", "texts": ["\ud83d"]}'
    both(url, body, rb'{"outputs": [{"text": "\ud83d"}], "output": {"message": {"content": [{"text": "\ud83d"}]}}}')
    both(url, body, rb'{"contentBlockDelta": {"delta": {"text": "\ud83d"}}}')
