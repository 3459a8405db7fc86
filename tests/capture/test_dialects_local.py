"""Ollama's own API, and Hugging Face's text generation."""

from __future__ import annotations

import json

import pytest
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

OLLAMA = "http://localhost:11434"
CHAT = f"{OLLAMA}/api/chat"
TIMES = {"total_duration": 5, "load_duration": 1, "prompt_eval_count": 9, "eval_count": 3}
USAGE = Usage(input_tokens=9, output_tokens=3)
TGI = "https://router.huggingface.co/hf-inference/models/acme/llama"


def lines(*values):
    return b"\n".join(json.dumps(value).encode() for value in values)


def test_a_chat_with_ollama_splits_into_parts():
    request = read_request(
        CHAT,
        {
            "model": "llama3.1",
            "messages": [
                {"role": "system", "content": "Be brief"},
                {"role": "user", "content": "Hi"},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}],
                },
                {"role": "tool", "content": "2"},
            ],
            "options": {"num_predict": 8},
        },
    )
    assert (request.provider, request.model, request.stream, request.output_limit) == ("ollama", "llama3.1", True, 8)
    assert [(segment, kind) for segment, kind, _ in shape(request)] == [
        ("system", "message"),
        ("history", "message"),
        ("history", "message"),
        ("history", "text"),
        ("user", "message"),
    ]


def test_a_prompt_is_generated_from():
    asked = {"model": "llama3.1", "prompt": "Once", "system": "Be brief", "stream": False}
    request = read_request(f"{OLLAMA}/api/generate", asked)
    assert (request.stream, shape(request)) == (False, [("system", "message", "Be brief"), ("user", "message", "Once")])


def test_loading_a_model_is_no_call():
    assert read_request(f"{OLLAMA}/api/generate", {"model": "llama3.1", "keep_alive": -1}) is None


@pytest.mark.parametrize(
    "reply",
    [
        {"model": "llama3.1", "done": True, "response": "Hi", **TIMES},
        lines({"model": "llama3.1", "message": {"content": "Hi"}, "done": False}, {"done": True, **TIMES}),
    ],
)
def test_the_last_object_has_the_usage(reply):
    read = read_reply(CHAT, reply)
    assert (read.model, read.usage, read.outcome, read.text) == ("llama3.1", USAGE, Outcome.OK, "")


def test_a_prompt_that_is_still_in_memory_is_no_input():
    assert read_reply(CHAT, {"done": True, "eval_count": 3}).usage == Usage(input_tokens=0, output_tokens=3)


def test_a_stream_that_was_cut_off_keeps_what_was_written():
    chunk = {"model": "llama3.1", "message": {"content": "Hi"}, "done": False}
    read = read_reply(CHAT, lines(chunk, chunk))
    assert (read.usage, read.outcome, read.text) == (None, Outcome.PARTIAL, "HiHi")


def test_an_error_of_ollama_is_one():
    assert read_reply(CHAT, {"error": "no such model"}, status=404).outcome is Outcome.REFUSED
    assert read_reply(CHAT, lines({"done": False}, {"error": "out of memory"})).outcome is Outcome.ERROR


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/embed", "/generate", "/generate_stream"])
@pytest.mark.parametrize("body", [{"messages": [], "prompt": "x", "input": "x", "inputs": "x"}, b"\x00", None])
def test_the_same_path_at_another_host_is_another_application(path, body):
    assert read_request(f"http://testserver{path}", body, reply={"text": "Hi"}) is None


def test_ollama_at_another_port_is_known_by_the_times_that_it_reports():
    assert read_request("http://gpu:8080/api/chat", {"messages": []}, reply=TIMES).provider == "ollama"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/embed", {"input": ["One", "Two"]}),
        ("/api/embed", {"input": "One"}),
        ("/api/embeddings", {"prompt": "One"}),
    ],
)
def test_ollama_embeds(path, asked):
    request = read_request(OLLAMA + path, {"model": "nomic", **asked})
    assert (request.operation, request.model, request.parts[0].text) == ("embeddings", "nomic", "One")


def test_the_newer_path_of_embeddings_states_tokens_and_the_older_none():
    assert read_reply(f"{OLLAMA}/api/embed", {"embeddings": [], "prompt_eval_count": 4}).usage == Usage(input_tokens=4)
    assert read_reply(f"{OLLAMA}/api/embeddings", {"embedding": []}).usage is None


def test_embeddings_below_api_may_be_in_the_form_of_openai():
    url = "https://openrouter.ai/api/embeddings"
    assert read_request(url, {"model": "m", "input": "One"}).provider == "openrouter"
    assert read_reply(url, {"data": [], "usage": {"prompt_tokens": 3, "total_tokens": 3}}).usage == Usage(
        input_tokens=3
    )


def test_text_generation_names_its_model_in_the_path():
    asked = {"inputs": "Once", "stream": True, "parameters": {"max_new_tokens": 6}}
    request = read_request(TGI, asked)
    assert (request.provider, request.operation, request.model) == ("huggingface", "chat", "acme/llama")
    assert (request.stream, request.output_limit, shape(request)) == (True, 6, [("user", "text", "Once")])


def test_a_pipeline_of_features_embeds():
    request = read_request(f"{TGI}/pipeline/feature-extraction", {"inputs": ["One", "Two"]})
    assert (request.operation, request.model, len(request.parts)) == ("embeddings", "acme/llama", 2)


@pytest.mark.parametrize("reply", [[{"generated_text": "Hi"}], {"generated_text": "Hi"}])
def test_a_server_of_ones_own_is_known_by_its_reply(reply):
    url, request = "http://tgi:8080/generate", {"inputs": "Once"}
    assert read_request(url, request, reply=reply).provider == "unknown"
    read = read_reply(url, reply, request=request)
    assert (read.usage, read.text, read.outcome) == (None, "Hi", Outcome.OK)


def test_a_stream_of_text_ends_with_the_whole():
    token = {"token": {"text": "Hi"}, "generated_text": None}
    whole = read_reply(TGI, events(token, {"token": {"text": "!"}, "generated_text": "Hi!"}), request={"inputs": "x"})
    assert (whole.text, whole.outcome) == ("Hi!", Outcome.OK)
    cut = read_reply(TGI, events(token, token), request={"inputs": "x"})
    assert (cut.text, cut.outcome) == ("HiHi", Outcome.PARTIAL)
