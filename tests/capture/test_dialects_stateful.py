"""APIs that keep a state: Gemini's interactions and caches, Mistral's conversations, runs of assistants."""

from __future__ import annotations

import pytest
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

GOOGLE = "https://generativelanguage.googleapis.com/v1beta"
INTERACTIONS = f"{GOOGLE}/interactions"
CONVERSATIONS = "https://api.mistral.ai/v1/conversations"
RUNS = "https://mine.openai.azure.com/openai/threads/t1/runs"
STATED = {
    "total_input_tokens": 10,
    "total_tool_use_tokens": 2,
    "total_output_tokens": 5,
    "total_thought_tokens": 4,
    "total_cached_tokens": 3,
}
INTERACTED = Usage(input_tokens=12, output_tokens=9, cache_read_tokens=3, reasoning_tokens=4)
CHATTED = {"prompt_tokens": 6, "completion_tokens": 2, "total_tokens": 8}


def test_an_interaction_is_read():
    asked = {"model": "models/gemini-3-flash", "system_instruction": "Be brief.", "input": "Rome?"}
    request = read_request(INTERACTIONS, asked)
    assert shape(request) == [("system", "text", "Be brief."), ("user", "message", "Rome?")]
    assert (request.provider, request.model) == ("google", "gemini-3-flash")
    assert read_reply(INTERACTIONS, {"status": "completed", "usage": STATED}).usage == INTERACTED


def test_an_interaction_that_goes_on_is_partial():
    assert read_reply(INTERACTIONS, {"status": "in_progress", "usage": STATED}).outcome is Outcome.PARTIAL


def test_the_end_of_a_streamed_interaction_has_the_usage():
    delta = {"event_type": "step.delta", "delta": {"type": "text", "text": "Hi"}}
    done = {"event_type": "interaction.completed", "interaction": {"usage": STATED, "model": "g"}}
    reply = read_reply(INTERACTIONS, events(delta, done))
    assert (reply.usage, reply.outcome, reply.model) == (INTERACTED, Outcome.OK, "g")
    cut = read_reply(INTERACTIONS, events(delta))
    assert (cut.usage, cut.outcome, cut.text, cut.so_far) == (None, Outcome.PARTIAL, "Hi", None)


def test_a_streamed_interaction_that_is_left_has_the_usage_so_far():
    begun = {"event_type": "interaction.start", "interaction": {"usage": STATED, "model": "g"}}
    cut = read_reply(INTERACTIONS, events(begun, {"event_type": "step.delta", "delta": {"type": "text", "text": "Hi"}}))
    assert (cut.usage, cut.outcome, cut.text, cut.so_far) == (None, Outcome.PARTIAL, "Hi", INTERACTED)


def test_interactions_of_an_application_are_no_call():
    assert read_request("http://testserver/interactions", {"kind": "click"}) is None


def test_a_cache_states_what_it_keeps():
    url, asked = f"{GOOGLE}/cachedContents", {"model": "models/g", "contents": [{"parts": [{"text": "long"}]}]}
    request = read_request(url, asked)
    assert (request.operation, request.model, len(request.parts)) == ("cache", "g", 1)
    assert read_reply(url, {"usageMetadata": {"totalTokenCount": 4096}}).usage == Usage(input_tokens=4096)


def test_mistral_begins_a_conversation():
    request = read_request(CONVERSATIONS, {"model": "mistral-small-latest", "instructions": "x", "inputs": "Rome?"})
    assert shape(request) == [("system", "message", "x"), ("user", "message", "Rome?")]
    usage = Usage(input_tokens=6, output_tokens=2)
    assert read_reply(CONVERSATIONS, {"outputs": [{"model": "m"}], "usage": CHATTED}).usage == usage
    wire = events(
        {"type": "message.output.delta", "content": "Hi"}, {"type": "conversation.response.done", "usage": CHATTED}
    )
    assert (read_reply(CONVERSATIONS, wire).usage, read_reply(CONVERSATIONS, wire).outcome) == (usage, Outcome.OK)


def test_openais_conversations_are_no_call():
    assert read_request("https://api.openai.com/v1/conversations", {"items": []}) is None


@pytest.mark.parametrize("status", ["completed", "requires_action"])
def test_a_streamed_run_has_its_usage(status):
    wire = events(
        {"object": "thread.run", "status": "queued", "usage": None},
        {"object": "thread.run", "status": status, "usage": CHATTED, "model": "gpt-4o"},
        "[DONE]",
    )
    reply = read_reply(RUNS, wire, request={"assistant_id": "a", "stream": True})
    assert (reply.usage, reply.outcome, reply.model) == (Usage(input_tokens=6, output_tokens=2), Outcome.OK, "gpt-4o")


def test_the_usage_of_any_other_run_comes_later():
    reply = read_reply(RUNS, {"object": "thread.run", "status": "queued", "usage": None})
    assert (reply.usage, reply.outcome, reply.note is None) == (None, Outcome.PARTIAL, False)


def test_runs_of_others_are_no_call():
    assert read_request("http://localhost:2024/threads/t1/runs", {"assistant_id": "agent"}) is None
