"""What a request has beside its text and pays for: encrypted thoughts, options, media in results of tools."""

from __future__ import annotations

import base64

import pytest
from dialect_exchanges import CHAT, GEMINI, MESSAGES, RESPONSES, read_request, shape

CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-sonnet-4-5/converse"
VERTEX = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/gemini-3:generateContent"
INTERACTIONS = "https://generativelanguage.googleapis.com/v1beta/interactions"
USER = {"role": "user", "content": "Hi"}


def kinds(request):
    return [row[1] for row in shape(request)]


def options(request):
    return [text for _, kind, text in shape(request) if kind == "option"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, []),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, ["thinking"]),
        ({"thinking": {"type": "adaptive"}}, ["adaptive"]),
        ({"thinking": {"type": "disabled"}}, []),
        ({"thinking": "yes", "tool_choice": "any"}, []),
        ({"tool_choice": {"type": "tool", "name": "f"}}, ["forced"]),
        ({"tool_choice": {"type": "auto"}}, []),
    ],
)
def test_what_is_asked_of_claude_is_an_option_at_the_end(more, found):
    request = read_request(MESSAGES, {"model": "claude-sonnet-4-5", "messages": [USER]} | more)
    assert options(request) == found
    assert kinds(request) == ["message", *["option"] * len(found)]


def test_bedrock_asks_the_same_in_other_words():
    body = {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "toolConfig": {"tools": [], "toolChoice": {"any": {}}},
        "additionalModelRequestFields": {"thinking": {"type": "enabled"}},
    }
    assert options(read_request(CONVERSE, body)) == ["thinking", "forced"]


def test_a_gateway_asks_claude_to_think_in_the_form_of_openai():
    asked = {"messages": [USER], "reasoning": {"effort": "high"}}
    assert options(read_request(CHAT, {"model": "anthropic/claude-sonnet-4.5"} | asked)) == ["thinking"]
    assert options(read_request(CHAT, {"model": "gpt-5"} | asked)) == []


def test_servers_of_tools_are_tools_without_their_address():
    servers = [{"type": "url", "url": "https://example.org/?key=secret", "authorization_token": "secret"}]
    request = read_request(MESSAGES, {"model": "claude-sonnet-4-5", "messages": [USER], "mcp_servers": servers})
    assert shape(request)[0] == ("tools", "tool", '{"type":"mcp"}')
    assert "secret" not in str(request)


def test_messages_before_a_compaction_are_not_read():
    compaction = {"role": "assistant", "content": [{"type": "compaction", "content": "They talked."}]}
    body = {"model": "claude-sonnet-4-6", "messages": [USER, compaction, {"role": "user", "content": "So?"}]}
    assert [text for *_, text in shape(read_request(MESSAGES, body))] == ["They talked.", "So?"]


def test_thoughts_since_the_last_question_are_read_again():
    thought = {"type": "reasoning", "summary": [], "encrypted_content": "abc"}
    call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}
    result = {"type": "function_call_output", "call_id": "1", "output": "1"}
    turn = [USER, thought, call, result]
    request = read_request(RESPONSES, {"model": "gpt-5", "input": turn})
    assert kinds(request) == ["message", "sealed", "text", "message"]
    assert "sealed" not in kinds(read_request(RESPONSES, {"model": "gpt-5", "input": [*turn, USER]}))


def test_items_before_a_compaction_are_not_read_and_it_is():
    compaction = {"type": "compaction", "encrypted_content": "abc"}
    request = read_request(
        RESPONSES, {"model": "gpt-5", "input": [USER, compaction, {"role": "user", "content": "So?"}]}
    )
    assert [(kind, text) for _, kind, text in shape(request)] == [("sealed", "abc"), ("message", "So?")]


def test_a_conversation_that_is_to_be_summed_up_is_told_apart():
    body = {"model": "gpt-5", "input": [USER]}
    assert options(read_request(f"{RESPONSES}/compact", body)) == ["compacting"]
    assert options(read_request(RESPONSES, body)) == []


def test_a_thought_that_is_only_named_is_said_in_a_part():
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Adding"}]}
    turn = [USER, thought, {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}]
    assert options(read_request(RESPONSES, {"model": "gpt-5", "input": turn})) == ["recalled"]
    assert options(read_request(RESPONSES, {"model": "gpt-5", "input": [*turn, USER]})) == []
    sealed = thought | {"encrypted_content": "abc"}
    assert options(read_request(RESPONSES, {"model": "gpt-5", "input": [USER, sealed]})) == []


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(("calls", "found"), [([CALL], []), ([CALL] * 2, ["parallel"]), ([CALL] * 3, ["parallel"])])
def test_calls_of_several_tools_in_one_message_are_told_apart(calls, found):
    body = {"model": "gpt-4o", "messages": [USER, {"role": "assistant", "tool_calls": calls}]}
    assert options(read_request(CHAT, body)) == found


@pytest.mark.parametrize(
    ("choice", "found"),
    [({"type": "function", "function": {"name": "f"}}, ["named"]), ("auto", []), ("required", []), (None, []),
     ({"type": "auto"}, []), ({"type": ["function"]}, []), (3, [])],
)  # fmt: skip
def test_that_one_tool_must_be_called_is_told_apart(choice, found):
    chat = {"model": "gpt-4o", "messages": [USER], "tool_choice": choice}
    assert options(read_request(CHAT, chat)) == found
    assert options(read_request(RESPONSES, {"model": "gpt-4o", "input": [USER], "tool_choice": choice})) == found


def test_a_deferred_tool_of_claude_is_in_the_prompt_once_a_message_refers_to_it():
    tools = [{"name": "a", "input_schema": {}}, {"name": "b", "input_schema": {}, "defer_loading": True}]
    body = {"model": "claude-opus-4-8", "messages": [USER], "tools": tools}
    assert kinds(read_request(MESSAGES, body)) == ["tool", "message"]
    added = {"role": "system", "content": [{"type": "tool_addition", "tool": {"type": "tool_reference", "name": "b"}}]}
    reference = {"type": "tool_reference", "tool_name": "b"}
    found = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [reference]}]}
    hits = {"type": "tool_search_tool_search_result", "tool_references": [reference]}
    searched = {"role": "assistant", "content": [{"type": "tool_search_tool_result", "content": hits}]}
    for message in (added, found, searched):
        request = read_request(MESSAGES, body | {"messages": [USER, message]})
        assert kinds(request).count("tool") == 2
    assert "tool_reference" not in str(read_request(MESSAGES, body | {"messages": [USER, added, found]}))


KEPT = {"previous_response_id": "resp_1"}
FURTHER = {"model": "gemini-2.5-flash", "input": "Hi", "previous_interaction_id": "int_1"}


@pytest.mark.parametrize(
    ("url", "body", "found"),
    [
        (RESPONSES, {"model": "gpt-5", "input": [USER]} | KEPT, ["kept"]),
        (f"{RESPONSES}/compact", {"model": "gpt-5"} | KEPT, ["compacting", "kept"]),
        (RESPONSES, {"prompt": {"id": "pmpt_1"}, "input": "Hi"}, ["kept"]),
        (RESPONSES, {"model": "gpt-5", "input": [USER], "conversation": "conv_1"}, ["conversation"]),
        (RESPONSES, {"model": "gpt-5", "input": [USER], "previous_response_id": None, "conversation": None}, []),
        (CHAT, {"model": "gpt-5", "messages": [USER], "preset": "@preset/short"}, ["kept"]),
        (INTERACTIONS, FURTHER, ["kept"]),
        ("https://api.mistral.ai/v1/conversations", {"inputs": "Hi"}, []),
        ("https://api.mistral.ai/v1/conversations/conv_1", {"inputs": "Hi"}, ["kept"]),
        ("https://api.mistral.ai/v1/conversations/conv_1/restart", {"inputs": "Hi"}, ["kept"]),
    ],
)
def test_what_the_provider_has_kept_is_said_in_a_part(url, body, found):
    assert options(read_request(url, body)) == found


def test_tools_that_come_later_are_told_apart_unless_they_were_searched_for():
    later = {"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "f"}]}
    body = {"model": "gpt-5.4", "input": [USER, later]}
    assert options(read_request(RESPONSES, body)) == ["adding"]
    assert options(read_request(RESPONSES, body | {"tools": [{"type": "tool_search"}]})) == []


def test_earlier_thoughts_of_glm_are_read_only_where_they_are_to_be_kept():
    said = {"role": "assistant", "content": "323", "reasoning_content": "17 times 19"}
    body = {"model": "glm-4.7", "messages": [USER, said, USER]}
    kept = read_request(CHAT, body | {"thinking": {"type": "enabled", "clear_thinking": False}})
    assert ("history", "text", "17 times 19") in shape(kept)
    for thinking in ({"thinking": {"clear_thinking": True}}, {"thinking": "yes"}, {}):
        assert "17 times 19" not in str(read_request(CHAT, body | thinking))


def gemini(*turns):
    return {"contents": [{"role": role, "parts": list(parts)} for role, *parts in turns]}


CALL = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "abc"}
RESULT = {"functionResponse": {"name": "f", "response": {"a": 1}}}


def test_signed_thoughts_of_gemini_count_until_the_user_speaks_again():
    turn = (("user", {"text": "Hi"}), ("model", CALL), ("user", RESULT))
    assert "sealed" in kinds(read_request(GEMINI, gemini(*turn)))
    assert "sealed" not in kinds(read_request(GEMINI, gemini(*turn, ("user", {"text": "So?"}))))
    picture = {"inlineData": {"mimeType": "image/png", "data": ""}}
    assert "sealed" not in kinds(read_request(GEMINI, gemini(*turn, ("user", picture))))


def test_media_in_the_result_of_a_tool_are_media():
    data = base64.b64encode(b"sound").decode()
    result = {"functionResponse": {"name": "f", "parts": [{"inlineData": {"mimeType": "audio/wav", "data": data}}]}}
    request = read_request(GEMINI, gemini(("user", result)))
    assert [(kind, text) for _, kind, text in shape(request)] == [
        ("message", '{"functionResponse":{"name":"f"}}'), ("audio", ""),
    ]  # fmt: skip
    assert request.parts[1].data == b"sound"


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ({"fileUri": "https://youtu.be/abc"}, "video"),
        ({"fileUri": "https://www.youtube.com/watch?v=abc"}, "video"),
        ({"fileUri": "gs://films/a", "mimeType": "video/mp4"}, "video"),
        ({"fileUri": "gs://files/a"}, "document"),
        ({"fileUri": 3}, "document"),
    ],
)
def test_a_film_is_known_by_its_type_or_its_address(file, kind):
    assert kinds(read_request(GEMINI, gemini(("user", {"fileData": file}))))[0] == kind


def test_vertex_counts_in_a_way_of_its_own():
    body = gemini(("user", {"text": "Hi"}))
    assert read_request(VERTEX, body).counted_as == "google-vertex"
    assert read_request(GEMINI, body).counted_as is None
    assert read_request(VERTEX, body).provider == "google"
