"""litellm: sync on httpx, async on aiohttp below httpx, and through the SDK of OpenAI."""

from __future__ import annotations

import sys

import pytest
from pydantic import BaseModel
from sdks_answers import INPUT, TEXT
from sdks_cases import QUESTION, Cases, Seen, lacks_path, package, run

LITELLM = Cases("litellm, OpenAI", "openai")
ANTHROPIC = Cases("litellm, Anthropic", "httpx; async aiohttp")
GOOGLE = Cases("litellm, Gemini", "httpx; async aiohttp")
AMAZON = Cases("litellm, Bedrock", "httpx; async aiohttp")
GPT, CLAUDE, GEMINI = "gpt-4o-mini-2024-07-18", "claude-sonnet-4-5-20250929", "gemini-2.5-flash"
BEDROCK = "anthropic.claude-sonnet-4-5-20250929-v1:0"


class Said(BaseModel):
    text: str


def litellm():
    package("litellm.main")  # not the package: tests/litellm would do
    return sys.modules["litellm"]


def openai(base):
    return {"model": f"openai/{GPT}", "messages": QUESTION, "api_base": f"{base}/v1", "api_key": "none"}


def streamed(base):
    return {**openai(base), "stream": True, "stream_options": {"include_usage": True}}


def anthropic(base):
    return {"model": f"anthropic/{CLAUDE}", "messages": QUESTION, "api_base": base, "api_key": "none"}


def gemini(base):
    api_base = f"{base}/v1beta/models/{GEMINI}"
    return {"model": f"gemini/{GEMINI}", "messages": QUESTION, "api_base": api_base, "api_key": "none"}


def bedrock(base):
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none", "aws_region_name": "us-east-1"}
    return {"model": f"bedrock/{BEDROCK}", "messages": QUESTION, "aws_bedrock_runtime_endpoint": base, **keys}


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@LITELLM("completion", Seen(GPT))
def completion(base):
    assert litellm().completion(**openai(base)).usage.prompt_tokens == INPUT


@LITELLM("acompletion", Seen(GPT))
def acompletion(base):
    async def go():
        assert (await litellm().acompletion(**openai(base))).choices[0].message.content == TEXT

    run(go())


@LITELLM("stream", Seen(GPT, stream=True))
def stream(base):
    assert text_of(litellm().completion(**streamed(base))) == TEXT


@LITELLM("stream, async", Seen(GPT, stream=True))
def async_stream(base):
    async def go():
        assert text_of([chunk async for chunk in await litellm().acompletion(**streamed(base))]) == TEXT

    run(go())


@LITELLM("stream, async, left after its first word", Seen(
    GPT, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted"), breaks=True)  # fmt: skip
def async_left(base):
    async def go():
        chunks = await litellm().acompletion(**streamed(base))
        async for chunk in chunks:
            assert chunk.choices[0].delta.content == "Hel"
            break
        await chunks.aclose()

    run(go())


@LITELLM("stream, left after its first word", Seen(
    GPT, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted"), breaks=True)  # fmt: skip
def stream_left(base):
    assert next(litellm().completion(**streamed(base))).choices[0].delta.content == "Hel"


@LITELLM("structured output", Seen(GPT))
def structured(base):
    answer = litellm().completion(**openai(base), response_format=Said)
    assert Said.model_validate_json(answer.choices[0].message.content) == Said(text="Hello you")


@LITELLM("a retry after 429", Seen(
    GPT, input=0, output=0, cached=None, outcome="refused"), Seen(GPT), refusals=1)  # fmt: skip
def retry(base):
    assert litellm().completion(**openai(base), max_retries=1).usage.prompt_tokens == INPUT


@LITELLM("Router", Seen(GPT))
def router(base):
    options = {key: value for key, value in openai(base).items() if key != "messages"}
    router = litellm().Router(model_list=[{"model_name": "any", "litellm_params": options}])
    assert router.completion(model="any", messages=QUESTION).choices[0].message.content == TEXT


@LITELLM("responses", Seen(GPT))
def responses(base):
    asked = {key: value for key, value in openai(base).items() if key != "messages"}
    assert litellm().responses(**asked, input="Hello").usage.input_tokens == INPUT


@LITELLM("embedding", Seen("text-embedding-3-small", "embeddings", output=0, cached=None))
def embedding(base):
    asked = {"model": "openai/text-embedding-3-small", "input": ["Hello"], "api_base": f"{base}/v1", "api_key": "none"}
    assert litellm().embedding(**asked).usage.prompt_tokens == INPUT


@LITELLM("aembedding", Seen("text-embedding-3-small", "embeddings", output=0, cached=None))
def aembedding(base):
    async def go():
        asked = {"model": "openai/text-embedding-3-small", "input": ["Hello"], "api_base": f"{base}/v1"}
        assert (await litellm().aembedding(**asked, api_key="none")).usage.prompt_tokens == INPUT

    run(go())


@ANTHROPIC("stream", Seen(CLAUDE, stream=True))
def claude_stream(base):
    assert text_of(litellm().completion(**anthropic(base), stream=True)) == TEXT


@ANTHROPIC("stream, async, left after its first word", Seen(
    CLAUDE, output=1, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def async_claude_left(base):
    async def go():
        chunks = await litellm().acompletion(**anthropic(base), stream=True)
        async for chunk in chunks:
            assert chunk.choices[0].delta.content == "Hel"
            break
        await chunks.aclose()

    run(go())


@ANTHROPIC("completion", Seen(CLAUDE))
def claude(base):
    assert litellm().completion(**anthropic(base)).usage.prompt_tokens == INPUT


@ANTHROPIC("acompletion", Seen(CLAUDE))
def async_claude(base):
    async def go():
        assert (await litellm().acompletion(**anthropic(base))).usage.prompt_tokens == INPUT

    run(go())


@ANTHROPIC("stream, async", Seen(CLAUDE, stream=True))
def async_claude_stream(base):
    async def go():
        chunks = [chunk async for chunk in await litellm().acompletion(**anthropic(base), stream=True)]
        assert text_of(chunks) == TEXT

    run(go())


@GOOGLE("acompletion", Seen(GEMINI))
def async_gemini(base):
    async def go():
        assert (await litellm().acompletion(**gemini(base))).usage.prompt_tokens == INPUT

    run(go())


@GOOGLE("stream", Seen(GEMINI, stream=True))
def gemini_stream(base):
    assert text_of(litellm().completion(**gemini(base), stream=True)) == TEXT


@GOOGLE("completion", Seen(GEMINI))
def gemini_completion(base):
    assert litellm().completion(**gemini(base)).usage.prompt_tokens == INPUT


@GOOGLE("stream, async", Seen(GEMINI, stream=True))
def async_gemini_stream(base):
    async def go():
        chunks = [chunk async for chunk in await litellm().acompletion(**gemini(base), stream=True)]
        assert text_of(chunks) == TEXT

    run(go())


@AMAZON("acompletion", Seen(BEDROCK), lacks=lacks_path(f"/model/{BEDROCK}/converse"))
def async_bedrock(base):
    async def go():
        assert (await litellm().acompletion(**bedrock(base))).usage.prompt_tokens == INPUT

    run(go())


@AMAZON("stream", Seen(BEDROCK, stream=True), lacks=lacks_path(f"/model/{BEDROCK}/converse-stream"))
def bedrock_stream(base):
    assert text_of(litellm().completion(**bedrock(base), stream=True)) == TEXT


@AMAZON("completion", Seen(BEDROCK), lacks=lacks_path(f"/model/{BEDROCK}/converse"))
def bedrock_completion(base):
    assert litellm().completion(**bedrock(base)).usage.prompt_tokens == INPUT


@AMAZON("stream, async", Seen(BEDROCK, stream=True), lacks=lacks_path(f"/model/{BEDROCK}/converse-stream"))
def async_bedrock_stream(base):
    async def go():
        chunks = [chunk async for chunk in await litellm().acompletion(**bedrock(base), stream=True)]
        assert text_of(chunks) == TEXT

    run(go())


@pytest.mark.parametrize("case", [*LITELLM, *ANTHROPIC, *GOOGLE, *AMAZON])
def test_what_litellm_sends_is_seen_as_often_as_it_was_sent(case, check, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it fetches its list of prices
    check(case)
