"""Cohere's chat, embeddings and reranking."""

from __future__ import annotations

import json

import pytest
from dialect_exchanges import events, read_reply, read_request, shape

from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

V1, V2 = "https://api.cohere.com/v1/chat", "https://api.cohere.com/v2/chat"
EMBED, RERANK = "https://api.cohere.com/v2/embed", "https://api.cohere.com/v2/rerank"
UNITS = {"billed_units": {"input_tokens": 5, "output_tokens": 7}, "tokens": {"input_tokens": 70, "output_tokens": 9}}
BILLED = Usage(input_tokens=5, output_tokens=7)


def test_version_2_reads_as_chat():
    request = read_request(
        V2,
        {
            "model": "command-a",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Rome?"}],
            "documents": ["A city."],
            "max_tokens": 9,
        },
    )
    assert shape(request) == [
        ("system", "message", "Be brief."),
        ("user", "message", "Rome?"),
        ("user", "text", "A city."),
    ]
    assert (request.provider, request.model, request.output_limit) == ("cohere", "command-a", 9)


def test_version_1_has_its_history_apart():
    request = read_request(
        V1,
        {
            "message": "And Oslo?",
            "preamble": "Be brief.",
            "chat_history": [{"role": "USER", "message": "Rome?"}, {"role": "CHATBOT", "message": "Italy."}],
        },
    )
    assert shape(request) == [
        ("system", "message", "Be brief."),
        ("history", "message", "Rome?"),
        ("history", "message", "Italy."),
        ("user", "message", "And Oslo?"),
    ]


WIRES = {
    "whole, version 2": (V2, {"message": {"content": [{"type": "text", "text": "Hi"}]}, "usage": UNITS}),
    "whole, version 1": (V1, {"text": "Hi", "meta": UNITS}),
    "events": (V2, events({"type": "message-start"}, {"type": "message-end", "delta": {"usage": UNITS}})),
    "lines": (
        V1,
        b"\n".join(
            json.dumps(one).encode()
            for one in (
                {"event_type": "stream-start"},
                {"event_type": "text-generation", "text": "Hi"},
                {"event_type": "stream-end", "response": {"meta": UNITS}},
            )
        ),
    ),
}


@pytest.mark.parametrize(("url", "wire"), WIRES.values(), ids=WIRES)
def test_what_is_billed_is_the_usage(url, wire):
    reply = read_reply(url, wire)
    assert (reply.usage, reply.outcome) == (BILLED, Outcome.OK)


def test_a_cut_stream_has_its_text():
    chunk = {"type": "content-delta", "delta": {"message": {"content": {"text": "Hel"}}}}
    reply = read_reply(V2, events(chunk), stream=True, complete=False)
    assert (reply.usage, reply.outcome, reply.text) == (None, Outcome.PARTIAL, "Hel")


def test_a_chat_of_the_application_itself_is_no_call():
    assert read_request("http://testserver/v1/chat", {"message": "Rome?"}) is None
    assert read_request("http://testserver/v2/embed", {"texts": ["a"]}) is None
    assert read_request("http://testserver/rerank", {"query": "a"}) is None


def test_behind_a_gateway_what_is_billed_shows_cohere():
    reply = read_reply("http://gateway.test/v2/chat", {"usage": UNITS}, request={"model": "c", "messages": []})
    assert reply.usage == BILLED


def test_embeddings_count_texts_and_images():
    request = read_request(EMBED, {"model": "embed-v4.0", "texts": ["a", "b"]})
    assert (request.operation, [part.text for part in request.parts]) == ("embeddings", ["a", "b"])
    units = {"meta": {"billed_units": {"input_tokens": 2, "image_tokens": 3}}}
    assert read_reply(EMBED, units).usage == Usage(input_tokens=5)


def test_reranking_is_billed_by_searches_or_by_tokens():
    asked = {"model": "rerank-v3.5", "query": "Rome", "documents": ["a", {"text": "b"}]}
    assert [part.text for part in read_request(RERANK, asked).parts] == ["Rome", "a", '{"text":"b"}']
    reply = read_reply(RERANK, {"results": [], "meta": {"billed_units": {"search_units": 2}}}, request=asked)
    assert (reply.usage, reply.outcome, reply.note) == (None, Outcome.OK, "search units: 2")
    voyage = read_reply("https://api.voyageai.com/v1/rerank", {"usage": {"total_tokens": 26}}, request=asked)
    assert voyage.usage == Usage(input_tokens=26)
