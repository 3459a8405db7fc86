"""OpenAI chat completions, text completions, responses and embeddings, and those that imitate them."""

from __future__ import annotations

import base64
import json

import pytest
from dialect_exchanges import CHAT, RESPONSES, events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

EMBEDDINGS = "https://api.openai.com/v1/embeddings"
AZURE = "https://mine.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
PIXEL = base64.b64encode(b"pixel").decode()
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "b": 1, "a": "é"}}}


def chat(*messages, **more):
    return {"model": "gpt-4o-mini", "messages": list(messages)} | more


def said(role, content, **more):
    return {"role": role, "content": content} | more


def completion(usage=None, **more):
    return {"model": "gpt-4o-mini-2024-07-18", "choices": [{"message": {"content": "Hi"}}], "usage": usage} | more


def chat_usage(**usage):
    return read_reply(CHAT, completion({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14} | usage)).usage


def test_a_chat_splits_into_system_history_and_user():
    request = read_request(
        CHAT,
        chat(
            said("system", "Be brief."),
            said("user", "Hello"),
            said("assistant", "Hi!"),
            said("user", "And now?"),
            said("developer", "Be kind."),
        ),
    )
    assert shape(request) == [
        ("system", "message", "Be brief."),
        ("history", "message", "Hello"),
        ("history", "message", "Hi!"),
        ("user", "message", "And now?"),
        ("system", "message", "Be kind."),
    ]
    assert (request.provider, request.operation, request.model) == ("openai", "chat", "gpt-4o-mini")
    assert (request.stream, request.service_tier) == (False, None)


def test_a_tool_call_is_history_and_its_result_is_new():
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
    request = read_request(
        CHAT,
        chat(
            said("user", "Rome?"), said("assistant", None, tool_calls=[call]), said("tool", "sunny", tool_call_id="c1")
        ),
    )
    assert shape(request) == [
        ("history", "message", "Rome?"),
        ("history", "message", ""),
        ("history", "text", 'weather {"city":"Rome"}'),
        ("user", "message", "sunny"),
    ]


def test_each_tool_definition_is_one_part_of_compact_json_in_its_own_order():
    request = read_request(CHAT, chat(tools=[WEATHER], functions=[{"name": "old"}]))
    assert shape(request) == [
        ("tools", "tool", json.dumps(WEATHER, separators=(",", ":"), ensure_ascii=False)),
        ("tools", "tool", '{"name":"old"}'),
    ]
    assert '"b":1,"a":"é"' in request.parts[0].text


def test_an_answer_schema_is_text_among_the_tools():
    form = {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}}}
    assert shape(read_request(CHAT, chat(response_format=form))) == [
        ("tools", "text", '{"name":"city","schema":{"type":"object"}}')
    ]
    assert shape(read_request(CHAT, chat(response_format={"type": "json_object"}))) == []


def test_media_are_parts_of_their_own_and_the_message_is_framed_once():
    content = [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}},
        {"type": "text", "text": "What"},
        {"type": "text", "text": "is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PIXEL}", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]
    request = read_request(CHAT, chat(said("user", content)))
    assert shape(request) == [
        ("media", "image", ""),
        ("user", "message", "What"),
        ("user", "text", "is this?"),
        ("media", "image", "https://example.com/a.png"),
        ("media", "audio", ""),
        ("media", "document", ""),
        ("media", "document", "file-1"),
    ]
    assert [part.data for part in request.parts] == [b"pixel", None, None, None, b"pixel", b"pixel", None]
    assert request.parts[0].detail == "low"


def test_a_message_of_media_alone_still_has_its_frame():
    content = [{"type": "image_url", "image_url": "https://example.com/a.png"}]  # as Mistral takes it
    assert shape(read_request(CHAT, chat(said("user", content)))) == [
        ("media", "image", "https://example.com/a.png"),
        ("user", "message", ""),
    ]


def test_an_azure_deployment_is_the_model():
    request = read_request(AZURE, {"messages": [said("user", "Hi")], "model": "gpt-4o"})
    assert (request.provider, request.model) == ("azure", "my gpt")


def test_an_unknown_host_speaks_for_an_unknown_provider():
    assert read_request("http://vllm.local:8000/v1/chat/completions", chat()).provider == "unknown"


def test_tier_and_stream_are_read_from_the_request():
    request = read_request(CHAT, chat(stream=True, service_tier="flex"))
    assert (request.stream, request.service_tier) == (True, "flex")
    assert read_request(CHAT, chat(service_tier="auto")).service_tier is None


@pytest.mark.parametrize("body", [None, b"", b"not json", b"--boundary"])
def test_a_chat_that_cannot_be_read_is_still_a_call(body):
    request = read_request(CHAT, body)
    assert (request.model, request.parts, request.provider) == (None, (), "openai")


@pytest.mark.parametrize("body", [{"query": "x"}, [], 5, {"messages": "no list"}])
def test_a_body_without_messages_is_no_chat(body):
    assert read_request(CHAT, body) is None


def test_cached_and_audio_tokens_are_inside_the_input():
    assert chat_usage(
        prompt_tokens_details={"cached_tokens": 6, "audio_tokens": 1, "cache_write_tokens": 2},
        completion_tokens_details={"reasoning_tokens": 3, "audio_tokens": 0},
    ) == Usage(
        input_tokens=10,
        output_tokens=4,
        cache_read_tokens=6,
        cache_write_tokens=2,
        reasoning_tokens=3,
        input_audio_tokens=1,
        output_audio_tokens=0,
    )


def test_what_a_provider_does_not_report_is_none():
    assert chat_usage() == Usage(input_tokens=10, output_tokens=4)


@pytest.mark.parametrize("name", ["num_cached_tokens", "cached_tokens", "prompt_cache_hit_tokens"])
def test_cached_tokens_are_found_beside_the_sum(name):
    assert chat_usage(**{name: 8}).cache_read_tokens == 8


def test_reasoning_hidden_in_the_total_is_output():
    assert chat_usage(total_tokens=50) == Usage(input_tokens=10, output_tokens=40, reasoning_tokens=36)
    beside = chat_usage(total_tokens=50, completion_tokens_details={"reasoning_tokens": 36})
    assert (beside.output_tokens, beside.reasoning_tokens) == (40, 36)


def test_reasoning_that_perplexity_has_in_no_sum_is_output():
    deep = {"total_tokens": 14, "citation_tokens": 30, "reasoning_tokens": 50, "num_search_queries": 2}
    assert chat_usage(**deep) == Usage(input_tokens=10, output_tokens=54, reasoning_tokens=50, web_searches=2)
    assert chat_usage(total_tokens=14, reasoning_tokens=3).output_tokens == 4


def test_a_total_below_its_parts_changes_nothing():
    assert chat_usage(total_tokens=1).output_tokens == 4


def test_a_reply_names_its_model_and_its_tier():
    reply = read_reply(CHAT, completion({"prompt_tokens": 1, "completion_tokens": 1}, service_tier="priority"))
    assert (reply.model, reply.service_tier, reply.outcome) == ("gpt-4o-mini-2024-07-18", "priority", Outcome.OK)
    assert reply.text == ""
    assert read_reply(CHAT, completion(service_tier="default")).service_tier is None


def test_text_and_tool_arguments_are_kept_only_without_usage():
    made = {"content": "Hi", "tool_calls": [{"function": {"name": "weather", "arguments": "{}"}}]}
    reply = read_reply(CHAT, {"choices": [{"message": made}]})
    assert (reply.usage, reply.text, reply.outcome) == (None, "Hiweather {}", Outcome.OK)


def test_a_stated_cost_is_kept_as_a_decimal():
    assert read_reply(CHAT, completion({"prompt_tokens": 1, "cost": 4e-05})).stated_usd == "0.00004"
    assert read_reply(CHAT, completion({"prompt_tokens": 1, "cost": True})).stated_usd is None
    assert read_reply(CHAT, completion({"prompt_tokens": 1})).stated_usd is None
    header = {"x-litellm-response-cost": "1.5e-3"}
    assert read_reply(CHAT, completion({"prompt_tokens": 1}), reply_headers=header).stated_usd == "0.0015"
    assert read_reply(CHAT, completion(), reply_headers={"x-litellm-response-cost": "None"}).stated_usd is None


@pytest.mark.parametrize(
    ("cost", "stated"), [({"total_cost": 0.0086}, "0.0086"), ({"total_cost": "?"}, None), ({}, None)]
)
def test_perplexity_states_its_cost_in_a_table(cost, stated):
    assert read_reply(CHAT, completion({"prompt_tokens": 1, "cost": cost})).stated_usd == stated


def test_with_ones_own_key_the_upstream_bill_is_part_of_the_cost():
    own = {"prompt_tokens": 1, "cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}}
    assert read_reply(CHAT, completion(own)).stated_usd == "0.21"
    assert read_reply(CHAT, completion(own | {"is_byok": False})).stated_usd == "0.01"


def chunk(delta=None, **more):
    return {"model": "gpt-4o", "choices": [{"delta": delta or {}, "finish_reason": None}], "usage": None} | more


TAIL = {"model": "gpt-4o", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n"])
def test_a_stream_is_read_from_its_last_event(end):
    reply = read_reply(CHAT, events(chunk({"content": "Hel"}), chunk({"content": "lo"}), TAIL, "[DONE]", end=end))
    assert reply.usage == Usage(input_tokens=7, output_tokens=2)
    assert (reply.outcome, reply.text, reply.model) == (Outcome.OK, "", "gpt-4o")


def test_a_stream_without_usage_gives_its_text():
    first = {"tool_calls": [{"index": 0, "function": {"name": "weather", "arguments": ""}}]}
    then = {"tool_calls": [{"index": 0, "function": {"arguments": '{"city"'}}]}
    reply = read_reply(
        CHAT, events(chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk(first), chunk(then), "[DONE]")
    )
    assert (reply.usage, reply.outcome, reply.model) == (None, Outcome.OK, "gpt-4o")
    assert reply.text == 'Helloweather {"city"'


def test_the_usage_of_groq_is_found_in_its_own_field():
    last = chunk(x_groq={"id": "r", "usage": {"prompt_tokens": 5, "completion_tokens": 1}})
    last["choices"][0]["finish_reason"] = "stop"
    del last["usage"]
    assert read_reply(CHAT, events(chunk({"content": "a"}), last, "[DONE]")).usage == Usage(
        input_tokens=5, output_tokens=1
    )


def test_a_stream_cut_at_any_byte_is_never_ok_before_its_usage():
    body = events(chunk({"content": "Hel"}), chunk({"content": "lo"}), TAIL, "[DONE]")
    usage_ends = body.index(b"[DONE]") - len(b"\n\ndata: ")
    for cut in range(1, len(body)):
        reply = read_reply(CHAT, body[:cut], complete=False)
        assert (reply.usage is not None) is (reply.outcome is Outcome.OK) is (cut >= usage_ends), cut
        assert reply.outcome in {Outcome.OK, Outcome.PARTIAL}
        assert "Hello".startswith(reply.text)


def test_a_text_completion_has_bare_prompts():
    url = "http://localhost:8000/v1/completions"
    request = read_request(url, {"model": "qwen", "prompt": ["One", "Two"]})
    assert shape(request) == [("user", "text", "One"), ("user", "text", "Two")]
    reply = read_reply(url, {"choices": [{"text": "Three"}]}, request={"model": "qwen", "prompt": "One"})
    assert (reply.text, reply.outcome) == ("Three", Outcome.OK)


@pytest.mark.parametrize("body", [None, {"model": "x"}, {"prompt": "x"}])
def test_an_unknown_completions_address_needs_the_shape_of_a_completion(body):
    assert read_request("http://localhost:8000/completions", body) is None


def test_a_response_splits_into_parts():
    request = read_request(
        RESPONSES,
        {
            "model": "gpt-5",
            "instructions": "Be brief.",
            "tools": [{"type": "function", "name": "f"}, {"type": "function", "name": "later", "defer_loading": True}],
            "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}},
            "input": [
                {"role": "developer", "content": "Be kind."},
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Look"},
                        {"type": "input_image", "image_url": "u", "detail": "high"},
                    ],
                },
                {"type": "reasoning", "id": "rs", "summary": [{"text": "hm"}], "encrypted_content": "xxxx"},
                {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a":1}'},
                {"type": "function_call_output", "call_id": "c", "output": "42"},
                {"type": "input_file", "role": "user"},
            ],
        },
    )
    assert shape(request) == [
        ("tools", "tool", '{"type":"function","name":"f"}'),
        ("tools", "text", '{"name":"n","schema":{}}'),
        ("system", "message", "Be brief."),
        ("system", "message", "Be kind."),
        ("history", "message", "Look"),
        ("media", "image", "u"),
        ("history", "text", 'f {"a":1}'),
        ("user", "message", "42"),
        ("user", "text", '{"role":"user"}'),
    ]
    assert request.parts[5].detail == "high"


def test_a_response_to_a_bare_text_is_one_user_message():
    assert shape(read_request(RESPONSES, {"model": "gpt-5", "input": "Hi"})) == [("user", "message", "Hi")]


@pytest.mark.parametrize("body", [{"answer": 5}, {"input": "x"}, {"model": "x"}, [], b"form=1"])
def test_an_unrelated_responses_address_is_no_call(body):
    assert read_request("https://survey.example.com/api/responses", body) is None


def test_an_unreadable_response_request_to_a_known_host_is_a_call():
    assert read_request(RESPONSES, b"--boundary").model is None


def response(status="completed", **more):
    usage = {
        "input_tokens": 20,
        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 1},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 29,
    }
    return {"model": "gpt-5-2025-08-07", "status": status, "error": None, "usage": usage, "service_tier": "flex"} | more


COUNTED = Usage(input_tokens=20, output_tokens=9, cache_read_tokens=5, cache_write_tokens=1, reasoning_tokens=4)


def test_a_response_reports_its_usage():
    reply = read_reply(RESPONSES, response())
    assert (reply.usage, reply.model, reply.service_tier) == (COUNTED, "gpt-5-2025-08-07", "flex")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("completed", "ok"), ("incomplete", "ok"), ("failed", "error"), ("queued", "partial"), ("cancelled", "partial")],
)
def test_the_status_of_a_response_says_how_it_ended(status, outcome):
    assert read_reply(RESPONSES, response(status)).outcome == outcome


def test_the_output_of_a_response_without_usage_is_kept():
    output = [
        {"type": "message", "content": [{"type": "output_text", "text": "Hi"}]},
        {"type": "function_call", "name": "f", "arguments": "{}"},
    ]
    assert read_reply(RESPONSES, response(usage=None, output=output)).text == "Hif {}"


@pytest.mark.parametrize(("kind", "outcome"), [("completed", "ok"), ("incomplete", "ok"), ("failed", "error")])
def test_a_streamed_response_ends_with_its_terminal_event(kind, outcome):
    body = events(
        {"type": "response.created", "response": response("in_progress", usage=None)},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": f"response.{kind}", "response": response(kind)},
        named=True,
    )
    reply = read_reply(RESPONSES, body, complete=False)
    assert (reply.usage, reply.outcome, reply.text) == (COUNTED, outcome, "")


def test_a_streamed_response_that_was_cut_gives_its_text():
    body = events(
        {"type": "response.created", "response": response("in_progress", usage=None)},
        {"type": "response.output_item.added", "item": {"type": "function_call", "name": "f"}},
        {"type": "response.function_call_arguments.delta", "delta": "{}"},
        {"type": "response.reasoning_summary_text.delta", "delta": "not billed in this form"},
        {"type": "response.output_text.delta", "delta": "Hi"},
    )
    reply = read_reply(RESPONSES, body, complete=False)
    assert (reply.usage, reply.outcome, reply.text, reply.model) == (None, Outcome.PARTIAL, "f{}Hi", "gpt-5-2025-08-07")


def test_an_error_event_in_a_streamed_response_is_an_error():
    body = events({"type": "response.output_text.delta", "delta": "Hi"}, {"type": "error", "message": "no"})
    assert read_reply(RESPONSES, body).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ("one", [("user", "text", "one")]),
        (["one", "two"], [("user", "text", "one"), ("user", "text", "two")]),
        ([5, 6, 7], [("user", "tokens", "3")]),
        ([[5, 6], [7]], [("user", "tokens", "2"), ("user", "tokens", "1")]),
    ],
)
def test_each_embedded_input_is_one_part(given, parts):
    request = read_request(EMBEDDINGS, {"model": "text-embedding-3-small", "input": given})
    assert shape(request) == parts
    assert request.operation == "embeddings"


def test_embeddings_report_input_only():
    reply = read_reply(EMBEDDINGS, {"model": "e", "data": [], "usage": {"prompt_tokens": 8, "total_tokens": 8}})
    assert (reply.usage, reply.outcome) == (Usage(input_tokens=8), Outcome.OK)
    voyage = read_reply("https://api.voyageai.com/v1/embeddings", {"model": "voyage-4", "usage": {"total_tokens": 3}})
    assert voyage.usage == Usage(input_tokens=3)


def test_a_long_reply_of_embeddings_is_read_by_its_ends():
    numbers = [0.25] * 20_000
    for order in (("data", "model", "usage"), ("model", "usage", "data")):
        whole = {"data": [{"embedding": numbers}], "model": "e-1", "usage": {"prompt_tokens": 8, "total_tokens": 8}}
        reply = read_reply(EMBEDDINGS, {name: whole[name] for name in order})
        assert (reply.usage, reply.model, reply.outcome) == (Usage(input_tokens=8), "e-1", Outcome.OK)


@pytest.mark.parametrize("body", [{"texts": ["x"]}, {"input": "x"}, b""])
def test_an_unrelated_embeddings_address_is_no_call(body):
    assert read_request("https://example.com/embeddings", body) is None
