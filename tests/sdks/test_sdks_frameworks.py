"""langchain and pydantic-ai: what they send through the SDKs of providers."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sdks_answers import INPUT, TEXT
from sdks_cases import Cases, Seen, package, run

LANGCHAIN_OPENAI = Cases("langchain-openai", "openai")
LANGCHAIN_ANTHROPIC = Cases("langchain-anthropic", "anthropic")
PYDANTIC_AI = Cases("pydantic-ai, OpenAI", "openai")
PYDANTIC_CLAUDE = Cases("pydantic-ai, Anthropic", "anthropic")
PYDANTIC_GEMINI = Cases("pydantic-ai, Google", "google-genai")
GPT, CLAUDE, GEMINI = "gpt-4o-mini-2024-07-18", "claude-sonnet-4-5-20250929", "gemini-2.5-flash"
REFUSED = Seen(GPT, input=0, output=0, cached=None, outcome="refused")


class Said(BaseModel):
    text: str


# -- langchain ---------------------------------------------------------------------------------------------------------


def chat_openai(base, **more):
    options = {"base_url": f"{base}/v1", "api_key": "none", "max_retries": 0, "stream_usage": True, **more}
    return package("langchain_openai").ChatOpenAI(model=GPT, **options)


def chat_anthropic(base):
    langchain = package("langchain_anthropic")
    return langchain.ChatAnthropic(model=CLAUDE, base_url=base, api_key="none", max_retries=0)


@LANGCHAIN_OPENAI("invoke", Seen(GPT))
def invoke(base):
    assert chat_openai(base).invoke("Hello").usage_metadata["input_tokens"] == INPUT


@LANGCHAIN_OPENAI("ainvoke", Seen(GPT))
def ainvoke(base):
    async def go():
        assert (await chat_openai(base).ainvoke("Hello")).content == TEXT

    run(go())


@LANGCHAIN_OPENAI("stream", Seen(GPT, stream=True))
def stream(base):
    assert "".join(chunk.content for chunk in chat_openai(base).stream("Hello")) == TEXT


@LANGCHAIN_OPENAI("astream", Seen(GPT, stream=True))
def astream(base):
    async def go():
        assert "".join([chunk.content async for chunk in chat_openai(base).astream("Hello")]) == TEXT

    run(go())


@LANGCHAIN_OPENAI("stream, left after its first word", Seen(
    GPT, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted"), breaks=True)  # fmt: skip
def stream_left(base):
    chunks = chat_openai(base).stream("Hello")
    assert next(chunk for chunk in chunks if chunk.content).content == "Hel"
    chunks.close()


@LANGCHAIN_OPENAI("astream, left after its first word", Seen(
    GPT, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted"), breaks=True)  # fmt: skip
def astream_left(base):
    async def go():
        chunks = chat_openai(base).astream("Hello")
        async for chunk in chunks:
            if chunk.content:
                break
        await chunks.aclose()

    run(go())


@LANGCHAIN_OPENAI("structured output, async", Seen(GPT))
def async_structured(base):
    async def go():
        assert await chat_openai(base).with_structured_output(Said).ainvoke("Hello") == Said(text="Hello you")

    run(go())


@LANGCHAIN_OPENAI("abatch", *[Seen(GPT)] * 3)
def abatch(base):
    async def go():
        assert [answer.content for answer in await chat_openai(base).abatch(["Hello"] * 3)] == [TEXT] * 3

    run(go())


@LANGCHAIN_OPENAI("batch, on threads", *[Seen(GPT)] * 3)
def batch(base):
    assert [answer.content for answer in chat_openai(base).batch(["Hello"] * 3)] == [TEXT] * 3


@LANGCHAIN_OPENAI("structured output", Seen(GPT))
def structured(base):
    assert chat_openai(base).with_structured_output(Said).invoke("Hello") == Said(text="Hello you")


@LANGCHAIN_OPENAI("chain", Seen(GPT))
def chain(base):
    prompts, parsers = package("langchain_core.prompts"), package("langchain_core.output_parsers")
    whole = prompts.ChatPromptTemplate.from_template("{word}") | chat_openai(base) | parsers.StrOutputParser()
    assert whole.invoke({"word": "Hello"}) == TEXT


@LANGCHAIN_OPENAI("responses", Seen(GPT))
def responses(base):
    assert chat_openai(base, use_responses_api=True).invoke("Hello").usage_metadata["input_tokens"] == INPUT


@LANGCHAIN_OPENAI("a retry after 429", REFUSED, Seen(GPT), refusals=1)
def retry(base):
    assert chat_openai(base, max_retries=2).invoke("Hello").content == TEXT


@LANGCHAIN_OPENAI("embeddings", Seen("text-embedding-3-small", "embeddings", output=0, cached=None))
def embeddings(base):
    langchain = package("langchain_openai")
    options = {"base_url": f"{base}/v1", "api_key": "none", "check_embedding_ctx_length": False}  # else it fetches one
    model = langchain.OpenAIEmbeddings(model="text-embedding-3-small", **options)
    assert model.embed_query("Hello") == [0.5, -0.25, 1.0]


@LANGCHAIN_ANTHROPIC("invoke", Seen(CLAUDE))
def claude_invoke(base):
    assert chat_anthropic(base).invoke("Hello").usage_metadata["input_tokens"] == INPUT


@LANGCHAIN_ANTHROPIC("ainvoke", Seen(CLAUDE))
def claude_ainvoke(base):
    async def go():
        assert (await chat_anthropic(base).ainvoke("Hello")).usage_metadata["input_tokens"] == INPUT

    run(go())


@LANGCHAIN_ANTHROPIC("stream, left after its first word", Seen(
    CLAUDE, output=1, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def claude_left(base):
    chunks = chat_anthropic(base).stream("Hello")
    assert next(chunk for chunk in chunks if chunk.text).text == "Hel"
    chunks.close()


@LANGCHAIN_ANTHROPIC("two retries after 429", *[REFUSED._replace(model=CLAUDE)] * 2, Seen(CLAUDE), refusals=2)
def claude_retries(base):
    langchain = package("langchain_anthropic")
    model = langchain.ChatAnthropic(model=CLAUDE, base_url=base, api_key="none", max_retries=2)
    assert model.invoke("Hello").usage_metadata["input_tokens"] == INPUT


@LANGCHAIN_ANTHROPIC("stream", Seen(CLAUDE, stream=True))
def claude_stream(base):
    assert "".join(chunk.text for chunk in chat_anthropic(base).stream("Hello")) == TEXT


@LANGCHAIN_ANTHROPIC("astream", Seen(CLAUDE, stream=True))
def claude_astream(base):
    async def go():
        assert "".join([chunk.text async for chunk in chat_anthropic(base).astream("Hello")]) == TEXT

    run(go())


# -- pydantic-ai -------------------------------------------------------------------------------------------------------


def agent(base, **more):
    package("openai", "3")
    models, providers = package("pydantic_ai.models.openai"), package("pydantic_ai.providers.openai")
    provider = providers.OpenAIProvider(base_url=f"{base}/v1", api_key="none")
    return package("pydantic_ai").Agent(models.OpenAIChatModel(GPT, provider=provider), **more)


@PYDANTIC_AI("run_sync", Seen(GPT))
def run_sync(base):
    assert agent(base).run_sync("Hello").output == TEXT


@PYDANTIC_AI("run", Seen(GPT))
def run_async(base):
    async def go():
        assert (await agent(base).run("Hello")).usage.input_tokens == INPUT

    run(go())


@PYDANTIC_AI("run_stream", Seen(GPT, stream=True))
def run_stream(base):
    async def go():
        async with agent(base).run_stream("Hello") as answer:
            assert [text async for text in answer.stream_text()][-1] == TEXT

    run(go())


@PYDANTIC_AI("run_stream, left after its first word", Seen(
    GPT, input=8, output=1, cached=None, outcome="partial", stream=True, source="counted"), breaks=True)  # fmt: skip
def run_stream_left(base):
    async def go():
        async with agent(base).run_stream("Hello") as answer:
            async for text in answer.stream_text(debounce_by=None):
                assert text == "Hel"
                break

    run(go())


@PYDANTIC_AI("structured output", Seen(GPT))
def native_output(base):
    native = package("pydantic_ai").NativeOutput(Said)
    assert agent(base, output_type=native).run_sync("Hello").output == Said(text="Hello you")


@PYDANTIC_CLAUDE("run_sync", Seen(CLAUDE, stream=True))  # read as a stream, whatever it is
def anthropic(base):
    models, providers = package("pydantic_ai.models.anthropic"), package("pydantic_ai.providers.anthropic")
    provider = providers.AnthropicProvider(base_url=base, api_key="none")
    answer = package("pydantic_ai").Agent(models.AnthropicModel(CLAUDE, provider=provider)).run_sync("Hello")
    assert answer.output == TEXT


@PYDANTIC_CLAUDE("run_stream", Seen(CLAUDE, stream=True))
def anthropic_stream(base):
    models, providers = package("pydantic_ai.models.anthropic"), package("pydantic_ai.providers.anthropic")
    provider = providers.AnthropicProvider(base_url=base, api_key="none")

    async def go():
        agent = package("pydantic_ai").Agent(models.AnthropicModel(CLAUDE, provider=provider))
        async with agent.run_stream("Hello") as answer:
            assert [text async for text in answer.stream_text()][-1] == TEXT

    run(go())


@PYDANTIC_GEMINI("run_stream", Seen(GEMINI, stream=True))
def google_stream(base):
    models, providers = package("pydantic_ai.models.google"), package("pydantic_ai.providers.google")
    provider = providers.GoogleProvider(base_url=base, api_key="none")

    async def go():
        agent = package("pydantic_ai").Agent(models.GoogleModel(GEMINI, provider=provider))
        async with agent.run_stream("Hello") as answer:
            assert [text async for text in answer.stream_text()][-1] == TEXT

    run(go())


@PYDANTIC_GEMINI("run_sync", Seen(GEMINI))
def google(base):
    models, providers = package("pydantic_ai.models.google"), package("pydantic_ai.providers.google")
    provider = providers.GoogleProvider(base_url=base, api_key="none")
    answer = package("pydantic_ai").Agent(models.GoogleModel(GEMINI, provider=provider)).run_sync("Hello")
    assert answer.output == TEXT


@pytest.mark.parametrize(
    "case", [*LANGCHAIN_OPENAI, *LANGCHAIN_ANTHROPIC, *PYDANTIC_AI, *PYDANTIC_CLAUDE, *PYDANTIC_GEMINI]
)
def test_what_a_framework_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
