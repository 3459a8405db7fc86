"""Scenes of fakes: what stands for an SDK or a model, and what the user gets of it."""

from __future__ import annotations

import asyncio
import io
import json
from types import SimpleNamespace
from unittest import mock

import pytest
from capture_wire import OPENAI, QUESTION, chat
from fault_play import scene

MESSAGES = QUESTION["messages"]
CONVERSED = {"output": {"message": {"content": [{"text": "Hi"}]}}, "usage": {"inputTokens": 9, "outputTokens": 2}}
CREATE = "openai.resources.chat.completions.Completions.create"
MODEL = "amazon.nova-lite-v1:0"


def _completion():
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate(chat())


@scene("openai")
def mocked_sdk():
    from openai.resources.chat.completions import Completions

    made = _completion()
    with mock.patch.object(Completions, "create", return_value=made) as create:
        return create(**QUESTION) is made


@scene("openai")
def mocked_sdk_that_fails():
    with mock.patch(CREATE, side_effect=ZeroDivisionError("the user's own")) as create:
        try:
            create(**QUESTION)
        except ZeroDivisionError as error:
            return str(error)


@scene("openai")
def mocked_sdk_with_code():
    with mock.patch(CREATE, side_effect=lambda **asked: asked["model"]) as create:
        return create(**QUESTION)


@scene("openai")
def mocked_sdk_with_code_that_fails():
    def fail(**asked):
        raise KeyError(asked["model"])

    with mock.patch(CREATE, side_effect=fail) as create:
        try:
            create(**QUESTION)
        except KeyError as error:
            return str(error)


@scene("openai")
def mocked_sdk_awaited():
    made = _completion()

    async def answer(**asked):
        return asked["model"]

    async def fail(**asked):
        raise KeyError(asked["model"])

    async def go():
        whole = await mock.AsyncMock(return_value=made)(**QUESTION)
        with pytest.raises(KeyError) as caught:
            await mock.AsyncMock(side_effect=fail, name="chat.completions.create")(**QUESTION)
        return whole is made, await mock.AsyncMock(side_effect=answer)(**QUESTION), str(caught.value)

    return asyncio.run(go())


@scene("openai")
def mocked_client_with_untyped_replies():
    client = mock.MagicMock()
    client.chat.completions.create.return_value.choices[0].message.content = "Hi"
    client.responses.create.return_value = SimpleNamespace(output_text="Hi", kind=int, raw=b"x")
    client.messages.stream.return_value.__enter__.return_value.get_final_message.return_value.content = "Hi"
    with client.messages.stream(**QUESTION) as streamed:
        said = streamed.get_final_message().content
    first = client.chat.completions.create(**QUESTION).choices[0].message.content
    return first, client.responses.create(model="gpt-4o", input="Hi").output_text, said


@scene("openai")
def mocked_client_with_streams():
    from openai.types.responses import ResponseTextDeltaEvent

    event = ResponseTextDeltaEvent.model_construct(type="response.output_text.delta", delta="Hi")
    client = mock.MagicMock()
    client.responses.create.return_value = iter([event])
    client.chat.completions.create.return_value = (one for one in ("a", "b"))
    streamed = list(client.responses.create(model="gpt-4o", input="Hi", stream=True))
    return streamed == [event], list(client.chat.completions.create(**QUESTION, stream=True))


@scene("openai")
def mocked_client_with_what_is_no_json():
    circle: dict = {}
    circle["self"] = circle
    client = mock.MagicMock()
    return client.chat.completions.create(**QUESTION, metadata=circle, user=mock.MagicMock(), stop=object()) is not None


@scene("google.genai")
def mocked_gemini():
    client = mock.MagicMock()
    client.models.generate_content.return_value.text = "Hi"
    config = {"system_instruction": "s", "temperature": 0, "tools": [len, {"a": 1}]}
    for contents in ("Hi", [["Hi", {"text": "x"}], {"role": "user", "parts": []}], {"text": "x"}):
        client.models.generate_content(model="gemini-2.5-flash", contents=contents, config=config)
    return client.models.generate_content(model="gemini-2.5-flash", contents="Hi").text


@scene("boto3")
def mocked_bedrock():
    client, asked = mock.MagicMock(), json.dumps({"prompt": "Hi"})
    client.converse.return_value = CONVERSED
    client.invoke_model.side_effect = [{"body": io.BytesIO(b"{}")}, {"body": mock.MagicMock(read=lambda: b"{}")}]
    client.converse_stream.return_value = {"stream": iter([1])}
    said = client.converse(modelId=MODEL, messages=[]), client.converse_stream(modelId=MODEL, messages=[])
    bodies = [client.invoke_model(modelId=MODEL, body=asked)["body"].read() for _ in range(2)]
    send = mock.MagicMock(name="_make_api_call", return_value=CONVERSED)
    return said[0] is CONVERSED, list(said[1]["stream"]), bodies, send("Converse", {"modelId": MODEL}) is CONVERSED


@scene("requests")
def mocked_http():
    import requests

    with mock.patch("requests.post") as post, mock.patch.object(requests.Session, "request") as request:
        post.return_value.status_code = 200
        post.return_value.json.return_value = chat()
        said = [requests.post(OPENAI, json=QUESTION).json() == chat(), requests.post(OPENAI, data="{}").status_code]
        request.return_value.json.return_value = chat()
        said.append(requests.Session().request("POST", OPENAI, data=json.dumps(QUESTION)).json() == chat())
    return said


@scene("httpx")
def mocked_httpx():
    import httpx

    with mock.patch.object(httpx.Client, "send") as send, httpx.Client() as client:
        send.return_value = httpx.Response(200, json=chat())
        return client.post(OPENAI, json=QUESTION).json() == chat()


@scene("openai")
def replaced_sdk():
    import openai

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(openai.resources.chat.completions.Completions, "create", lambda *_, **__: "Hi")
        patched.setattr(openai, "OpenAI", mock.MagicMock())
        patched.setattr(openai.AsyncOpenAI, "chat", None)
        said = openai.resources.chat.completions.Completions.create()
        mocked = isinstance(openai.OpenAI(), mock.MagicMock)
    return said, mocked, openai.OpenAI.__name__


@scene("langchain_core")
def langchain():
    from langchain_core.language_models import fake_chat_models as fakes
    from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

    calls = [{"name": "f", "args": {"a": 1}, "id": "1", "type": "tool_call"}]
    usage = {"input_tokens": 40, "output_tokens": 5, "total_tokens": 45, "input_token_details": {"cache_read": 32}}
    asked = [HumanMessage("How is it?"), AIMessage("", tool_calls=calls), ToolMessage("x", tool_call_id="1")]
    listed = fakes.FakeListChatModel(responses=["Fine"])

    async def go():
        streamed = [chunk.content async for chunk in listed.astream(asked)]
        return streamed, (await fakes.FakeChatModel().ainvoke(asked)).content

    made = fakes.GenericFakeChatModel(messages=iter([AIMessage("Fine", usage_metadata=usage)]))
    whole = made.invoke(asked).content, listed.invoke(asked).content
    return whole, [chunk.content for chunk in listed.stream(asked)], asyncio.run(go())


@scene("pydantic_ai")
def pydantic_ai():
    from pydantic_ai import Agent, BinaryContent, ImageUrl
    from pydantic_ai.messages import ModelResponse, TextPart
    from pydantic_ai.models.function import FunctionModel
    from pydantic_ai.models.test import TestModel
    from pydantic_ai.usage import RequestUsage

    def answer(messages, info):
        return ModelResponse([TextPart("Bien")], usage=RequestUsage(input_tokens=70, output_tokens=4))

    async def stream(messages, info):
        yield "Tres "
        yield "bien"

    media = ["See", ImageUrl(url="https://x/c.png"), BinaryContent(data=b"x", media_type="audio/wav")]

    async def go():
        asked = Agent(TestModel(custom_output_text="Oui"), system_prompt="Be brief.", instructions="In French.")
        asked.tool_plain(_weather)
        said = [(await asked.run(media)).output]
        said.append((await Agent(FunctionModel(answer)).run("Hi")).output)
        async with Agent(FunctionModel(stream_function=stream)).run_stream("Hi") as streamed:
            said += [text async for text in streamed.stream_text(delta=True, debounce_by=None)]
        return said

    return asyncio.run(go())


def _weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"sunny in {city}"


@scene("pydantic_ai")
def pydantic_ai_asks_again():
    from pydantic_ai import Agent, ModelRetry
    from pydantic_ai.messages import ModelRequest, ModelResponse, RetryPromptPart, TextPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.models.function import FunctionModel

    model = FunctionModel(lambda messages, info: ModelResponse([TextPart(str(len(messages)))]))

    def check(text: str) -> str:
        if text == "1":
            raise ModelRetry("again")
        return text

    async def go():
        agent = Agent(model)
        agent.output_validator(check)
        old = ModelRequest(parts=[RetryPromptPart("again")])
        answer = await model.request([old], None, ModelRequestParameters())
        return (await agent.run("Hi")).output, answer.parts[0].content

    return asyncio.run(go())


@scene("litellm")
def litellm():
    import litellm

    asked = {"model": "gpt-4o", "messages": MESSAGES}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
    stated = litellm.ModelResponse(model="gpt-4o", choices=[choice], usage=litellm.Usage(prompt_tokens=3))
    chunks = litellm.completion(**asked, mock_response="Hi", stream=True)
    said = ["".join(chunk.choices[0].delta.content or "" for chunk in chunks)]
    whole = [litellm.completion(**asked, mock_response=answer) for answer in ("Hi", stated)]
    said += [one.choices[0].message.content for one in whole]
    with pytest.raises(litellm.RateLimitError) as caught:
        litellm.completion(**asked, mock_response="litellm.RateLimitError")
    with mock.patch("litellm.completion", return_value=stated):
        return [*said, type(caught.value).__name__, litellm.completion(**asked) is stated]
