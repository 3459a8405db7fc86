"""The SDKs of Mistral, Groq, Together, Hugging Face, Cohere and Ollama, on httpx2 or on httpx."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sdks_answers import INPUT, TEXT
from sdks_cases import ESTIMATED, QUESTION, Cases, Seen, lacks_path, package, run

MISTRAL = Cases("mistralai", "httpx2")
GROQ = Cases("groq", "httpx")
TOGETHER = Cases("together", "httpx")
FACE = Cases("huggingface_hub", "httpx2")
COHERE = Cases("cohere", "httpx")
COHERE_1 = Cases("cohere, version 1", "httpx")
OLLAMA = Cases("ollama", "httpx")


class Said(BaseModel):
    text: str


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


# -- Mistral -----------------------------------------------------------------------------------------------------------

SMALL = {"model": "mistral-small-2506", "messages": QUESTION}
SMALL_SEEN = Seen("mistral-small-2506")


def mistral(base):
    return package("mistralai.client").Mistral(api_key="none", server_url=base)


@MISTRAL("chat", SMALL_SEEN)
def mistral_chat(base):
    with mistral(base) as client:
        assert client.chat.complete(**SMALL).usage.prompt_tokens == INPUT


@MISTRAL("chat, async", SMALL_SEEN)
def mistral_async(base):
    async def go():
        async with mistral(base) as client:
            assert (await client.chat.complete_async(**SMALL)).choices[0].message.content == TEXT

    run(go())


@MISTRAL("stream", SMALL_SEEN._replace(stream=True))
def mistral_stream(base):
    with mistral(base) as client, client.chat.stream(**SMALL) as events:
        assert text_of(event.data for event in events) == TEXT


@MISTRAL("stream, async", SMALL_SEEN._replace(stream=True))
def mistral_async_stream(base):
    async def go():
        async with mistral(base) as client:
            events = [event.data async for event in await client.chat.stream_async(**SMALL)]
            assert text_of(events) == TEXT

    run(go())


@MISTRAL("stream, left after its first word", SMALL_SEEN._replace(
    input=ESTIMATED, output=1, cached=None, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def mistral_left(base):
    with mistral(base) as client, client.chat.stream(**SMALL) as events:
        assert text_of([next(iter(events)).data]) == "Hel"


@MISTRAL("stream, async, left after its first word", SMALL_SEEN._replace(
    input=ESTIMATED, output=1, cached=None, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def mistral_async_left(base):
    async def go():
        async with mistral(base) as client, await client.chat.stream_async(**SMALL) as events:
            async for event in events:
                assert text_of([event.data]) == "Hel"
                break

    run(go())


@MISTRAL("parse, async", SMALL_SEEN)
def mistral_async_parse(base):
    async def go():
        async with mistral(base) as client:
            answer = await client.chat.parse_async(Said, **SMALL)
            assert answer.choices[0].message.parsed == Said(text="Hello you")

    run(go())


@MISTRAL("embeddings, async", Seen("mistral-embed", "embeddings", output=0, cached=None))
def mistral_async_embeddings(base):
    async def go():
        async with mistral(base) as client:
            answer = await client.embeddings.create_async(model="mistral-embed", inputs=["Hello"])
            assert answer.usage.prompt_tokens == INPUT

    run(go())


@MISTRAL("a retry after 429", SMALL_SEEN._replace(
    input=0, output=0, cached=None, outcome="refused"), SMALL_SEEN, refusals=1)  # fmt: skip
def mistral_retry(base):
    retries = package("mistralai.client.utils")
    pause = retries.BackoffStrategy(1, 10, 1.5, 1_000)
    with mistral(base) as client:
        asked = client.chat.complete(
            **SMALL, retries=retries.RetryConfig("backoff", pause, retry_connection_errors=False)
        )
        assert asked.usage.prompt_tokens == INPUT


@MISTRAL("parse", SMALL_SEEN)
def mistral_parse(base):
    with mistral(base) as client:
        assert client.chat.parse(Said, **SMALL).choices[0].message.parsed == Said(text="Hello you")


@MISTRAL("fill in the middle", Seen("codestral-2508"), lacks=lacks_path("/v1/fim/completions"))
def mistral_fim(base):
    with mistral(base) as client:
        assert client.fim.complete(model="codestral-2508", prompt="def f(").usage.prompt_tokens == INPUT


@MISTRAL("embeddings", Seen("mistral-embed", "embeddings", output=0, cached=None))
def mistral_embeddings(base):
    with mistral(base) as client:
        assert client.embeddings.create(model="mistral-embed", inputs=["Hello"]).usage.prompt_tokens == INPUT


# -- Groq --------------------------------------------------------------------------------------------------------------

LLAMA = {"model": "llama-3.3-70b-versatile", "messages": QUESTION}
LLAMA_SEEN = Seen("llama-3.3-70b-versatile")


def groq(base, kind="Groq", **more):
    return getattr(package("groq"), kind)(api_key="none", base_url=base, **more)


@GROQ("chat", LLAMA_SEEN)
def groq_chat(base):
    with groq(base) as client:
        assert client.chat.completions.create(**LLAMA).choices[0].message.content == TEXT


@GROQ("chat, async", LLAMA_SEEN)
def groq_async(base):
    async def go():
        async with groq(base, "AsyncGroq") as client:
            assert (await client.chat.completions.create(**LLAMA)).usage.prompt_tokens == INPUT

    run(go())


@GROQ("stream", LLAMA_SEEN._replace(stream=True))
def groq_stream(base):
    with groq(base) as client, client.chat.completions.create(**LLAMA, stream=True) as chunks:
        assert text_of(chunks) == TEXT


@GROQ("stream, async", LLAMA_SEEN._replace(stream=True))
def groq_async_stream(base):
    async def go():
        async with groq(base, "AsyncGroq") as client:
            chunks = [chunk async for chunk in await client.chat.completions.create(**LLAMA, stream=True)]
            assert text_of(chunks) == TEXT

    run(go())


@GROQ("with_raw_response", LLAMA_SEEN)
def groq_raw(base):
    with groq(base) as client:
        assert client.chat.completions.with_raw_response.create(**LLAMA).parse().usage.prompt_tokens == INPUT


@GROQ("with_streaming_response, by lines", LLAMA_SEEN._replace(stream=True))
def groq_lines(base):
    asked = {**LLAMA, "stream": True}
    with groq(base) as client, client.chat.completions.with_streaming_response.create(**asked) as response:
        assert "data: [DONE]" in list(response.iter_lines())


@GROQ("stream, left after its first word", LLAMA_SEEN._replace(
    input=ESTIMATED, output=1, cached=None, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def groq_left(base):
    with groq(base) as client, client.chat.completions.create(**LLAMA, stream=True) as chunks:
        assert next(iter(chunks)).choices[0].delta.content == "Hel"


@GROQ("a retry after 429", LLAMA_SEEN._replace(
    input=0, output=0, cached=None, outcome="refused"), LLAMA_SEEN, refusals=1)  # fmt: skip
def groq_retry(base):
    with groq(base) as client:
        assert client.chat.completions.create(**LLAMA).usage.prompt_tokens == INPUT


# -- Together ----------------------------------------------------------------------------------------------------------

TURBO = {"model": "meta-llama/Llama-3.3-70B-Instruct-Turbo", "messages": QUESTION}
TURBO_SEEN = Seen("meta-llama/Llama-3.3-70B-Instruct-Turbo")


def together(base, kind="Together"):
    return getattr(package("together"), kind)(api_key="none", base_url=f"{base}/v1")


@TOGETHER("chat", TURBO_SEEN)
def together_chat(base):
    with together(base) as client:
        assert client.chat.completions.create(**TURBO).choices[0].message.content == TEXT


@TOGETHER("chat, async", TURBO_SEEN)
def together_async(base):
    async def go():
        async with together(base, "AsyncTogether") as client:
            assert (await client.chat.completions.create(**TURBO)).usage.prompt_tokens == INPUT

    run(go())


@TOGETHER("stream", TURBO_SEEN._replace(stream=True))
def together_stream(base):
    with together(base) as client, client.chat.completions.create(**TURBO, stream=True) as chunks:
        assert text_of(chunks) == TEXT


@TOGETHER("stream, async", TURBO_SEEN._replace(stream=True))
def together_async_stream(base):
    async def go():
        async with together(base, "AsyncTogether") as client:
            chunks = [chunk async for chunk in await client.chat.completions.create(**TURBO, stream=True)]
            assert text_of(chunks) == TEXT

    run(go())


@TOGETHER("a retry after 429", TURBO_SEEN._replace(
    input=0, output=0, cached=None, outcome="refused"), TURBO_SEEN, refusals=1)  # fmt: skip
def together_retry(base):
    with together(base) as client:
        assert client.chat.completions.create(**TURBO).usage.prompt_tokens == INPUT


@TOGETHER("stream, left after its first word", TURBO_SEEN._replace(
    input=ESTIMATED, output=1, cached=None, outcome="partial", stream=True, source="scaled"), breaks=True)  # fmt: skip
def together_left(base):
    with together(base) as client, client.chat.completions.create(**TURBO, stream=True) as chunks:
        assert next(iter(chunks)).choices[0].delta.content == "Hel"


@TOGETHER("with_raw_response", TURBO_SEEN)
def together_raw(base):
    with together(base) as client:
        assert client.chat.completions.with_raw_response.create(**TURBO).parse().usage.prompt_tokens == INPUT


@TOGETHER("with_streaming_response, async", TURBO_SEEN._replace(stream=True))
def together_lines(base):
    async def go():
        async with (
            together(base, "AsyncTogether") as client,
            client.chat.completions.with_streaming_response.create(**TURBO, stream=True) as response,
        ):
            assert "data: [DONE]" in [line async for line in response.iter_lines()]

    run(go())


@TOGETHER("embeddings", Seen("BAAI/bge-base-en-v1.5", "embeddings", output=0, cached=None))
def together_embeddings(base):
    with together(base) as client:
        answer = client.embeddings.create(model="BAAI/bge-base-en-v1.5", input="Hello")
        assert answer.data[0].embedding == [0.5, -0.25, 1.0]


# -- Hugging Face ------------------------------------------------------------------------------------------------------

QWEN = {"model": "Qwen/Qwen3-32B", "messages": QUESTION}
QWEN_SEEN = Seen("Qwen/Qwen3-32B", stream=True)  # the SDK reads every reply as a stream, but for asynchronous ones


def face(base, kind="InferenceClient"):
    return getattr(package("huggingface_hub"), kind)(api_key="none", base_url=f"{base}/v1")


@FACE("chat", QWEN_SEEN)
def face_chat(base):
    with face(base) as client:
        assert client.chat_completion(**QWEN).usage.prompt_tokens == INPUT


@FACE("chat, by the names of OpenAI", QWEN_SEEN)
def face_alias(base):
    with face(base) as client:
        assert client.chat.completions.create(**QWEN).choices[0].message.content == TEXT


@FACE("stream", QWEN_SEEN)
def face_stream(base):
    with face(base) as client:
        assert text_of(client.chat_completion(**QWEN, stream=True)) == TEXT


@FACE("stream, async", QWEN_SEEN)
def face_async(base):
    async def go():
        async with face(base, "AsyncInferenceClient") as client:
            assert text_of([chunk async for chunk in await client.chat_completion(**QWEN, stream=True)]) == TEXT

    run(go())


@FACE("chat, async", QWEN_SEEN._replace(stream=False))
def face_async_chat(base):
    async def go():
        async with face(base, "AsyncInferenceClient") as client:
            assert (await client.chat_completion(**QWEN)).usage.prompt_tokens == INPUT

    run(go())


@FACE("stream, left after its first word", QWEN_SEEN._replace(
    input=ESTIMATED, output=1, cached=None, outcome="partial", source="scaled"), breaks=True)  # fmt: skip
def face_left(base):
    with face(base) as client:
        chunks = client.chat_completion(**QWEN, stream=True)
        assert next(iter(chunks)).choices[0].delta.content == "Hel"
        chunks.close()


# -- Cohere ------------------------------------------------------------------------------------------------------------

COMMAND = {"model": "command-a-03-2025", "messages": QUESTION}
COMMAND_SEEN = Seen("command-a-03-2025", cached=None)
V1, V2 = lacks_path("/v1/chat"), lacks_path("/v2/chat")


def cohere(base, kind="ClientV2"):
    return getattr(package("cohere"), kind)(api_key="none", base_url=base)


@COHERE("chat", COMMAND_SEEN, lacks=V2)
def cohere_chat(base):
    with cohere(base) as client:
        assert client.chat(**COMMAND).message.content[0].text == TEXT


@COHERE("chat, async", COMMAND_SEEN, lacks=V2)
def cohere_async(base):
    async def go():
        async with cohere(base, "AsyncClientV2") as client:
            assert (await client.chat(**COMMAND)).usage.tokens.input_tokens == INPUT

    run(go())


@COHERE("stream", COMMAND_SEEN._replace(stream=True), lacks=V2)
def cohere_stream(base):
    with cohere(base) as client:
        events = list(client.chat_stream(**COMMAND))
        assert "".join(e.delta.message.content.text for e in events if e.type == "content-delta") == TEXT


@COHERE("stream, async", COMMAND_SEEN._replace(stream=True), lacks=V2)
def cohere_async_stream(base):
    async def go():
        async with cohere(base, "AsyncClientV2") as client:
            assert [event async for event in client.chat_stream(**COMMAND)][-1].type == "message-end"

    run(go())


@COHERE_1("chat", COMMAND_SEEN, lacks=V1)
def cohere_chat_1(base):
    with cohere(base, "Client") as client:
        assert client.chat(model=COMMAND["model"], message="Hello").text == TEXT


@COHERE_1("stream", COMMAND_SEEN._replace(stream=True), lacks=V1)
def cohere_stream_1(base):
    with cohere(base, "Client") as client:
        events = list(client.chat_stream(model=COMMAND["model"], message="Hello"))
        assert events[-1].response.text == TEXT


@COHERE("stream, left after its first word", COMMAND_SEEN._replace(
    input=ESTIMATED, output=1, outcome="partial", stream=True, source="scaled"), breaks=True, lacks=V2)  # fmt: skip
def cohere_left(base):
    with cohere(base) as client:
        events = client.chat_stream(**COMMAND)
        assert next(e for e in events if e.type == "content-delta").delta.message.content.text == "Hel"
        events.close()


@COHERE("with_raw_response", COMMAND_SEEN, lacks=V2)
def cohere_raw(base):
    with cohere(base) as client:
        assert client.with_raw_response.chat(**COMMAND).data.message.content[0].text == TEXT


@COHERE("embed, async", Seen("embed-v4.0", "embeddings", output=0, cached=None), lacks=lacks_path("/v2/embed"))
def cohere_async_embed(base):
    async def go():
        async with cohere(base, "AsyncClientV2") as client:
            asked = {"texts": ["Hello"], "input_type": "search_document", "embedding_types": ["float"]}
            assert (await client.embed(model="embed-v4.0", **asked)).meta.billed_units.input_tokens == INPUT

    run(go())


@COHERE("embed", Seen("embed-v4.0", "embeddings", output=0, cached=None), lacks=lacks_path("/v2/embed"))
def cohere_embed(base):
    with cohere(base) as client:
        asked = {"texts": ["Hello"], "input_type": "search_document", "embedding_types": ["float"]}
        assert client.embed(model="embed-v4.0", **asked).meta.billed_units.input_tokens == INPUT


@COHERE(
    "rerank",
    Seen("rerank-v3.5", "rerank", input=ESTIMATED, output=0, cached=None, source="scaled"),
    lacks=lacks_path("/v2/rerank"),
)
def cohere_rerank(base):
    with cohere(base) as client:
        assert client.rerank(model="rerank-v3.5", query="Hello", documents=["Hello you"]).results[0].index == 0


# -- Ollama ------------------------------------------------------------------------------------------------------------

GEMMA_SEEN = Seen("gemma3", cached=None)
NATIVE, GENERATE = lacks_path("/api/chat"), lacks_path("/api/generate")


def ollama(base, kind="Client"):
    return getattr(package("ollama"), kind)(host=base)


@OLLAMA("chat", GEMMA_SEEN, lacks=NATIVE)
def ollama_chat(base):
    with ollama(base) as client:
        assert client.chat(model="gemma3", messages=QUESTION).prompt_eval_count == INPUT


@OLLAMA("chat, async", GEMMA_SEEN, lacks=NATIVE)
def ollama_async(base):
    async def go():
        async with ollama(base, "AsyncClient") as client:
            assert (await client.chat(model="gemma3", messages=QUESTION)).message.content == TEXT

    run(go())


@OLLAMA("stream", GEMMA_SEEN._replace(stream=True), lacks=NATIVE)
def ollama_stream(base):
    with ollama(base) as client:
        parts = client.chat(model="gemma3", messages=QUESTION, stream=True)
        assert "".join(part.message.content for part in parts) == TEXT


@OLLAMA("stream, async", GEMMA_SEEN._replace(stream=True), lacks=NATIVE)
def ollama_async_stream(base):
    async def go():
        async with ollama(base, "AsyncClient") as client:
            parts = [part async for part in await client.chat(model="gemma3", messages=QUESTION, stream=True)]
            assert parts[-1].eval_count == 34

    run(go())


@OLLAMA("stream, left after its first word", GEMMA_SEEN._replace(
    input=ESTIMATED, output=1, outcome="partial", stream=True, source="scaled"), breaks=True, lacks=NATIVE)  # fmt: skip
def ollama_left(base):
    with ollama(base) as client:
        parts = client.chat(model="gemma3", messages=QUESTION, stream=True)
        assert next(iter(parts)).message.content == "Hel"
        parts.close()


@OLLAMA("embed, async", Seen("nomic-embed-text", "embeddings", output=0, cached=None), lacks=lacks_path("/api/embed"))
def ollama_async_embed(base):
    async def go():
        async with ollama(base, "AsyncClient") as client:
            assert (await client.embed(model="nomic-embed-text", input="Hello")).prompt_eval_count == INPUT

    run(go())


@OLLAMA("generate", GEMMA_SEEN, lacks=GENERATE)
def ollama_generate(base):
    with ollama(base) as client:
        assert client.generate(model="gemma3", prompt="Hello").response == TEXT


@OLLAMA("embed", Seen("nomic-embed-text", "embeddings", output=0, cached=None), lacks=lacks_path("/api/embed"))
def ollama_embed(base):
    with ollama(base) as client:
        assert client.embed(model="nomic-embed-text", input="Hello").prompt_eval_count == INPUT


@pytest.mark.parametrize("case", [*MISTRAL, *GROQ, *TOGETHER, *FACE, *COHERE, *COHERE_1, *OLLAMA])
def test_what_the_sdk_of_a_provider_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
