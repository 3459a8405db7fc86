"""pydantic-ai's test models: each request is a call, with its prompt, its tools and its answer, and nothing guessed."""

from __future__ import annotations

import asyncio

import pytest

from pytest_llmcost.capture.fakes import pydantic_ai as ours
from pytest_llmcost.core.usage import Usage

pytest.importorskip("pydantic_ai")

from pydantic_ai import Agent, ImageUrl
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage


def agent(model):
    made = Agent(model, system_prompt="Be brief.", instructions="Answer in French.")

    @made.tool_plain
    def weather(city: str) -> str:
        """Tell the weather in a city."""
        return f"sunny in {city}"

    return made


def ask(model, question):
    """Run an agent in a loop of its own: its `run_sync()` leaves one open."""
    return asyncio.run(agent(model).run(question))


def read(flight):
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


@pytest.mark.seen(area="fake", name="pydantic-ai `TestModel`", client="a model", usage="counted", origin="fake")
def test_each_request_of_a_test_model_is_a_call(recorder):
    result = ask(TestModel(custom_output_text="Oui"), "How is it?")
    assert result.output == "Oui"
    first, second = (read(flight) for flight in recorder.flights())
    request, reply = first
    assert (request.provider, request.model) == ("unknown", "test")
    texts = {(part.segment.value, part.kind): part.text for part in request.parts}
    assert texts["user", "message"] == "How is it?"
    assert "weather" in texts["tools", "tool"]
    assert {part.text for part in request.parts if part.segment == "system"} == {"Be brief.", "Answer in French."}
    assert (reply.usage, reply.outcome) == (None, "ok")
    assert "weather" in reply.text
    request, reply = second
    assert any("sunny in a" in part.text for part in request.parts)
    assert reply.text == "Oui"


@pytest.mark.seen(
    area="fake",
    name="pydantic-ai `FunctionModel`",
    client="a model",
    usage="counted, unless the function states them",
    origin="fake",
)
def test_a_function_model_is_counted_unless_it_states_its_usage(recorder):
    def answer(messages, info):
        return ModelResponse(parts=[TextPart("Bien")])

    def stating(messages, info):
        return ModelResponse(parts=[TextPart("Bien")], usage=RequestUsage(input_tokens=70, output_tokens=4))

    ask(FunctionModel(answer), "How is it?")
    ask(FunctionModel(stating), "How is it?")
    (_, counted), (_, stated) = (read(flight) for flight in recorder.flights())
    assert (counted.usage, counted.text) == (None, "Bien")
    assert (stated.usage.input_tokens, stated.usage.output_tokens) == (70, 4)


@pytest.mark.seen(
    area="fake", name="pydantic-ai `FunctionModel`, a stream", client="a model", usage="counted", origin="fake"
)
def test_a_function_that_streams_is_one_call_with_all_of_its_text(recorder):
    async def stream(messages, info):
        yield "Tres "
        yield "bien"

    async def run():
        async with agent(FunctionModel(stream_function=stream)).run_stream("How is it?") as streamed:
            return [text async for text in streamed.stream_text(delta=True, debounce_by=None)]

    assert asyncio.run(run()) == ["Tres ", "bien"]
    (flight,) = recorder.flights()
    request, reply = read(flight)
    assert "How is it?" in [part.text for part in request.parts]
    assert (reply.text, reply.usage) == ("Tres bien", None)


def test_media_in_a_prompt_are_media(recorder):
    picture = ImageUrl(url="https://example.com/cat.png")
    ask(TestModel(call_tools=[], custom_output_text="Oui"), ["What is it?", picture])
    ((request, _),) = (read(flight) for flight in recorder.flights())
    assert [part.kind for part in request.parts if part.segment == "media"] == ["image"]


def test_an_error_in_a_function_is_its_own(recorder):
    def answer(messages, info):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ask(FunctionModel(answer), "How is it?")
    assert recorder.flights() == []


@pytest.mark.parametrize("name", ["_messages", "_answer", "note"])
def test_a_bug_of_ours_is_a_fault_and_no_more(recorder, name):
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(ours, name, None)
        assert ask(TestModel(call_tools=[], custom_output_text="Oui"), "How is it?").output == "Oui"
    assert recorder.faults
    assert all("TypeError" in fault for fault in recorder.faults)
    recorder.faults.clear()


def test_a_usage_with_its_cache_is_read():
    stated = ours._usage(RequestUsage(input_tokens=70, output_tokens=4, cache_read_tokens=30))
    assert stated["prompt_tokens_details"]["cached_tokens"] == 30
    assert Usage(input_tokens=70).input_tokens == stated["prompt_tokens"]
