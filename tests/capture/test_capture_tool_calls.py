"""Which tools are called: in doubt a tool is, so that no tool is called unused that is not."""

import json

import pytest
from dialect_exchanges import CHAT, RESPONSES, read_request

from pytest_llmcost.capture.tool_calls import called, name_in

ANTHROPIC = "https://api.anthropic.com/v1/messages"


def function(name):
    return {"type": "function", "function": {"description": "…", "name": name, "parameters": {"properties": {}}}}


def chat(*messages, tools=("weather", "time")):
    body = {"model": "gpt-4o", "messages": list(messages), "tools": [function(name) for name in tools]}
    return read_request(CHAT, body)


def names(request, reply):
    found = called(request, reply, lambda position: name_in(request.parts[position].text))
    return [name_in(request.parts[position].text) for position in found]


USER = {"role": "user", "content": "Is it late in Rome? time {}"}
CALL = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"choices": [{"message": {"content": "It is late, by the weather and the time."}}]}, []),
        ({"choices": [{"message": {"content": None, "tool_calls": [CALL]}}]}, ["weather"]),
        ({"choices": [{"message": {"content": 'I call "time"'}}]}, []),
    ],
)
def test_a_tool_is_called_when_the_reply_names_it_as_a_value(reply, expected):
    assert names(chat(USER), json.dumps(reply).encode()) == expected


def test_a_tool_is_called_when_a_stream_names_it():
    event = {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "time", "arguments": ""}}]}}]}
    assert names(chat(USER), f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()) == ["time"]


def test_a_tool_that_the_history_called_is_called():
    request = chat(
        USER, {"role": "assistant", "content": None, "tool_calls": [CALL]}, {"role": "tool", "content": "sun"}
    )
    assert names(request, b"{}") == ["weather"]


def test_without_tools_nothing_is_called():
    assert names(chat(USER, tools=()), b'{"name": "weather"}') == []


RESPONSE = {"object": "response", "parallel_tool_calls": True, "tools": [{"type": "function", "name": "weather"}]}


@pytest.mark.parametrize(("output", "expected"), [("message", []), ("function_call", ["weather"])])
def test_a_response_that_repeats_the_definitions_calls_none_of_them(output, expected):
    tool = {"type": "function", "name": "weather", "parameters": {}}
    request = read_request(RESPONSES, {"model": "gpt-5", "input": "Rome?", "tools": [tool]})
    reply = RESPONSE | {"output": [{"type": output, "name": "weather" if expected else None}]}
    assert names(request, json.dumps(reply, indent=2).encode()) == expected


def test_a_tool_of_the_provider_has_no_name_and_counts_as_called():
    body = {"model": "claude-sonnet-4-6", "messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "x"}]}
    assert names(read_request(ANTHROPIC, body), b"{}") == [None]


def test_a_schema_that_the_answer_must_follow_is_used_by_every_answer():
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
    request = read_request(CHAT, {"model": "gpt-4o", "messages": [USER], "response_format": form})
    assert len(list(called(request, b"{}", lambda _: "answer"))) == 1


@pytest.mark.parametrize("definition", ["", "[]", "null", '{"name": 5}', '{"function": []}', "[" * 5_000])
def test_what_is_no_definition_has_no_name(definition):
    assert name_in(definition) is None


@pytest.mark.parametrize(
    ("url", "body", "limit"),
    [
        (CHAT, {"messages": [], "model": "m", "max_tokens": 5}, 5),
        (CHAT, {"messages": [], "model": "m", "max_tokens": 5, "max_completion_tokens": 7}, 7),
        (CHAT, {"messages": [], "model": "m"}, None),
        (CHAT, {"messages": [], "model": "m", "max_tokens": "many"}, None),
        (CHAT.replace("/chat", ""), {"prompt": "Hi", "model": "m", "max_tokens": 16}, 16),
        (RESPONSES, {"input": "Hi", "model": "m", "max_output_tokens": 9}, 9),
        (ANTHROPIC, {"messages": [], "model": "m", "max_tokens": 400}, 400),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:generateContent",
            {"contents": [], "generationConfig": {"maxOutputTokens": 80}},
            80,
        ),
    ],
)
def test_the_output_limit_of_a_request_is_read(url, body, limit):
    assert read_request(url, body).output_limit == limit
