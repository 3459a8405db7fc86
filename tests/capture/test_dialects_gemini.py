"""Gemini's generateContent, its stream and its embeddings."""

from __future__ import annotations

import base64
import json

import pytest
from dialect_exchanges import GEMINI, GEMINI_STREAM, events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

SOUND = base64.urlsafe_b64encode(b"\xfb\xff\xfesound").decode()
EMBED = "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:embedContent"
BATCH = EMBED.replace("embedContent", "batchEmbedContents")


def said(role, *parts):
    return {"role": role, "parts": list(parts)}


def test_a_conversation_splits_into_parts():
    request = read_request(
        GEMINI,
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [
                said("user", {"text": "Rome?"}),
                said(
                    "model", {"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "xx"}
                ),
                said("user", {"functionResponse": {"name": "weather", "response": {"sky": "clear"}}}),
            ],
            "tools": [{"functionDeclarations": [{"name": "weather"}, {"name": "time"}]}, {"googleSearch": {}}],
            "generationConfig": {"responseSchema": {"type": "OBJECT"}},
        },
    )
    assert shape(request) == [
        ("tools", "tool", '{"name":"weather"}'),
        ("tools", "tool", '{"name":"time"}'),
        ("tools", "tool", '{"googleSearch":{}}'),
        ("tools", "text", '{"type":"OBJECT"}'),
        ("system", "text", "Be brief."),
        ("history", "message", "Rome?"),
        ("history", "text", 'weather {"city":"Rome"}'),
        ("history", "message", ""),
        ("history", "sealed", "xx"),
        ("user", "message", '{"functionResponse":{"name":"weather","response":{"sky":"clear"}}}'),
    ]
    assert (request.provider, request.model, request.stream) == ("google", "gemini-2.5-flash", False)


def test_snake_case_is_read_as_well():
    request = read_request(
        GEMINI_STREAM,
        {
            "system_instruction": {"parts": {"text": "Be brief."}},
            "contents": {"parts": [{"text": "Hi"}, {"inline_data": {"mime_type": "audio/wav", "data": SOUND}}]},
            "tools": [{"function_declarations": [{"name": "f"}]}],
            "generation_config": {"response_json_schema": {"type": "object"}},
        },
    )
    assert [row[:2] for row in shape(request)] == [
        ("tools", "tool"),
        ("tools", "text"),
        ("system", "text"),
        ("user", "message"),
        ("media", "audio"),
    ]
    assert request.parts[-1].data == b"\xfb\xff\xfesound"
    assert request.stream


def test_files_are_media_by_their_address():
    parts = [{"fileData": {"mimeType": "image/png", "fileUri": "gs://a"}}, {"fileData": {"fileUri": "gs://b"}}]
    assert shape(read_request(GEMINI, {"contents": [said("user", *parts)]})) == [
        ("media", "image", "gs://a"),
        ("media", "document", "gs://b"),
        ("user", "message", ""),
    ]


@pytest.mark.parametrize(
    ("url", "model", "provider"),
    [
        (
            "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google/models/gemini-3:generateContent",
            "gemini-3",
            "google",
        ),
        ("https://generativelanguage.googleapis.com/v1/tunedModels/mine:generateContent", "mine", "google"),
        ("https://us-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/77:generateContent", "77", "google"),
        ("http://localhost:8787/models/gemini-3:generateContent", "gemini-3", "google"),
    ],
)
def test_the_address_names_the_model(url, model, provider):
    request = read_request(url, None)
    assert (request.model, request.provider, request.parts) == (model, provider, ())


def test_a_body_without_contents_is_no_call():
    assert read_request(GEMINI, {"query": 1}) is None


STATED = {
    "promptTokenCount": 10,
    "toolUsePromptTokenCount": 3,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 7,
    "cachedContentTokenCount": 4,
    "totalTokenCount": 25,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}, {"modality": "AUDIO", "tokenCount": 2}],
    "candidatesTokensDetails": [{"modality": 1, "tokenCount": 4}, {"modality": 4, "tokenCount": 1}],
}
COUNTED = Usage(
    input_tokens=13,
    output_tokens=12,
    cache_read_tokens=4,
    reasoning_tokens=7,
    input_audio_tokens=2,
    output_audio_tokens=1,
)


def answered(text="Hi", stated=None, **more):
    candidate = {"content": {"parts": [{"text": text}]}} | more
    return {"candidates": [candidate], "modelVersion": "gemini-2.5-flash", "usageMetadata": stated}


def test_thoughts_are_output_and_tool_results_are_input():
    reply = read_reply(GEMINI, answered(stated=STATED))
    assert (reply.usage, reply.model, reply.outcome) == (COUNTED, "gemini-2.5-flash", Outcome.OK)


def test_snake_case_usage_is_read_as_well():
    snake = {"usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2}, "model_version": "g"}
    reply = read_reply(GEMINI, snake)
    assert reply.usage == Usage(input_tokens=3, output_tokens=2, cache_read_tokens=0, reasoning_tokens=0)
    assert reply.model == "g"


@pytest.mark.parametrize(
    ("stated", "tier"),
    [
        ({"serviceTier": "standard"}, None),
        ({"trafficType": "ON_DEMAND"}, None),
        ({"trafficType": 1}, None),
        ({"trafficType": "ON_DEMAND_FLEX"}, "flex"),
        ({"serviceTier": "priority"}, "priority"),
        ({"trafficType": "PROVISIONED_THROUGHPUT"}, "provisioned_throughput"),
    ],
)
def test_traffic_types_are_tiers(stated, tier):
    assert read_reply(GEMINI, answered(stated=STATED | stated)).service_tier == tier


CHUNKS = (answered("Hel", {"promptTokenCount": 10}), answered("lo", STATED, finishReason="STOP"))
WIRES = {
    "events": events(*CHUNKS, end="\r\n\r\n"),
    "array": json.dumps(CHUNKS, indent=1).encode(),
    "plain events": events(*CHUNKS),
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_the_last_usage_of_a_stream_counts(wire):
    reply = read_reply(GEMINI_STREAM, wire, stream=True)
    assert (reply.usage, reply.outcome, reply.text) == (COUNTED, Outcome.OK, "")


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_a_cut_stream_has_its_text_and_the_usage_so_far(wire):
    reply = read_reply(GEMINI_STREAM, wire[: wire.index(b"lo")], stream=True, complete=False)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, "Hel")
    assert reply.so_far == Usage(input_tokens=10, cache_read_tokens=0, reasoning_tokens=0)


def test_a_blocked_prompt_is_a_whole_answer():
    body = events({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}})
    reply = read_reply(GEMINI_STREAM, body, complete=False)
    assert (reply.outcome, reply.usage.input_tokens, reply.usage.output_tokens) == (Outcome.OK, 9, 0)


@pytest.mark.parametrize(
    "wire", [events(CHUNKS[0], {"error": {"code": 500}}), json.dumps([CHUNKS[0], {"error": {}}]).encode()]
)
def test_an_error_inside_a_stream_keeps_the_usage_that_was_seen(wire):
    reply = read_reply(GEMINI_STREAM, wire)
    assert (reply.outcome, reply.usage.input_tokens) == (Outcome.ERROR, 10)


def test_a_function_call_is_text_without_usage():
    part = {"functionCall": {"name": "weather", "args": {"city": "Rome"}}}
    assert read_reply(GEMINI, {"candidates": [{"content": {"parts": [part]}}]}).text == 'weather {"city":"Rome"}'


def test_each_embedded_text_is_one_part():
    one = read_request(EMBED, {"content": {"parts": [{"text": "a"}]}})
    two = read_request(BATCH, {"requests": [{"content": {"parts": [{"text": text}]}} for text in "ab"]})
    assert shape(one) == [("user", "text", "a")]
    assert shape(two) == [("user", "text", "a"), ("user", "text", "b")]
    assert (two.model, two.operation) == ("gemini-embedding-001", "embeddings")
    assert read_request(EMBED, {"text": "a"}) is None


def test_embeddings_report_input_where_they_report_anything():
    reported = {"embedding": {"values": [0.5] * 5000}, "usageMetadata": {"promptTokenCount": 6, "totalTokenCount": 6}}
    assert read_reply(EMBED, reported).usage == Usage(input_tokens=6)
    silent = read_reply(BATCH, {"embeddings": [{"values": [0.5]}]})
    assert (silent.usage, silent.outcome) == (None, Outcome.OK)
