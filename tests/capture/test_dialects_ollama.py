"""Ollama's own API, and Hugging Face's text generation."""

from __future__ import annotations

import json

from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

HOST = "http://localhost:11434"
CHAT, GENERATE, EMBED = f"{HOST}/api/chat", f"{HOST}/api/generate", f"{HOST}/api/embed"
TIMES = {"total_duration": 9, "load_duration": 1}
DONE = {"model": "llama3.1", "done": True, "prompt_eval_count": 12, "eval_count": 3, **TIMES}
TGI = "http://tgi.test/generate"


def lines(*values):
    return b"\n".join(json.dumps(value).encode() for value in values)


def test_a_chat_streams_unless_told_otherwise():
    body = {"model": "llama3.1", "messages": [{"role": "user", "content": "Rome?"}], "options": {"num_predict": 4}}
    request = read_request(CHAT, body)
    assert shape(request) == [("user", "message", "Rome?")]
    assert (request.provider, request.model, request.stream, request.output_limit) == ("ollama", "llama3.1", True, 4)
    assert not read_request(CHAT, body | {"stream": False}).stream


def test_the_last_line_has_the_usage():
    wire = lines({"model": "llama3.1", "message": {"content": "It"}, "done": False}, DONE)
    reply = read_reply(CHAT, wire)
    assert (reply.usage, reply.outcome, reply.model) == (
        Usage(input_tokens=12, output_tokens=3),
        Outcome.OK,
        "llama3.1",
    )


def test_a_cut_stream_has_its_text():
    reply = read_reply(GENERATE, lines({"response": "He", "done": False}, {"response": "llo", "done": False}))
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, "Hello")


def test_a_stream_is_known_by_its_pieces_wherever_it_comes_from():
    asked, here = {"model": "llama3.1", "prompt": "Hi"}, "http://testserver/api/generate"
    piece = {"model": "llama3.1", "created_at": "2026-06-01T09:14:06Z", "response": "He", "done": False}
    assert read_request(here, asked, reply=piece).model == "llama3.1"
    for name in ("model", "created_at", "done"):
        assert read_request(here, asked, reply={key: piece[key] for key in piece if key != name}) is None


def test_loading_a_model_is_no_call():
    assert read_request(GENERATE, {"model": "llama3.1"}) is None


def test_the_same_path_elsewhere_is_a_call_only_when_ollama_answers():
    asked = {"model": "llama3.1", "messages": []}
    assert read_request("http://testserver/api/chat", asked) is None
    assert read_reply("http://models.test/api/chat", DONE, request=asked).usage == Usage(
        input_tokens=12, output_tokens=3
    )


def test_embeddings_of_either_path_are_read():
    assert read_request(EMBED, {"model": "e", "input": ["a", "b"]}).operation == "embeddings"
    assert read_reply(EMBED, {"embeddings": [[1]], "prompt_eval_count": 4}).usage == Usage(input_tokens=4)
    assert shape(read_request(f"{HOST}/api/embeddings", {"model": "e", "prompt": "a"})) == [("user", "text", "a")]


def test_others_speak_openai_at_the_older_path():
    url = "https://chat.test/api/embeddings"
    reply = read_reply(url, {"model": "e", "usage": {"prompt_tokens": 6}}, request={"model": "e", "input": "a"})
    assert reply.usage == Usage(input_tokens=6)


def test_text_generation_is_shown_by_its_reply():
    asked = {"inputs": "Once", "parameters": {"max_new_tokens": 3}}
    assert read_request(TGI, asked) is None
    reply = read_reply(TGI, {"generated_text": " upon"}, request=asked)
    assert (reply.usage, reply.text, reply.outcome) == (None, " upon", Outcome.OK)


def test_text_generation_streams_tokens():
    wire = events({"token": {"text": " up"}}, {"token": {"text": "on"}, "generated_text": " upon"})
    reply = read_reply(f"{TGI}_stream", wire, request={"inputs": "Once"})
    assert (reply.text, reply.outcome) == (" upon", Outcome.OK)


def test_the_inference_api_has_the_model_in_its_path():
    url = "https://router.huggingface.co/hf-inference/models/acme/llama"
    request = read_request(url, {"inputs": "Once"})
    assert (request.provider, request.model, request.operation) == ("huggingface", "acme/llama", "chat")
    assert read_request(f"{url}/pipeline/feature-extraction", {"inputs": ["a"]}).operation == "embeddings"
