"""langchain's fake chat models: one call each, asked and streamed in every way, with the usage that a test states."""

from __future__ import annotations

import asyncio

import pytest

from pytest_llmcost.capture.fakes import langchain as ours
from pytest_llmcost.core.usage import Usage

pytest.importorskip("langchain_core")

from langchain_core.language_models.fake_chat_models import (
    FakeChatModel,
    FakeListChatModel,
    FakeMessagesListChatModel,
    GenericFakeChatModel,
    ParrotFakeChatModel,
)
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

QUESTION = [SystemMessage("Be brief."), HumanMessage("How is it?")]
MODELS = {
    "fake-list-chat-model": (lambda: FakeListChatModel(responses=["Fine"]), "Fine"),
    "fake-messages-list-chat-model": (lambda: FakeMessagesListChatModel(responses=[AIMessage("Fine")]), "Fine"),
    "fake-chat-model": (FakeChatModel, "fake response"),
    "generic-fake-chat-model": (lambda: GenericFakeChatModel(messages=iter([AIMessage("Fine")])), "Fine"),
    "parrot-fake-chat-model": (ParrotFakeChatModel, "How is it?"),
}


def read(recorder):
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


def invoke(model):
    return model.invoke(QUESTION).content


def ainvoke(model):
    return asyncio.run(model.ainvoke(QUESTION)).content


def stream(model):
    return "".join(chunk.content for chunk in model.stream(QUESTION))


def astream(model):
    async def run():
        return "".join([chunk.content async for chunk in model.astream(QUESTION)])

    return asyncio.run(run())


@pytest.mark.seen(
    area="fake",
    name="langchain's fake chat models, also async and as streams",
    client="a model",
    usage="counted",
    origin="fake",
)
@pytest.mark.parametrize("way", [invoke, ainvoke, stream, astream])
@pytest.mark.parametrize("name", MODELS)
def test_each_model_in_each_way_is_one_call(recorder, name, way):
    make, answer = MODELS[name]
    assert way(make()) == answer
    request, reply = read(recorder)
    assert (request.provider, request.model) == ("unknown", name)
    assert [(part.segment.value, part.text) for part in request.parts] == [
        ("system", "Be brief."),
        ("user", "How is it?"),
    ]
    assert (reply.usage, reply.text, reply.outcome) == (None, answer, "ok")


@pytest.mark.seen(
    area="fake",
    name="langchain's fake chat models, with `usage_metadata`",
    client="a model",
    usage="reported",
    origin="fake",
)
def test_a_usage_in_the_message_is_reported(recorder):
    usage = {"input_tokens": 40, "output_tokens": 5, "total_tokens": 45, "input_token_details": {"cache_read": 32}}
    invoke(GenericFakeChatModel(messages=iter([AIMessage("Fine", usage_metadata=usage)])))
    assert read(recorder)[1].usage == Usage(input_tokens=40, output_tokens=5, cache_read_tokens=32)


def test_tool_calls_are_part_of_what_is_asked_and_answered(recorder):
    calls = [{"name": "weather", "args": {"city": "Paris"}, "id": "1", "type": "tool_call"}]
    history = [*QUESTION, AIMessage("", tool_calls=calls), ToolMessage("sunny", tool_call_id="1")]
    GenericFakeChatModel(messages=iter([AIMessage("", tool_calls=calls)])).invoke(history)
    request, reply = read(recorder)
    assert any("Paris" in part.text for part in request.parts)
    assert "sunny" in [part.text for part in request.parts]
    assert "Paris" in reply.text


def test_a_stream_that_is_left_is_partial_and_one_that_nobody_reads_is_no_call(recorder):
    model = FakeListChatModel(responses=["Fine", "Well"])
    model.stream(QUESTION)
    assert recorder.flights() == []
    chunks = model.stream(QUESTION)
    assert next(chunks).content == "F"
    chunks.close()
    assert (read(recorder)[1].outcome, model.i) == ("partial", 1)


@pytest.mark.parametrize("way", [invoke, ainvoke, stream, astream])
@pytest.mark.parametrize("name", ["fake-list-chat-model", "fake-chat-model"])
def test_a_bug_of_ours_is_a_fault_and_no_more(recorder, name, way):
    make, answer = MODELS[name]
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(ours, "_request", None)
        assert way(make()) == answer
    assert recorder.faults
    recorder.faults.clear()
