"""Cohere: chat and embeddings of both versions, and reranking as others have it too."""

from __future__ import annotations

import json

import pytest
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

CHAT = "https://api.cohere.com/v2/chat"
OLD_CHAT = "https://api.cohere.com/v1/chat"
EMBED = "https://api.cohere.com/v2/embed"
OLD_EMBED = "https://api.cohere.ai/v1/embed"
RERANK = "https://api.cohere.com/v2/rerank"
BILLED = {"billed_units": {"input_tokens": 5, "output_tokens": 2}, "tokens": {"input_tokens": 71, "output_tokens": 4}}
USAGE = Usage(input_tokens=5, output_tokens=2)
CALLED = {"id": "t", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}


def test_a_chat_of_version_2_splits_into_parts():
    request = read_request(
        CHAT,
        {
            "model": "command-a-03-2025",
            "max_tokens": 7,
            "stream": True,
            "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
            "documents": ["A page", {"data": {"title": "B"}}],
        },
    )
    assert (request.provider, request.model, request.stream, request.output_limit) == (
        "cohere",
        "command-a-03-2025",
        True,
        7,
    )
    assert shape(request) == [
        ("system", "message", "Be brief"),
        ("user", "message", "Hi"),
        ("user", "text", "A page"),
        ("user", "text", '{"data":{"title":"B"}}'),
    ]


def test_a_chat_of_version_1_splits_into_parts():
    request = read_request(
        OLD_CHAT,
        {
            "message": "And now?",
            "preamble": "Be brief",
            "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello"}],
            "tool_results": [{"outputs": [{"sum": 3}]}],
        },
    )
    assert shape(request) == [
        ("system", "message", "Be brief"),
        ("history", "message", "Hi"),
        ("history", "message", "Hello"),
        ("user", "message", "And now?"),
        ("user", "text", '{"outputs":[{"sum":3}]}'),
    ]


@pytest.mark.parametrize(("url", "place"), [(CHAT, "usage"), (OLD_CHAT, "meta")])
def test_what_is_billed_is_the_usage(url, place):
    """`tokens` are more than that, by a prompt that Cohere adds."""
    reply = read_reply(url, {place: BILLED})
    assert (reply.usage, reply.outcome) == (USAGE, Outcome.OK)


def test_without_usage_what_was_written_is_kept():
    message = {"tool_plan": "I add.", "content": [{"type": "text", "text": "Three"}], "tool_calls": [CALLED]}
    reply = read_reply(CHAT, {"message": message})
    assert (reply.usage, reply.outcome) == (None, Outcome.OK)
    assert reply.text.startswith("I add.Three")
    assert "add" in reply.text[len("I add.Three") :]


DELTA = {"type": "content-delta", "delta": {"message": {"content": {"text": "Hi"}}}}
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": BILLED}}


def test_a_stream_of_version_2_ends_with_its_usage():
    reply = read_reply(CHAT, events(DELTA, END))
    assert (reply.usage, reply.outcome) == (USAGE, Outcome.OK)


def test_a_stream_that_was_cut_off_keeps_what_was_written():
    reply = read_reply(CHAT, events(DELTA, DELTA))
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, "HiHi")


@pytest.mark.parametrize(
    ("body", "first"),
    [
        ({"messages": []}, events({"type": "message-start", "id": "c1"})),
        ({"message": "Hi"}, b'{"is_finished": false, "event_type": "stream-start"}'),
    ],
)
def test_a_stream_is_known_by_its_start_wherever_it_comes_from(body, first):
    here = "http://127.0.0.1:8000/v1/chat"
    assert read_request(here, body, reply=first).provider == "cohere"
    assert read_request(here, body, reply=first.replace(b"-start", b"_start")) is None


def test_a_stream_that_fails_is_an_error():
    assert read_reply(CHAT, events({"type": "message-end", "delta": {"finish_reason": "ERROR"}})).outcome is (
        Outcome.ERROR
    )


def test_a_stream_of_version_1_has_one_object_a_line():
    lines = [
        {"event_type": "text-generation", "text": "Hi"},
        {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"meta": BILLED}},
    ]
    whole = "\n".join(map(json.dumps, lines)).encode()
    reply = read_reply(OLD_CHAT, whole)
    assert (reply.usage, reply.outcome) == (USAGE, Outcome.OK)
    assert read_reply(OLD_CHAT, b"\n".join([json.dumps(lines[0]).encode()] * 2)).text == "HiHi"


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (EMBED, {"model": "embed-v4.0", "texts": ["One", "Two"]}),
        (OLD_EMBED, {"model": "embed-v4.0", "texts": ["One", "Two"]}),
        (
            EMBED,
            {"model": "embed-v4.0", "inputs": [{"content": [{"type": "text", "text": t}]} for t in ("One", "Two")]},
        ),
    ],
)
def test_texts_are_embedded(url, body):
    request = read_request(url, body)
    assert (request.provider, request.operation, request.model) == ("cohere", "embeddings", "embed-v4.0")
    assert [part.text for part in request.parts] == ["One", "Two"]


@pytest.mark.parametrize(
    ("units", "usage"),
    [
        ({"input_tokens": 6}, Usage(input_tokens=6)),
        ({"input_tokens": 6, "image_tokens": 4}, Usage(input_tokens=10)),
        ({"images": 1}, None),
    ],
)
def test_embeddings_state_what_is_billed(units, usage):
    value = {"embeddings": {"float": [[0.5] * 3000]}, "meta": {"billed_units": units}}
    assert read_reply(EMBED, value).usage == usage


@pytest.mark.parametrize("path", ["/v1/chat", "/v2/chat", "/v1/embed", "/v2/embed"])
@pytest.mark.parametrize("body", [{"message": "Hi", "messages": [], "texts": ["Hi"]}, b"\x00", None])
def test_the_same_path_at_another_host_is_another_application(path, body):
    assert read_request(f"http://testserver{path}", body, reply={"text": "Hi"}) is None


def test_a_gateway_is_known_by_the_units_that_are_billed():
    request = read_request("http://localhost:4000/v2/chat", {"model": "m", "messages": []}, reply={"usage": BILLED})
    assert request.provider == "cohere"


QUESTION = {"model": "rerank-v3.5", "query": "Who?", "documents": ["Ann", {"text": "Bob"}]}


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        (RERANK, "cohere"),
        ("https://api.voyageai.com/v1/rerank", "voyage"),
        ("https://api.jina.ai/v1/rerank", "jina"),
        ("https://api.together.xyz/v1/rerank", "together"),
    ],
)
def test_reranking_has_a_query_and_documents(url, provider):
    request = read_request(url, QUESTION)
    assert (request.provider, request.operation, request.model) == (provider, "rerank", "rerank-v3.5")
    assert [part.text for part in request.parts] == ["Who?", "Ann", '{"text":"Bob"}']


def test_reranking_states_searches_or_tokens():
    searched = read_reply(RERANK, {"results": [], "meta": {"billed_units": {"search_units": 1}}})
    assert (searched.usage, searched.pieces, searched.outcome) == (None, Usage(rerank_searches=1), Outcome.OK)
    counted = read_reply("https://api.voyageai.com/v1/rerank", {"data": [], "usage": {"total_tokens": 9}})
    assert (counted.usage, counted.note) == (Usage(input_tokens=9), None)


@pytest.mark.parametrize("body", [{"query": "x"}, {"query": "x", "documents": ["y"]}, ["x"], b"\x00"])
def test_a_rerank_of_another_application_is_no_call(body):
    assert read_request("http://testserver/rerank", body) is None
