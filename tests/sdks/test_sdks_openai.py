"""openai 3 (on httpx2) and openai 2 (on httpx): the same uses, each seen as often as it was sent."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sdks_answers import INPUT, TEXT
from sdks_cases import QUESTION, Cases, Seen, package, run

OPENAI = Cases("openai", "httpx2; httpx before openai 3")
RESPONSES = Cases("openai, Responses API", "httpx2; httpx before openai 3")
AZURE = Cases("openai, Azure", "httpx2; httpx before openai 3")
MODEL = "gpt-4o-mini-2024-07-18"
CHAT = Seen(MODEL)
STREAM = Seen(MODEL, stream=True)
ASK = {"model": MODEL, "messages": QUESTION}
STREAMED = {**ASK, "stream": True, "stream_options": {"include_usage": True}}
REFUSED = Seen(MODEL, input=0, output=0, cached=None, outcome="refused")


class Said(BaseModel):
    text: str


def client(base, **more):
    return package("openai").OpenAI(api_key="none", base_url=f"{base}/v1", **{"max_retries": 0, **more})


def async_client(base, **more):
    return package("openai").AsyncOpenAI(api_key="none", base_url=f"{base}/v1", max_retries=0, **more)


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@OPENAI("chat", CHAT)
def chat(base):
    with client(base) as openai:
        assert openai.chat.completions.create(**ASK).choices[0].message.content == TEXT


@OPENAI("chat, async", CHAT)
def async_chat(base):
    async def go():
        async with async_client(base) as openai:
            assert (await openai.chat.completions.create(**ASK)).usage.prompt_tokens == INPUT

    run(go())


@OPENAI("chat, async, on aiohttp", CHAT)
def aiohttp_chat(base):
    package("aiohttp")
    openai = package("openai")

    async def go():
        async with async_client(base, http_client=openai.DefaultAioHttpClient()) as sdk:
            assert (await sdk.chat.completions.create(**ASK)).usage.prompt_tokens == INPUT

    try:
        openai.DefaultAioHttpClient()
    except RuntimeError:
        pytest.skip("openai 2 needs a package of its own for aiohttp")
    run(go())


@OPENAI("stream", STREAM)
def stream(base):
    with client(base) as openai, openai.chat.completions.create(**STREAMED) as chunks:
        assert text_of(chunks) == TEXT


@OPENAI("stream, async", STREAM)
def async_stream(base):
    async def go():
        async with async_client(base) as openai:
            chunks = [chunk async for chunk in await openai.chat.completions.create(**STREAMED)]
            assert text_of(chunks) == TEXT

    run(go())


@OPENAI("stream, left after its first word", STREAM._replace(
    input=8, output=1, cached=None, outcome="partial", source="counted"), breaks=True)  # fmt: skip
def stream_left(base):
    with client(base) as openai, openai.chat.completions.create(**STREAMED) as chunks:
        assert next(iter(chunks)).choices[0].delta.content


@OPENAI("stream, async, left after its first word", STREAM._replace(
    input=8, output=1, cached=None, outcome="partial", source="counted"), breaks=True)  # fmt: skip
def async_stream_left(base):
    async def go():
        async with async_client(base) as openai, await openai.chat.completions.create(**STREAMED) as chunks:
            async for _ in chunks:
                break

    run(go())


@OPENAI("stream, twice at once", STREAM, STREAM)
def two_streams(base):
    with (
        client(base) as openai,
        openai.chat.completions.create(**STREAMED) as first,
        openai.chat.completions.create(**STREAMED) as second,
    ):
        assert all(one == other for one, other in zip(first, second, strict=True))


@OPENAI(".stream() helper", STREAM)
def stream_helper(base):
    with client(base) as openai, openai.chat.completions.stream(
        **ASK, stream_options={"include_usage": True}
    ) as events:  # fmt: skip
        events.until_done()
        assert events.get_final_completion().usage.prompt_tokens == INPUT


@OPENAI(".stream() helper, async", STREAM)
def async_stream_helper(base):
    async def go():
        async with async_client(base) as openai, openai.chat.completions.stream(
            **ASK, stream_options={"include_usage": True}
        ) as events:  # fmt: skip
            assert (await events.get_final_completion()).usage.prompt_tokens == INPUT

    run(go())


@OPENAI("with_raw_response", CHAT)
def raw(base):
    with client(base) as openai:
        assert openai.chat.completions.with_raw_response.create(**ASK).parse().usage.prompt_tokens == INPUT


@OPENAI("with_raw_response, async", CHAT)
def async_raw(base):
    async def go():
        async with async_client(base) as openai:
            answer = await openai.chat.completions.with_raw_response.create(**ASK)
            assert answer.parse().usage.prompt_tokens == INPUT

    run(go())


@OPENAI("with_raw_response, of a stream", STREAM)
def raw_stream(base):
    with client(base) as openai, openai.chat.completions.with_raw_response.create(**STREAMED).parse() as chunks:
        assert text_of(chunks) == TEXT


@OPENAI("with_streaming_response, parsed", CHAT._replace(stream=True))
def streaming_response(base):
    with client(base) as openai, openai.chat.completions.with_streaming_response.create(**ASK) as response:
        assert response.parse().usage.prompt_tokens == INPUT


@OPENAI("with_streaming_response, by lines", STREAM)
def streaming_lines(base):
    with client(base) as openai, openai.chat.completions.with_streaming_response.create(**STREAMED) as response:
        assert list(response.iter_lines())[-2] == "data: [DONE]"


@OPENAI("with_streaming_response, async, by bytes", STREAM)
def async_streaming_bytes(base):
    async def go():
        async with (
            async_client(base) as openai,
            openai.chat.completions.with_streaming_response.create(**STREAMED) as response,
        ):
            assert b"".join([part async for part in response.iter_bytes()]).endswith(b"data: [DONE]\n\n")

    run(go())


@OPENAI("with_streaming_response, never read", Seen(
    MODEL, input=8, output=0, cached=None, outcome="partial", stream=True, source="counted"))  # fmt: skip
def streaming_unread(base):
    with client(base) as openai, openai.chat.completions.with_streaming_response.create(**ASK) as response:
        assert response.status_code == 200


@OPENAI("parse", CHAT)
def parse(base):
    with client(base) as openai:
        answer = openai.chat.completions.parse(**ASK, response_format=Said)
        assert answer.choices[0].message.parsed == Said(text="Hello you")


@OPENAI("parse, async", CHAT)
def async_parse(base):
    async def go():
        async with async_client(base) as openai:
            answer = await openai.chat.completions.parse(**ASK, response_format=Said)
            assert answer.choices[0].message.parsed == Said(text="Hello you")

    run(go())


@OPENAI("two retries after 429, async", REFUSED, REFUSED, CHAT, refusals=2)
def async_retries(base):
    async def go():
        async with package("openai").AsyncOpenAI(api_key="none", base_url=f"{base}/v1", max_retries=2) as openai:
            assert (await openai.chat.completions.create(**ASK)).usage.prompt_tokens == INPUT

    run(go())


@OPENAI("two retries after 429", REFUSED, REFUSED, CHAT, refusals=2)
def retries(base):
    with client(base, max_retries=2) as openai:
        assert openai.chat.completions.create(**ASK).usage.prompt_tokens == INPUT


@OPENAI("429 without a retry", REFUSED, refusals=1)
def refusal(base):
    with client(base) as openai, pytest.raises(package("openai").RateLimitError):
        openai.chat.completions.create(**ASK)


@OPENAI("client.post()", CHAT)
def post(base):
    with client(base) as openai:
        assert openai.post("/chat/completions", body=ASK, cast_to=object)["usage"]["prompt_tokens"] == INPUT


@AZURE("chat", CHAT)
def azure(base):
    with package("openai").AzureOpenAI(api_key="none", azure_endpoint=base, api_version="2025-01-01") as openai:
        assert openai.chat.completions.create(**ASK).usage.prompt_tokens == INPUT


@AZURE("chat, async", CHAT)
def async_azure(base):
    async def go():
        options = {"api_key": "none", "azure_endpoint": base, "api_version": "2025-01-01"}
        async with package("openai").AsyncAzureOpenAI(**options) as openai:
            assert (await openai.chat.completions.create(**ASK)).usage.prompt_tokens == INPUT

    run(go())


@AZURE("stream", STREAM)
def azure_sync_stream(base):
    options = {"api_key": "none", "azure_endpoint": base, "api_version": "2025-01-01"}
    with package("openai").AzureOpenAI(**options) as openai:
        assert text_of(openai.chat.completions.create(**STREAMED)) == TEXT


@AZURE("stream, async", STREAM)
def azure_stream(base):
    async def go():
        options = {"api_key": "none", "azure_endpoint": base, "api_version": "2025-01-01"}
        async with package("openai").AsyncAzureOpenAI(**options) as openai:
            chunks = [chunk async for chunk in await openai.chat.completions.create(**STREAMED)]
            assert text_of(chunks) == TEXT

    run(go())


@RESPONSES("create, async", CHAT)
def async_responses(base):
    async def go():
        async with async_client(base) as openai:
            assert (await openai.responses.create(model=MODEL, input="Hello")).output_text == TEXT

    run(go())


@RESPONSES("stream", STREAM)
def responses_sync_stream(base):
    with client(base) as openai, openai.responses.create(model=MODEL, input="Hello", stream=True) as events:
        assert list(events)[-1].response.usage.input_tokens == INPUT


@RESPONSES("with_raw_response", CHAT)
def responses_raw(base):
    with client(base) as openai:
        answer = openai.responses.with_raw_response.create(model=MODEL, input="Hello").parse()
        assert answer.usage.input_tokens == INPUT


@RESPONSES("with_streaming_response", CHAT._replace(stream=True))
def responses_streaming(base):
    asked = {"model": MODEL, "input": "Hello"}
    with client(base) as openai, openai.responses.with_streaming_response.create(**asked) as response:
        assert response.parse().usage.input_tokens == INPUT


@RESPONSES("create", CHAT)
def responses(base):
    with client(base) as openai:
        assert openai.responses.create(model=MODEL, input="Hello").output_text == TEXT


@RESPONSES("stream, async", STREAM)
def responses_stream(base):
    async def go():
        async with async_client(base) as openai:
            events = [event async for event in await openai.responses.create(model=MODEL, input="Hello", stream=True)]
            assert events[-1].response.usage.input_tokens == INPUT

    run(go())


@RESPONSES(".stream() helper", STREAM)
def responses_helper(base):
    with client(base) as openai, openai.responses.stream(model=MODEL, input="Hello") as events:
        assert events.get_final_response().output_text == TEXT


@RESPONSES("stream, left after its first word", STREAM._replace(
    input=8, output=1, cached=None, outcome="partial", source="counted"), breaks=True)  # fmt: skip
def responses_left(base):
    with client(base) as openai, openai.responses.create(model=MODEL, input="Hello", stream=True) as events:
        assert next(event for event in events if event.type == "response.output_text.delta").delta == "Hel"


@RESPONSES("parse", CHAT)
def responses_parse(base):
    with client(base) as openai:
        answer = openai.responses.parse(model=MODEL, input="Hello", text_format=Said)
        assert answer.output_parsed == Said(text="Hello you")


@OPENAI("embeddings", Seen("text-embedding-3-small", "embeddings", output=0, cached=None))
def embeddings(base):
    with client(base) as openai:
        answer = openai.embeddings.create(model="text-embedding-3-small", input="Hello")
        assert answer.data[0].embedding == [0.5, -0.25, 1.0]


@OPENAI("embeddings, async", Seen("text-embedding-3-small", "embeddings", output=0, cached=None))
def async_embeddings(base):
    async def go():
        async with async_client(base) as openai:
            answer = await openai.embeddings.create(model="text-embedding-3-small", input="Hello")
            assert answer.usage.prompt_tokens == INPUT

    run(go())


@OPENAI("legacy completions", Seen("gpt-3.5-turbo-instruct"))
def completions(base):
    with client(base) as openai:
        assert openai.completions.create(model="gpt-3.5-turbo-instruct", prompt="Hello").choices[0].text == TEXT


@pytest.mark.parametrize("case", [*OPENAI, *RESPONSES, *AZURE])
def test_what_openai_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
