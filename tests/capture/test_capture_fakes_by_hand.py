"""Mocks that a test puts into an object by hand know no name: the line that calls them tells what they stand for."""

from __future__ import annotations

import asyncio
import builtins
from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock, Mock, mock_open, patch

import pytest

from pytest_llmcost.capture.fakes import calling
from pytest_llmcost.core.usage import Usage

openai = pytest.importorskip("openai")

QUESTION = [{"role": "user", "content": "Hello there"}]
REPLY = SimpleNamespace(
    choices=[SimpleNamespace(message=SimpleNamespace(content="Hi"))],
    usage=SimpleNamespace(prompt_tokens=9, completion_tokens=2, total_tokens=11),
)
USED = Usage(input_tokens=9, output_tokens=2)


def read(recorder):
    """Return request and reply of the one call, which is a fake's."""
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


def test_a_mock_assigned_to_the_method_of_a_real_client_is_seen(recorder):
    client = openai.OpenAI(api_key="test")
    client.chat.completions.create = Mock(return_value=REPLY)
    assert client.chat.completions.create(model="gpt-4o", messages=QUESTION) is REPLY
    request, said = read(recorder)
    assert (request.provider, request.model, said.usage) == ("openai", "gpt-4o", USED)


def test_an_asynchronous_mock_in_a_client_made_of_namespaces_is_seen(recorder):
    create = AsyncMock(return_value=REPLY)
    clients = [SimpleNamespace(messages=SimpleNamespace(create=create))]

    async def ask():
        return await clients[0].messages.create(
            model="claude-sonnet-4-5",
            max_tokens=10,
            messages=QUESTION,
        )

    assert asyncio.run(ask()) is REPLY
    request, _ = read(recorder)
    assert (request.provider, request.model) == ("anthropic", "claude-sonnet-4-5")


def test_an_error_of_such_a_mock_is_a_call_that_failed(recorder):
    client = openai.OpenAI(api_key="test")
    client.chat.completions.create = Mock(side_effect=RuntimeError("boom"))
    with pytest.raises(RuntimeError, match="boom"):
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[1].outcome == "error"


def test_a_function_of_the_application_is_no_call(recorder):
    application = SimpleNamespace(create=Mock(return_value=REPLY), tools=SimpleNamespace(create=Mock()))
    application.create(model="gpt-4o", messages=QUESTION)
    application.tools.create(model="gpt-4o", messages=QUESTION)
    create = Mock(return_value=REPLY)
    create(model="gpt-4o", messages=QUESTION)
    (Mock() or create)(model="gpt-4o", messages=QUESTION)
    eval("create(model='gpt-4o', messages=[])", {"create": create})
    assert recorder.flights() == []


def test_a_model_of_bedrock_is_seen_in_a_client_made_by_hand(recorder):
    client = SimpleNamespace(converse=Mock(return_value={"usage": {"inputTokens": 9, "outputTokens": 2}}))
    client.converse(modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": "Hello there"}]}])
    assert read(recorder)[1].usage == USED


def test_a_mocked_open_is_not_asked_for_the_source(recorder):
    calling._lines.cache_clear()
    client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=Mock(return_value=REPLY))))
    with patch.object(builtins, "open", mock_open(read_data=b"")) as opened:
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    opened.assert_not_called()
    assert read(recorder)[1].usage == USED


@pytest.mark.parametrize("way", ["model_dump", "to_dict"])
def test_a_reply_that_a_mock_gives_as_a_dictionary_is_read(recorder, way):
    client = openai.OpenAI(api_key="test")
    made = {"choices": [{"message": {"content": "Hi"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
    with patch.object(client.chat.completions, "create", return_value=MagicMock(**{f"{way}.return_value": made})):
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert read(recorder)[1].usage == USED


def test_a_transcription_is_audio_and_its_file_is_left_alone(recorder):
    client = openai.OpenAI(api_key="test")
    sound = MagicMock()
    with patch.object(client.audio.transcriptions, "create", return_value=SimpleNamespace(text="Hi")):
        client.audio.transcriptions.create(model="whisper-1", file=sound)
    request, said = read(recorder)
    assert (request.provider, request.operation, request.model) == ("openai", "audio", "whisper-1")
    assert said.outcome == "ok"
    assert sound.mock_calls == []


def test_an_image_is_seen_with_its_number(recorder):
    client = openai.OpenAI(api_key="test")
    made = openai.types.ImagesResponse.model_validate({"created": 1, "data": [{"url": "https://one.invalid"}]})
    with patch.object(client.images, "generate", return_value=made):
        client.images.generate(model="dall-e-3", prompt="A pelican")
    request, said = read(recorder)
    assert (request.operation, said.usage) == ("image", Usage(image_count=1))


def test_a_decorated_method_has_the_name_under_which_it_is_patched(recorder):
    cohere = pytest.importorskip("cohere")
    client = cohere.ClientV2(api_key="test")
    with patch.object(client, "chat", return_value=MagicMock(finish_reason="COMPLETE")) as chat:
        chat.return_value.message.content = [SimpleNamespace(text="Hi", type="text")]
        client.chat(model="command-a", messages=QUESTION)
    request, said = read(recorder)
    assert (request.provider, request.model, said.text) == ("cohere", "command-a", "Hi")
