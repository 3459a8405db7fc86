"""Typed replies of every SDK whose APIs are known: a mock of its method is one call, read as the wire would be."""

from __future__ import annotations

from unittest.mock import MagicMock, patch

import pytest

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.usage import Usage

QUESTION = [{"role": "user", "content": "Hello there"}]
TEXT = {"role": "assistant", "content": "Hi"}
CHAT = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "some-model",
    "choices": [{"index": 0, "finish_reason": "stop", "message": TEXT}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 8, "output_tokens": 3, "cache_read_input_tokens": 4},
}
USED = Usage(input_tokens=12, output_tokens=3)


COHERE = recognise("POST", "https://api.cohere.com/v2/chat")
OLLAMA = recognise("POST", "http://localhost:11434/api/chat")


def read(recorder):
    flight = recorder.one()
    exchange = flight.exchange()
    assert exchange.fake
    request = flight.dialect.request(exchange)
    return request, flight.dialect.reply(exchange, request)


def texts(request):
    return [(part.segment.value, part.text) for part in request.parts]


@pytest.mark.parametrize("sdk", ["openai", "groq", "together", "mistralai"])
def test_a_chat_of_each_sdk_that_speaks_openai(recorder, sdk):
    library = pytest.importorskip(sdk)
    if sdk == "mistralai":
        from mistralai.client import Mistral, models
        from mistralai.client.chat import Chat

        made = models.ChatCompletionResponse.model_validate(CHAT)
        with patch.object(Chat, "complete", autospec=True, return_value=made):
            assert Mistral(api_key="test").chat.complete(model="some-model", messages=QUESTION) is made
    else:
        client = {"openai": "OpenAI", "groq": "Groq", "together": "Together"}[sdk]
        client = getattr(library, client)(api_key="test")
        made = chat_class(sdk).model_validate({**CHAT, "prompt": []})  # which is Together's
        with patch.object(type(client.chat.completions), "create", autospec=True, return_value=made):
            assert client.chat.completions.create(model="some-model", messages=QUESTION) is made
    request, said = read(recorder)
    assert request.model == "some-model"
    assert request.provider == {"mistralai": "mistral", "openai": "unknown"}.get(sdk, sdk)
    assert texts(request) == [("user", "Hello there")]
    assert (said.usage, said.outcome) == (USED, "ok")


def chat_class(sdk):
    if sdk == "openai":
        from openai.types.chat import ChatCompletion
    elif sdk == "groq":
        from groq.types.chat import ChatCompletion
    else:
        from together.types.chat import ChatCompletion
    return ChatCompletion


@pytest.mark.parametrize("place", ["messages", "beta.messages"])
def test_a_message_of_anthropic(recorder, place):
    anthropic = pytest.importorskip("anthropic")
    from anthropic.types import Message
    from anthropic.types.beta import BetaMessage

    made = (Message if place == "messages" else BetaMessage).model_validate(MESSAGE)
    client = anthropic.Anthropic(api_key="test")
    holder = client.messages if place == "messages" else client.beta.messages
    with patch.object(type(holder), "create", return_value=made):
        answered = holder.create(model="claude-sonnet-4-5", max_tokens=99, system="Be brief.", messages=QUESTION)
    assert answered is made
    request, said = read(recorder)
    assert (request.provider, request.model, request.output_limit) == ("anthropic", "claude-sonnet-4-5", 99)
    assert texts(request) == [("system", "Be brief."), ("user", "Hello there")]
    assert said.usage == Usage(input_tokens=12, output_tokens=3, cache_read_tokens=4)


def test_a_stream_of_anthropic_in_a_list(recorder):
    pytest.importorskip("anthropic")
    from anthropic.types import (
        RawMessageDeltaEvent,
        RawMessageStartEvent,
        RawMessageStopEvent,
    )

    events = [
        RawMessageStartEvent.model_validate({"type": "message_start", "message": {**MESSAGE, "content": []}}),
        RawMessageDeltaEvent.model_validate(
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}
        ),
        RawMessageStopEvent(type="message_stop"),
    ]
    client = MagicMock()
    client.messages.create.return_value = events
    client.messages.create(model="claude-sonnet-4-5", max_tokens=99, messages=QUESTION, stream=True)
    _, said = read(recorder)
    assert (said.usage.output_tokens, said.usage.input_tokens, said.outcome) == (7, 12, "ok")


def test_a_stream_manager_of_anthropic_is_read_by_its_final_message(recorder):
    pytest.importorskip("anthropic")
    from anthropic.types import Message

    client = MagicMock()
    stream = client.messages.stream.return_value.__enter__.return_value
    stream.get_final_message.return_value = Message.model_validate(MESSAGE)
    with client.messages.stream(model="claude-sonnet-4-5", max_tokens=99, messages=QUESTION) as opened:
        opened.get_final_message()
    assert read(recorder)[1].usage.output_tokens == 3


def test_contents_of_google(recorder):
    genai = pytest.importorskip("google.genai")
    types = genai.types
    made = types.GenerateContentResponse.model_validate({
        "candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "finish_reason": "STOP"}],
        "usage_metadata": {"prompt_token_count": 12, "candidates_token_count": 3, "total_token_count": 15},
        "model_version": "gemini-2.5-flash",
    })  # fmt: skip
    client = genai.Client(api_key="test")
    function = types.FunctionDeclaration(name="track", description="Find a parcel.")
    config = types.GenerateContentConfig(
        system_instruction="Be brief.", max_output_tokens=99, tools=[types.Tool(function_declarations=[function])]
    )
    turn = types.Content(role="model", parts=[types.Part(text="Earlier")])
    with patch("google.genai.models.Models.generate_content", autospec=True, return_value=made):
        client.models.generate_content(model="gemini-2.5-flash", contents=[turn, "Hello there"], config=config)
    request, said = read(recorder)
    assert (request.provider, request.model, request.output_limit) == ("google", "gemini-2.5-flash", 99)
    found = texts(request)
    assert found[1:] == [("system", "Be brief."), ("history", "Earlier"), ("user", "Hello there")]
    assert "Find a parcel." in found[0][1]
    assert (said.usage.input_tokens, said.usage.output_tokens) == (12, 3)


def test_one_text_for_google_untyped(recorder):
    client = MagicMock()
    client.models.generate_content.return_value.text = "Hi"
    client.models.generate_content(model="gemini-2.5-flash", contents="Hello there")
    request, _ = read(recorder)
    assert texts(request) == [("user", "Hello there")]


def test_a_response_of_openai(recorder):
    openai = pytest.importorskip("openai")
    from openai.types.responses import Response

    made = Response.model_construct(
        id="r", object="response", model="gpt-4o", status="completed", output=[],
        usage={"input_tokens": 12, "output_tokens": 3, "total_tokens": 15},
    )  # fmt: skip
    with patch("openai.resources.responses.Responses.create", return_value=made):
        openai.OpenAI(api_key="test").responses.create(model="gpt-4o", instructions="Be brief.", input="Hello there")
    request, said = read(recorder)
    assert texts(request) == [("system", "Be brief."), ("user", "Hello there")]
    assert (said.usage, said.outcome) == (USED, "ok")


def test_embeddings_of_openai_are_read_without_their_numbers(recorder):
    openai = pytest.importorskip("openai")
    from openai.types import CreateEmbeddingResponse

    made = CreateEmbeddingResponse.model_validate({
        "object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 12, "total_tokens": 12},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25] * 1536}],
    })  # fmt: skip
    with patch("openai.resources.embeddings.Embeddings.create", return_value=made):
        openai.OpenAI(api_key="test").embeddings.create(model="text-embedding-3-small", input=["Hello there"])
    flight = recorder.one()
    exchange = flight.exchange()
    request = flight.dialect.request(exchange)
    assert (request.operation, request.model) == ("embeddings", "text-embedding-3-small")
    assert flight.dialect.reply(exchange, request).usage == Usage(input_tokens=12)
    assert len(exchange.reply) < 300


def test_a_message_in_a_thread_of_openai_is_no_reply_of_a_model(recorder):
    pytest.importorskip("openai")
    from openai.types.beta.threads import Message

    MagicMock(return_value=Message.model_construct(id="1"))("thread")
    assert recorder.flights() == []


@pytest.mark.skipif(COHERE is None, reason="no dialect reads Cohere's chat")
def test_a_chat_of_cohere(recorder):
    cohere = pytest.importorskip("cohere")
    used = {
        "billed_units": {"input_tokens": 12, "output_tokens": 3},
        "tokens": {"input_tokens": 12, "output_tokens": 3},
    }
    made = cohere.V2ChatResponse.model_validate({
        "id": "1", "finish_reason": "COMPLETE", "usage": used,
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
    })  # fmt: skip
    client = cohere.ClientV2(api_key="test")
    with patch.object(client, "chat", return_value=made):
        assert client.chat(model="command-a", messages=QUESTION) is made
    request, said = read(recorder)
    assert (request.provider, request.model) == ("cohere", "command-a")
    assert texts(request) == [("user", "Hello there")]
    assert (said.usage.input_tokens, said.usage.output_tokens) == (12, 3)


@pytest.mark.skipif(OLLAMA is None, reason="no dialect reads Ollama's chat")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_chat_of_ollama(recorder, streamed):
    ollama = pytest.importorskip("ollama")
    first = ollama.ChatResponse(model="llama3", message={"role": "assistant", "content": "H"}, done=False)
    last = ollama.ChatResponse(
        model="llama3", message={"role": "assistant", "content": "i"}, done=True, done_reason="stop",
        prompt_eval_count=12, eval_count=3,
    )  # fmt: skip
    with patch("ollama.chat", return_value=[first, last] if streamed else last):
        ollama.chat(model="llama3", messages=QUESTION, stream=streamed)
    request, said = read(recorder)
    assert (request.provider, request.model) == ("ollama", "llama3")
    assert (said.usage.input_tokens, said.usage.output_tokens, said.outcome) == (12, 3, "ok")


def test_a_chat_of_hugging_face(recorder):
    hub = pytest.importorskip("huggingface_hub")
    made = hub.ChatCompletionOutput.parse_obj_as_instance({**CHAT, "system_fingerprint": ""})
    with patch("huggingface_hub.InferenceClient.chat_completion", autospec=True, return_value=made):
        assert hub.InferenceClient(token="test").chat_completion(QUESTION, model="some-model") is made
    request, said = read(recorder)
    assert (request.provider, request.model) == ("huggingface", "some-model")
    assert texts(request) == [("user", "Hello there")]
    assert said.usage == USED
