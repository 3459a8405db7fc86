"""Interactions, conversations, runs, caches, and what nobody bills."""

from __future__ import annotations

import pytest
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

GOOGLE = "https://generativelanguage.googleapis.com/v1beta"
INTERACTIONS = f"{GOOGLE}/interactions"
CONVERSATIONS = "https://api.mistral.ai/v1/conversations"
RUNS = "https://api.openai.com/v1/threads/t_1/runs"
CACHES = f"{GOOGLE}/cachedContents"
COUNTS = {"total_input_tokens": 9, "total_output_tokens": 3, "total_thought_tokens": 4, "total_cached_tokens": 2}
CHAT = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def test_an_interaction_splits_into_parts():
    turns = [{"role": "user", "content": "Hi"}, {"role": "model", "content": [{"type": "text", "text": "Hello"}]}]
    asked = {"model": "models/gemini-3-pro", "input": turns, "system_instruction": "Be brief"}
    request = read_request(INTERACTIONS, {**asked, "generation_config": {"max_output_tokens": 5}})
    assert (request.provider, request.model, request.output_limit) == ("google", "gemini-3-pro", 5)
    assert shape(request) == [
        ("system", "text", "Be brief"),
        ("user", "message", "Hi"),
        ("history", "message", "Hello"),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "completed", "model": "gemini-3-pro", "usage": COUNTS},
        events(
            {"event_type": "interaction.start", "interaction": {"model": "gemini-3-pro"}},
            {"event_type": "interaction.complete", "interaction": {"usage": COUNTS}},
        ),
    ],
)
def test_the_thoughts_of_an_interaction_are_output(reply):
    read = read_reply(INTERACTIONS, reply)
    assert (read.model, read.outcome) == ("gemini-3-pro", Outcome.OK)
    assert (read.usage.input_tokens, read.usage.output_tokens) == (9, 7)
    assert (read.usage.reasoning_tokens, read.usage.cache_read_tokens) == (4, 2)


def test_an_interaction_that_goes_on_or_fails_says_so():
    assert read_reply(INTERACTIONS, {"status": "in_progress"}).outcome is Outcome.PARTIAL
    assert read_reply(INTERACTIONS, {"status": "failed"}).outcome is Outcome.ERROR


@pytest.mark.parametrize("path", ["interactions", "conversations", "threads/1/runs", "cachedContents", "moderations"])
@pytest.mark.parametrize("body", [{"input": "x", "inputs": "x", "agent": "a", "assistant_id": "1"}, b"\x00", None])
def test_the_same_path_at_another_host_is_another_application(path, body):
    assert read_request(f"http://testserver/v1/{path}", body, reply={"id": 1}) is None


def test_a_conversation_has_a_model_or_an_agent():
    request = read_request(CONVERSATIONS, {"agent_id": "ag_1", "inputs": "Hi", "instructions": "Be brief"})
    assert (request.model, shape(request)) == ("ag_1", [("system", "message", "Be brief"), ("user", "message", "Hi")])
    read = read_reply(CONVERSATIONS, {"outputs": [{"model": "mistral-medium", "content": "Hello"}], "usage": CHAT})
    assert (read.model, read.usage.input_tokens, read.usage.output_tokens) == ("mistral-medium", 9, 3)


def test_a_stream_of_a_conversation_ends_with_the_usage():
    said = {"type": "message.output.delta", "model": "mistral-medium", "content": "Hello"}
    whole = read_reply(CONVERSATIONS, events(said, {"type": "conversation.response.done", "usage": CHAT}))
    assert (whole.usage.output_tokens, whole.outcome) == (3, Outcome.OK)
    cut = read_reply(CONVERSATIONS, events(said))
    assert (cut.usage, cut.text, cut.outcome) == (None, "Hello", Outcome.PARTIAL)


def test_a_run_without_a_stream_says_that_its_usage_comes_later():
    asked = read_request(RUNS, {"assistant_id": "a", "model": "gpt-4o", "instructions": "Be brief"})
    assert (asked.provider, asked.model, shape(asked)) == ("openai", "gpt-4o", [("system", "message", "Be brief")])
    read = read_reply(RUNS, {"object": "thread.run", "status": "queued", "model": "gpt-4o", "usage": None})
    assert (read.usage, read.outcome) == (None, Outcome.PARTIAL)
    assert read.note == "its usage comes in a later reply and is not in this figure"


def test_a_run_with_a_stream_has_it():
    run = {"object": "thread.run", "status": "completed", "model": "gpt-4o", "usage": CHAT}
    read = read_reply(RUNS, events({**run, "status": "queued", "usage": None}, run))
    assert (read.model, read.usage.output_tokens, read.outcome) == ("gpt-4o", 3, Outcome.OK)


def test_a_cache_is_kept_and_states_its_tokens():
    request = read_request(CACHES, {"model": "models/gemini-2.5-flash", "contents": [{"parts": [{"text": "Long"}]}]})
    assert (request.operation, request.model, request.parts[0].text) == ("cache", "gemini-2.5-flash", "Long")
    assert read_reply(CACHES, {"usageMetadata": {"totalTokenCount": 800}}).usage == Usage(input_tokens=800)


@pytest.mark.parametrize(
    ("url", "body", "model"),
    [
        ("https://api.anthropic.com/v1/messages/count_tokens", {"model": "claude", "messages": []}, "claude"),
        ("https://api.anthropic.com/v1/messages/count_tokens?beta=true", {"model": "claude", "messages": []}, "claude"),
        (f"{GOOGLE}/models/gemini-2.5-flash:countTokens", {"contents": []}, "gemini-2.5-flash"),
        ("https://api.openai.com/v1/responses/input_tokens", {"model": "gpt-4o", "input": "Hi"}, "gpt-4o"),
    ],
)
def test_counting_tokens_is_seen_and_has_no_usage_of_its_own(url, body, model):
    request = read_request(url, body)
    assert (request.operation, request.model, request.parts) == ("count", model, ())
    read = read_reply(url, {"input_tokens": 900, "totalTokens": 900})
    assert (read.usage, read.outcome) == (Usage(), Outcome.OK)
    assert read_reply(url, {"error": {}}, status=400).outcome is Outcome.REFUSED


def test_moderation_is_free_at_openai_and_counted_elsewhere():
    ours = "https://api.openai.com/v1/moderations"
    assert read_request(ours, {"input": "Hi"}).operation == "moderation"
    assert read_reply(ours, {"model": "omni-moderation-latest", "results": []}).usage == Usage()
    theirs = "https://api.mistral.ai/v1/chat/moderations"
    asked = {"model": "mistral-moderation-latest", "input": [[{"role": "user", "content": "Hi"}]]}
    assert [part.text for part in read_request(theirs, asked).parts] == ["Hi"]
    assert read_reply(theirs, {"results": [], "usage": CHAT}).usage.input_tokens == 9
