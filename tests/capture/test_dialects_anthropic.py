"""Anthropic messages."""

from __future__ import annotations

import base64

import pytest
from dialect_exchanges import MESSAGES, events, exchange, read_reply, read_request, shape

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

PAGE = base64.b64encode(b"page").decode()
VERTEX = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514:rawPredict"


def asked(*messages, **more):
    return {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": list(messages)} | more


def counts(given, made, read=0, written=0, **more):
    cache = {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    return {"input_tokens": given, "output_tokens": made} | cache | more


def answered(usage, **more):
    return {"type": "message", "model": "claude-sonnet-4-5-20250929", "content": [], "usage": usage} | more


def test_a_conversation_splits_into_parts():
    request = read_request(
        MESSAGES,
        asked(
            {"role": "user", "content": "Rome?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "long"},
                    {"type": "redacted_thinking", "data": "secret"},
                    {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Rome"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t", "content": "sunny"},
                    {"type": "text", "text": "So?"},
                ],
            },
            system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            tools=[{"name": "weather", "input_schema": {}}, {"name": "later", "defer_loading": True}],
            output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}},
        ),
    )
    assert shape(request) == [
        ("tools", "tool", '{"name":"weather","input_schema":{}}'),
        ("tools", "text", '{"type":"object"}'),
        ("system", "text", "Be brief."),
        ("history", "message", "Rome?"),
        ("history", "message", "hm"),
        ("history", "text", 'weather {"city":"Rome"}'),
        ("user", "message", "sunny"),
        ("user", "text", "So?"),
    ]
    assert (request.provider, request.model, request.operation) == ("anthropic", "claude-sonnet-4-5", "chat")


def test_images_and_documents_are_media_unless_they_are_text():
    content = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PAGE}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PAGE}},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Plain"}},
        {
            "type": "tool_result",
            "content": [
                {"type": "text", "text": "Seen"},
                {"type": "image", "source": {"type": "file", "file_id": "f1"}},
            ],
        },
        {
            "type": "web_search_tool_result",
            "tool_use_id": "t",
            "content": [{"title": "A", "encrypted_content": "xxxx"}],
        },
    ]
    request = read_request(MESSAGES, asked({"role": "user", "content": content}))
    assert shape(request) == [
        ("media", "image", ""),
        ("media", "image", "https://example.com/a.png"),
        ("media", "document", ""),
        ("user", "message", "Plain"),
        ("user", "text", "Seen"),
        ("media", "image", "f1"),
        ("user", "text", '{"content":[{"title":"A"}]}'),
    ]
    assert [part.data for part in request.parts[:3]] == [b"page", None, b"page"]


@pytest.mark.parametrize(
    "body",
    [{"To": "+1", "Body": "hi"}, {"messages": ["hi"]}, {"model": "x", "text": "hi"}, b"To=%2B1&Body=hi", [], None],
)
def test_a_message_to_a_person_is_no_call(body):
    assert read_request("https://chat.example.com/v1/messages", body) is None


def test_an_unreadable_request_to_anthropic_is_a_call():
    request = read_request(MESSAGES, b"--boundary")
    assert (request.model, request.parts) == (None, ())


def test_another_host_with_this_dialect_is_an_unknown_provider():
    assert read_request("http://localhost:4000/v1/messages", asked()).provider == "unknown"


def test_vertex_names_the_model_in_the_address():
    request = read_request(VERTEX, {"anthropic_version": "vertex-2023-10-16", "messages": []})
    assert (request.provider, request.model) == ("google", "claude-opus-4@20250514")
    assert read_request(VERTEX.replace("/anthropic/", "/mistralai/"), asked()) is None


def test_the_input_includes_what_the_cache_read_and_wrote():
    stated = counts(
        3, 5, read=100, written=20, cache_creation={"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 12}
    )
    reply = read_reply(MESSAGES, answered(stated | {"output_tokens_details": {"thinking_tokens": 2}}))
    assert reply.usage == Usage(
        input_tokens=123,
        output_tokens=5,
        cache_read_tokens=100,
        cache_write_tokens=20,
        cache_write_1h_tokens=12,
        reasoning_tokens=2,
    )
    assert (reply.model, reply.outcome, reply.service_tier, reply.note) == (
        "claude-sonnet-4-5-20250929",
        Outcome.OK,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("stated", "tier"),
    [
        ({"service_tier": "standard"}, None),
        ({"service_tier": "priority"}, "priority"),
        ({"speed": "fast"}, "fast"),
        ({"inference_geo": "global"}, None),
        ({"inference_geo": "not_available"}, None),
        ({"inference_geo": 3}, None),
        ({"inference_geo": "us"}, "regional"),
        ({"inference_geo": "us", "service_tier": "priority"}, "priority"),
    ],
)
def test_tier_and_speed_are_what_was_billed(stated, tier):
    assert read_reply(MESSAGES, answered(counts(1, 1, **stated))).service_tier == tier


def test_a_compaction_is_added_to_the_counts_that_leave_it_out():
    rounds = [counts(5000, 100, read=40, type="compaction"), counts(20, 8, type="message")]
    reply = read_reply(MESSAGES, answered(counts(20, 8, iterations=rounds)))
    assert reply.usage == Usage(input_tokens=5060, output_tokens=108, cache_read_tokens=40, cache_write_tokens=0)


def test_iterations_of_the_message_itself_are_counted_once():
    rounds = [counts(10, 3, type="message"), counts(12, 4, type="message")]
    assert read_reply(MESSAGES, answered(counts(22, 7, iterations=rounds))).usage.input_tokens == 22


ROUNDS = [counts(10, 3, type="message"), counts(50, 9, type="advisor_message", model="claude-opus-4-8")]


@pytest.mark.parametrize(
    "reply",
    [
        answered(counts(10, 3, iterations=ROUNDS)),
        events(
            {"type": "message_start", "message": answered(counts(10, 1))},
            {"type": "message_delta", "delta": {}, "usage": counts(10, 3, iterations=ROUNDS)},
            {"type": "message_stop"},
        ),
    ],
)
def test_an_advisor_is_a_call_of_its_own_because_it_has_a_price_of_its_own(reply):
    asked = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "Hi"}]}
    (_, main), (request, advisor) = recognise("POST", MESSAGES).read(exchange(MESSAGES, asked, reply))
    assert (main.usage.input_tokens, main.usage.output_tokens) == (10, 3)
    assert (request.model, request.parts, advisor.model) == ("claude-opus-4-8", (), "claude-opus-4-8")
    assert (advisor.usage.input_tokens, advisor.usage.output_tokens) == (50, 9)
    assert advisor.note == "asked as an advisor by the call before"


START = {
    "type": "message_start",
    "message": answered(counts(30, 1, read=7, cache_creation={"ephemeral_1h_input_tokens": 0})),
}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}
TOOL = {
    "type": "content_block_start",
    "index": 1,
    "content_block": {"type": "tool_use", "name": "weather", "input": {}},
}
INPUT = {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a":1}'}}
DELTA = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn"},
    "usage": {"output_tokens": 42, "input_tokens": None},
}
STOP = {"type": "message_stop"}


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n"])
def test_the_two_counts_of_a_stream_are_merged_and_never_added(end):
    body = events(START, {"type": "ping"}, TEXT, DELTA, STOP, end=end, named=True)
    reply = read_reply(MESSAGES, body, stream=True)
    assert reply.usage == Usage(
        input_tokens=37, output_tokens=42, cache_read_tokens=7, cache_write_tokens=0, cache_write_1h_tokens=0
    )
    assert (reply.outcome, reply.text, reply.model) == (Outcome.OK, "", "claude-sonnet-4-5-20250929")


def test_later_counts_of_a_stream_replace_the_first_ones():
    late = DELTA | {"usage": {"output_tokens": 42, "input_tokens": 90, "cache_read_input_tokens": 9}}
    assert read_reply(MESSAGES, events(START, DELTA, late, STOP)).usage.input_tokens == 99


def test_a_cut_stream_has_its_text_and_the_usage_of_its_start():
    reply = read_reply(MESSAGES, events(START, TEXT, TOOL, INPUT), complete=False)
    assert reply.so_far == Usage(
        input_tokens=37, output_tokens=1, cache_read_tokens=7, cache_write_tokens=0, cache_write_1h_tokens=0
    )
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, 'Helloweather{"a":1}')
    assert reply.model == "claude-sonnet-4-5-20250929"


def test_a_stream_left_after_its_final_usage_is_whole():
    reply = read_reply(MESSAGES, events(START, TEXT, DELTA), complete=False)
    assert (reply.usage.output_tokens, reply.outcome, reply.so_far) == (42, Outcome.OK, None)
    running = DELTA | {"delta": {"stop_reason": None}}
    reply = read_reply(MESSAGES, events(START, TEXT, running), complete=False)
    assert (reply.usage.output_tokens, reply.outcome) == (42, Outcome.PARTIAL)


def test_an_error_event_ends_a_stream():
    reply = read_reply(MESSAGES, events(START, TEXT, {"type": "error", "error": {"type": "overloaded_error"}}))
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.ERROR, "Hello")


def test_a_stream_cut_at_any_byte_never_passes_for_a_whole_one():
    body = events(START, TEXT, DELTA, STOP, named=True)
    outcomes = [read_reply(MESSAGES, body[:cut], complete=False).outcome for cut in range(len(body))]
    first_ok = outcomes.index(Outcome.OK)
    assert first_ok > body.index(b'"stop_reason": "end_turn"')
    assert set(outcomes[:first_ok]) == {Outcome.PARTIAL}


def test_what_was_written_is_kept_without_usage():
    content = [{"type": "text", "text": "Hi"}, {"type": "tool_use", "name": "weather", "input": {"a": 1}}]
    assert read_reply(MESSAGES, answered(None, content=content)).text == 'Hiweather {"a":1}'
