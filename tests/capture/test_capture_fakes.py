"""Mocks of unittest.mock in the place of SDK methods and clients: seen once each, and unchanged by us."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from unittest.mock import (
    AsyncMock,
    AsyncMockMixin,
    CallableMixin,
    MagicMock,
    Mock,
    _patch,
    call,
    create_autospec,
    patch,
)

import pytest
from capture_watched import Watched

from pytest_llmcost.capture.fakes import unittest_mock
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.usage import Usage

openai = pytest.importorskip("openai")
chat_types = pytest.importorskip("openai.types.chat")

QUESTION = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello there"}]
CREATE = "openai.resources.chat.completions.Completions.create"
ASYNC_CREATE = "openai.resources.chat.completions.AsyncCompletions.create"


def completion(text="Hi", sent=12, made=3, model="gpt-4o-mini-2024-07-18"):
    return chat_types.ChatCompletion.model_validate({
        "id": "1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": sent, "completion_tokens": made, "total_tokens": sent + made},
    })  # fmt: skip


def ask(**more):
    client = openai.OpenAI(api_key="test")
    return client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION, **more)


def read(recorder):
    """Return request and reply of the one call, which is a fake's."""
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    assert not exchange.live
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


@pytest.mark.seen(
    area="fake", name="`unittest.mock.patch`, typed reply", client="a method of an SDK", usage="reported", origin="fake"
)
def test_a_typed_reply_of_a_patched_method_is_a_call_with_its_usage(recorder):
    with patch(CREATE, return_value=completion()):
        reply = ask()
    request, said = read(recorder)
    assert reply.choices[0].message.content == "Hi"
    assert (request.provider, request.model) == ("openai", "gpt-4o-mini")
    assert [part.text for part in request.parts] == ["Be brief.", "Hello there"]
    assert said.usage == Usage(input_tokens=12, output_tokens=3)
    assert said.outcome == "ok"


@pytest.mark.seen(
    area="fake", name="`patch(autospec=True)`", client="a method of an SDK", usage="reported", origin="fake"
)
def test_autospec_keeps_its_signature_and_is_seen(recorder):
    with patch(CREATE, autospec=True, return_value=completion()) as create:
        ask()
        with pytest.raises(TypeError):
            openai.OpenAI(api_key="test").chat.completions.create(mesages=QUESTION, model="gpt-4o")
        assert create.call_count == 1
        assert create.call_args.kwargs["messages"] is QUESTION
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


@pytest.mark.seen(area="fake", name="`AsyncMock`", client="a method of an SDK", usage="reported", origin="fake")
def test_an_async_method_is_seen_when_it_is_awaited(recorder):
    async def run():
        with patch(ASYNC_CREATE, new_callable=AsyncMock, return_value=completion()) as create:
            client = openai.AsyncOpenAI(api_key="test")
            waiting = client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
            assert recorder.flights() == []
            await waiting
            create.assert_awaited_once_with(model="gpt-4o-mini", messages=QUESTION)

    asyncio.run(run())
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


@pytest.mark.seen(
    area="fake",
    name="`side_effect`, a list",
    client="a method of an SDK",
    usage="reported, of each call",
    origin="fake",
)
def test_each_of_a_list_of_replies_is_a_call(recorder):
    with patch(CREATE, side_effect=[completion(made=3), completion(made=4)]):
        ask()
        ask()
        with pytest.raises(StopIteration):
            ask()
    flights = recorder.flights()
    usages = [flight.dialect.reply(flight.exchange(), None).usage for flight in flights]
    assert [usage.output_tokens for usage in usages] == [3, 4]


@pytest.mark.seen(
    area="fake",
    name="`side_effect`, an error",
    client="a method of an SDK",
    usage="0 where it is a refusal",
    origin="fake",
)
def test_an_error_that_a_mock_raises_is_a_call_that_failed(recorder):
    class Failed(openai.OpenAIError):
        status_code = 429

    with patch(CREATE, side_effect=Failed("slow down")), pytest.raises(Failed):
        ask()
    assert read(recorder)[1].outcome == "refused"


@pytest.mark.seen(
    area="fake", name="`side_effect`, a function", client="a method of an SDK", usage="reported", origin="fake"
)
def test_a_function_in_a_mock_is_seen(recorder):
    with patch(CREATE, side_effect=lambda **asked: completion(text=asked["model"])) as create:
        assert ask().choices[0].message.content == "gpt-4o-mini"
    create.assert_called_once_with(model="gpt-4o-mini", messages=QUESTION)
    assert read(recorder)[1].usage.output_tokens == 3


@pytest.mark.seen(area="fake", name='`patch("openai.OpenAI")`', client="a client", usage="counted", origin="fake")
@pytest.mark.parametrize("kind", [MagicMock, Mock])
def test_a_patched_client_class_is_seen_by_the_name_of_its_method(recorder, kind):
    with patch("openai.OpenAI", new_callable=kind) as client:
        client.return_value.chat.completions.create.return_value.choices = [
            MagicMock(message=MagicMock(content="Hi you"))
        ]
        ask()
    request, said = read(recorder)
    assert request.model == "gpt-4o-mini"
    assert (said.usage, said.text, said.outcome) == (None, "Hi you", "ok")


@pytest.mark.seen(
    area="fake",
    name="`unittest.mock.patch`, reply of mocks or namespaces",
    client="a method of an SDK",
    usage="reported where it states them, else counted",
    origin="fake",
)
def test_an_untyped_reply_of_a_patched_method_is_seen_by_what_is_patched(recorder):
    reply = SimpleNamespace(
        model="gpt-4o-mini-2024-07-18",
        choices=[SimpleNamespace(message=SimpleNamespace(content="Hi"))],
        usage=SimpleNamespace(prompt_tokens=9, completion_tokens=2, total_tokens=11),
    )
    with patch(CREATE, return_value=reply):
        assert ask() is reply
    request, said = read(recorder)
    assert request.model == "gpt-4o-mini"
    assert said.usage == Usage(input_tokens=9, output_tokens=2)


def test_a_reply_by_index_is_read_from_a_mock(recorder):
    client = MagicMock()
    client.chat.completions.create.return_value.choices[0].message.content = "By index"
    client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[1].text == "By index"


@pytest.mark.seen(area="fake", name="`create_autospec`", client="a client", usage="counted", origin="fake")
def test_a_client_with_a_specification_is_seen(recorder):
    client = create_autospec(openai.OpenAI, instance=True)
    client.responses = MagicMock()
    client.responses.create.return_value.output_text = "Hi"
    client.responses.create(model="gpt-4o", input="Hello there")
    request, said = read(recorder)
    assert [part.text for part in request.parts] == ["Hello there"]
    assert said.outcome == "ok"


def test_the_conversation_is_that_of_the_moment_of_the_call(recorder):
    messages = [{"role": "user", "content": "One"}]
    client = MagicMock()
    client.chat.completions.create(model="gpt-4o", messages=messages)
    messages.append({"role": "assistant", "content": "Two"})
    assert [part.text for part in read(recorder)[0].parts] == ["One"]


def test_messages_may_be_objects_of_the_sdk(recorder):
    messages = [*QUESTION, completion(text="Earlier").choices[0].message, {"role": "user", "content": "And?"}]
    MagicMock().chat.completions.create(model="gpt-4o", messages=messages)
    assert [part.text for part in read(recorder)[0].parts] == ["Be brief.", "Hello there", "Earlier", "And?"]


@pytest.mark.seen(area="fake", name="a list of chunks", client="a method of an SDK", usage="reported", origin="fake")
@pytest.mark.parametrize("make", [list, tuple, iter])
def test_a_stream_in_a_list_is_read_and_stays_where_it_is(recorder, make):
    base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06"}
    chunks = [
        chat_types.ChatCompletionChunk.model_validate({**base, "choices": choices, "usage": usage})
        for choices, usage in (
            ([{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}], None),
            ([{"index": 0, "delta": {}, "finish_reason": "stop"}], None),
            ([], {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}),
        )
    ]
    given = make(chunks)
    with patch(CREATE, return_value=given):
        stream = ask(stream=True)
    assert stream is given
    assert list(stream) == chunks
    request, said = read(recorder)
    assert request.stream
    assert (said.usage, said.outcome) == (Usage(input_tokens=10, output_tokens=1), "ok")


@pytest.mark.seen(
    area="fake",
    name="a generator of chunks",
    client="a method of an SDK",
    usage="counted, the output is not known",
    origin="fake",
)
def test_a_generator_is_left_to_its_reader_and_its_answer_is_said_to_be_unknown(recorder):
    begun = []

    def stream():
        begun.append(1)
        yield completion()

    with patch(CREATE, return_value=stream()):
        given = ask(stream=True)
    assert begun == []
    request, said = read(recorder)
    assert len(request.parts) == 2
    assert (said.usage, said.outcome) == (None, "partial")
    assert "not known" in said.note
    assert len(list(given)) == 1


def test_a_mock_around_the_real_method_is_one_call_and_that_is_the_real_one(recorder, server):
    server.answer(json.loads(completion().model_dump_json()))
    client = openai.OpenAI(api_key="test", base_url=f"{server.base}/v1")
    with patch.object(client.chat.completions, "create", wraps=client.chat.completions.create):
        client.chat.completions.create(model="gpt-4o-mini", messages=QUESTION)
    exchange = recorder.exchange()
    assert exchange.live
    assert not exchange.fake


def test_a_mail_service_is_no_model(recorder):
    service = MagicMock()
    service.messages.create(to="+1", body="Hello", from_="+2")
    service.chat.completions.create(messages=QUESTION)
    service.models.create(model="gpt-4o", messages=QUESTION)
    Mock()("https://example.com/items", json={"model": "x"})
    assert recorder.flights() == []


@pytest.mark.seen(
    area="fake", name="`MagicMock`, `with_raw_response`", client="a method of an SDK", usage="reported", origin="fake"
)
def test_a_raw_response_is_one_call_with_what_it_parses_to(recorder):
    client = MagicMock()
    client.chat.completions.with_raw_response.create.return_value.parse.return_value = completion()
    client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=QUESTION).parse()
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


def test_a_mock_without_an_answer_has_an_unknown_one(recorder):
    AsyncMock()
    MagicMock().chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert "not known" in read(recorder)[1].note


def test_the_place_of_the_call_is_where_the_mock_was_called(recorder):
    MagicMock().chat.completions.create(model="gpt-4o", messages=QUESTION)
    line = test_the_place_of_the_call_is_where_the_mock_was_called.__code__.co_firstlineno + 1
    assert recorder.one().site == f"tests/capture/test_capture_fakes.py:{line}"


def test_a_mock_that_calls_another_one_is_the_call_of_that_one(recorder):
    inner = MagicMock()
    inner.chat.completions.create.return_value = completion(text="Inner")
    outer = MagicMock()
    outer.chat.completions.create.side_effect = inner.chat.completions.create
    outer.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


def test_two_calls_side_by_side_in_tasks_are_two(recorder):
    async def answer(**asked):
        await asyncio.sleep(0.001)
        return completion(text=asked["messages"][0]["content"])

    client = MagicMock()
    client.chat.completions.create = AsyncMock(side_effect=answer)

    async def run():
        asked = [{"model": "gpt-4o", "messages": [{"role": "user", "content": name}]} for name in ("One", "Two")]
        return await asyncio.gather(*(client.chat.completions.create(**one) for one in asked))

    assert [one.choices[0].message.content for one in asyncio.run(run())] == ["One", "Two"]
    flights = recorder.flights()
    assert sorted(flight.dialect.request(flight.exchange()).parts[0].text for flight in flights) == ["One", "Two"]


@pytest.mark.seen(area="fake", name="pytest-mock", client="a method of an SDK", usage="reported", origin="fake")
def test_the_mocker_of_pytest_mock_is_seen(recorder, request):
    pytest.importorskip("pytest_mock")
    mocker = request.getfixturevalue("mocker")
    create = mocker.patch(CREATE, return_value=completion())
    spied = mocker.spy(openai.OpenAI, "copy")
    ask()
    create.assert_called_once_with(model="gpt-4o-mini", messages=QUESTION)
    assert spied.call_count == 0
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)


def test_what_a_mock_remembers_and_refuses_is_as_before(recorder):
    made = completion()
    client = create_autospec(openai.resources.chat.completions.Completions, instance=True)
    client.create.return_value = made
    with pytest.raises(AttributeError):
        client.creates(model="gpt-4o")
    with pytest.raises(TypeError):
        client.create(unknown=1)
    assert client.create(model="gpt-4o", messages=QUESTION) is made
    assert client.mock_calls == [call.create(model="gpt-4o", messages=QUESTION)]
    assert client.create.call_args_list == [call(model="gpt-4o", messages=QUESTION)]
    assert client.create.call_args.kwargs["messages"] is QUESTION
    assert "_llmcost" not in "".join(dir(client.create))
    assert len(recorder.flights()) == 1


def test_a_reply_that_is_a_mock_is_asked_for_nothing(recorder):
    client = MagicMock()
    answered = client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert answered.mock_calls == []
    assert vars(answered)["_mock_children"] == {}


def test_arguments_that_go_in_circles_are_no_harm(recorder):
    circle = {"role": "user"}
    circle["content"] = circle
    client = MagicMock()
    client.chat.completions.create.return_value = completion()
    client.chat.completions.create(model="gpt-4o", messages=[circle])
    request, said = read(recorder)
    assert request.parts == ()
    assert said.usage == Usage(input_tokens=12, output_tokens=3)


def test_what_is_patched_is_put_back_when_watching_ends():
    before = [CallableMixin._execute_mock_call, AsyncMockMixin._execute_mock_call, _patch.__enter__]
    with watch(Watched(Sites("/"))):
        assert CallableMixin._execute_mock_call is not before[0]
    assert [CallableMixin._execute_mock_call, AsyncMockMixin._execute_mock_call, _patch.__enter__] == before


@pytest.mark.parametrize("name", ["stands_for", "saying", "asking", "note", "of_class", "_asks_model", "_caller"])
def test_a_bug_of_ours_is_a_fault_and_the_mock_does_its_work(recorder, monkeypatch, name):
    monkeypatch.setattr(unittest_mock, name, None)
    made = completion()
    with patch(CREATE, return_value=made):
        assert ask() is made
    with patch(CREATE, side_effect=ValueError("Sesame")), pytest.raises(ValueError, match="Sesame"):
        ask()
    if name not in {"of_class", "_asks_model"}:  # which a typed reply needs, and an error does not, or the other way
        assert len(recorder.faults) == (1 if name == "saying" else 2)
    assert recorder.faults
    recorder.faults.clear()


@pytest.mark.parametrize("way", ["with_raw_response", "with_streaming_response"])
def test_a_raw_response_that_no_class_tells_is_seen_by_its_name(recorder, way):
    client = MagicMock()
    create = getattr(client.chat.completions, way).create
    create.return_value.parse.return_value = SimpleNamespace(choices=[{"message": {"content": "Hi"}}])
    create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[1].text == "Hi"


@pytest.mark.parametrize("place", ["module", "client", "resource"])
def test_it_does_not_matter_where_the_method_is_replaced(recorder, monkeypatch, place):
    monkeypatch.setattr(openai, "api_key", "test")
    for own in ("_client", "http_client"):  # the module's own are taken away again: they complain at the end of Python
        monkeypatch.setattr(openai, own, None)
    client = openai.OpenAI(api_key="test")
    asked = openai if place == "module" else client
    target, name = {
        "module": (openai.chat.completions, "create"),
        "client": (client, "chat"),
        "resource": (client.chat.completions, "create"),
    }[place]
    with patch.object(target, name):
        asked.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[0].model == "gpt-4o"


def test_a_bug_of_ours_in_watching_what_a_mock_runs_is_a_fault_and_no_more(recorder, monkeypatch):
    monkeypatch.setattr(unittest_mock, "within", None)
    with patch(CREATE, side_effect=lambda **_: completion()):
        assert ask().choices[0].message.content == "Hi"
    assert len(recorder.faults) == 1
    recorder.faults.clear()
    assert read(recorder)[1].usage == Usage(input_tokens=12, output_tokens=3)
