"""What is billed beside tokens, or instead of them: searches, pages, seconds, characters."""

from __future__ import annotations

import pytest
from dialect_exchanges import CHAT, GEMINI, GEMINI_STREAM, MESSAGES, RESPONSES, events, read_reply

from pytest_llmcost.core.usage import Usage

OPENAI = "https://api.openai.com/v1"
RERANK, OCR = "https://api.cohere.com/v2/rerank", "https://api.mistral.ai/v1/ocr"


def searched(url, reply):
    return read_reply(url, reply).usage.web_searches


def gemini(version, queries):
    grounding = {"groundingMetadata": {"webSearchQueries": queries}} if queries is not None else {}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 5, "totalTokenCount": 14}
    content = {"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}
    return {"candidates": [content | grounding], "usageMetadata": usage, "modelVersion": version}


@pytest.mark.parametrize(("stated", "expected"), [({"web_search_requests": 2}, 2), ({"web_search_requests": 0}, None)])
def test_anthropic_states_its_searches(stated, expected):
    usage = {"input_tokens": 9, "output_tokens": 5, "server_tool_use": stated}
    assert searched(MESSAGES, {"type": "message", "model": "m", "usage": usage}) == expected


def test_searches_of_a_response_are_counted_and_opened_pages_are_none():
    calls = [
        {"type": "web_search_call", "action": {"type": "search", "query": "a"}},
        {"type": "web_search_call", "action": {"type": "open_page", "url": "b"}},
        {"type": "web_search_call"},
        {"type": "message", "content": []},
    ]
    value = {"model": "gpt-5", "status": "completed", "output": calls, "usage": {"input_tokens": 9, "output_tokens": 5}}
    assert searched(RESPONSES, value) == 2
    assert searched(RESPONSES, events({"type": "response.completed", "response": value})) == 2
    assert searched(RESPONSES, value | {"output": []}) is None


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"server_tool_use": {"web_search_requests": 3}}, 3),
        ({"server_tool_use_details": {"web_search_requests": 1}}, 1),
        ({"num_search_queries": 4}, 4),
        ({"num_sources_used": 2}, 2),
        ({"num_sources_used": 0}, None),
        ({"server_tool_use": None}, None),
        ({"num_search_queries": "many"}, None),
    ],
)
def test_hosts_of_chat_completions_state_their_searches(stated, expected):
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14} | stated
    assert searched(CHAT, {"model": "m", "choices": [], "usage": usage}) == expected


@pytest.mark.parametrize(
    ("version", "queries", "expected"),
    [
        ("gemini-2.5-flash", ["a", "b"], 1),
        ("gemini-3-flash-preview", ["a", "b", "a"], 2),
        ("gemini-3-flash-preview", [], None),
        ("gemini-3-flash-preview", None, None),
        ("gemini-3-flash-preview", "a", None),
        ("gemini-3-flash-preview", [{}, 7], None),
        ("gemini-25", ["a", "b"], 2),
    ],
)
def test_gemini_counts_replies_or_queries_by_its_age(version, queries, expected):
    assert searched(GEMINI, gemini(version, queries)) == expected


def test_a_stream_of_gemini_tells_its_queries_in_any_part():
    first, last = gemini("gemini-3-flash-preview", ["a"]), gemini("gemini-3-flash-preview", None)
    assert searched(GEMINI_STREAM, events(first, last)) == 1


@pytest.mark.parametrize(("units", "expected"), [(2, Usage(rerank_searches=2)), (0, None), ("x", None)])
def test_a_rerank_states_its_searches(units, expected):
    value = {"results": [], "meta": {"billed_units": {"search_units": units}}}
    asked = {"model": "rerank-v3.5", "query": "q", "documents": ["d"]}
    assert read_reply(RERANK, value, request=asked).pieces == expected


def test_pages_that_were_annotated_are_said_to_be_priced_as_plain_ones():
    asked = {"model": "mistral-ocr-latest", "document": {}, "document_annotation_format": {"type": "json_schema"}}
    reply = read_reply(OCR, {"pages": [], "usage_info": {"pages_processed": 4}}, request=asked)
    assert (reply.pieces, reply.note) == (Usage(document_pages=4), "annotated pages priced as plain ones")
    del asked["document_annotation_format"]
    assert read_reply(OCR, {"usage_info": {"pages_processed": 4}}, request=asked).note is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"text": "Hi", "usage": {"type": "duration", "seconds": 3.2}}, 4),
        ({"text": "Hi", "duration": "8.47"}, 9),
        ({"text": "Hi", "duration": 8}, 8),
        ({"text": "Hi", "duration": float("inf")}, None),
        ({"text": "Hi", "duration": "long"}, None),
        ({"text": "Hi", "duration": True}, 1),
        ({"text": "Hi"}, None),
    ],
)
def test_the_length_of_audio_is_rounded_up_to_seconds(value, expected):
    pieces = read_reply(f"{OPENAI}/audio/transcriptions", value, request={"model": "whisper-1"}).pieces
    assert (pieces and pieces.audio_seconds) == expected


def test_seconds_stand_beside_tokens_where_both_are_stated():
    usage = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13, "prompt_audio_seconds": 7}
    reply = read_reply(
        "https://api.mistral.ai/v1/audio/transcriptions", {"model": "voxtral", "text": "Hi", "usage": usage}
    )
    assert (reply.usage.input_tokens, reply.usage.audio_seconds) == (4, 7)


def test_what_is_spoken_is_counted_by_its_characters():
    asked = {"model": "tts-1", "input": "Grüezi", "voice": "alloy"}
    assert read_reply(f"{OPENAI}/audio/speech", b"\x00\x01", request=asked).pieces == Usage(input_characters=6)
    assert read_reply(f"{OPENAI}/audio/speech", b"\x00\x01", request={"model": "tts-1"}).pieces is None
