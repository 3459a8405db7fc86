"""google-genai: sync on httpx2, async on aiohttp where that is installed, else on httpx2."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sdks_answers import INPUT, TEXT
from sdks_cases import Cases, Seen, lacks_patch, package, run

GOOGLE = Cases("google-genai", "httpx2; async aiohttp where that is installed")
VERTEX = Cases("google-genai, Vertex", "httpx2")
MODEL = "gemini-2.5-flash"
GENERATED = Seen(MODEL)
STREAM = Seen(MODEL, stream=True)
LEFT = STREAM._replace(output=1, outcome="partial", source="scaled")
AIOHTTP = lacks_patch("aiohttp")


class Said(BaseModel):
    text: str


def client(base, **more):
    genai = package("google.genai")
    return genai.Client(api_key="none", http_options=genai.types.HttpOptions(base_url=base, **more))


@GOOGLE("generate_content", GENERATED)
def generate(base):
    with client(base) as google:
        answer = google.models.generate_content(model=MODEL, contents="Hello")
        assert (answer.text, answer.usage_metadata.prompt_token_count) == (TEXT, INPUT)


@GOOGLE("generate_content_stream", STREAM)
def stream(base):
    with client(base) as google:
        parts = list(google.models.generate_content_stream(model=MODEL, contents="Hello"))
        assert "".join(part.text for part in parts) == TEXT


@GOOGLE("generate_content_stream, left", LEFT, breaks=True)
def stream_left(base):
    with client(base) as google:
        for part in google.models.generate_content_stream(model=MODEL, contents="Hello"):
            assert part.text == "Hel"
            break


@GOOGLE("generate_content, async on httpx2", GENERATED)
def async_generate(base):
    async def go():
        async with package("httpx2").AsyncClient() as http, client(base, httpx_async_client=http).aio as google:
            assert (await google.models.generate_content(model=MODEL, contents="Hello")).text == TEXT

    run(go())


@GOOGLE("generate_content_stream, async on httpx2", STREAM)
def async_stream(base):
    async def go():
        async with package("httpx2").AsyncClient() as http, client(base, httpx_async_client=http).aio as google:
            parts = await google.models.generate_content_stream(model=MODEL, contents="Hello")
            assert "".join([part.text async for part in parts]) == TEXT

    run(go())


@GOOGLE("generate_content, async on aiohttp", GENERATED, lacks=AIOHTTP)
def aiohttp_generate(base):
    package("aiohttp")

    async def go():
        async with client(base).aio as google:
            assert (await google.models.generate_content(model=MODEL, contents="Hello")).text == TEXT

    run(go())


@GOOGLE("generate_content_stream, async on aiohttp", STREAM, lacks=AIOHTTP)
def aiohttp_stream(base):
    package("aiohttp")

    async def go():
        async with client(base).aio as google:
            parts = await google.models.generate_content_stream(model=MODEL, contents="Hello")
            assert "".join([part.text async for part in parts]) == TEXT

    run(go())


@GOOGLE("generate_content_stream, async on aiohttp, left", LEFT, breaks=True, lacks=AIOHTTP)
def aiohttp_stream_left(base):
    package("aiohttp")

    async def go():
        async with client(base).aio as google:
            parts = await google.models.generate_content_stream(model=MODEL, contents="Hello")
            async for part in parts:
                assert part.text == "Hel"
                break
            await parts.aclose()

    run(go())


@GOOGLE("generate_content_stream, async on httpx2, left", LEFT, breaks=True)
def async_stream_left(base):
    async def go():
        async with package("httpx2").AsyncClient() as http, client(base, httpx_async_client=http).aio as google:
            parts = await google.models.generate_content_stream(model=MODEL, contents="Hello")
            async for part in parts:
                assert part.text == "Hel"
                break
            await parts.aclose()

    run(go())


@GOOGLE("structured output, async", GENERATED)
def async_structured(base):
    async def go():
        async with client(base).aio as google:
            config = {"response_mime_type": "application/json", "response_schema": Said}
            answer = await google.models.generate_content(model=MODEL, contents="Hello", config=config)
            assert answer.parsed == Said(text="Hello you")

    run(go())


@GOOGLE("embed_content, async", Seen("gemini-embedding-001", "embeddings", output=0, cached=None))
def async_embed(base):
    async def go():
        async with client(base).aio as google:
            answer = await google.models.embed_content(model="gemini-embedding-001", contents="Hello")
            assert answer.embeddings[0].values == [0.5, -0.25]

    run(go())


@GOOGLE("structured output", GENERATED)
def structured(base):
    with client(base) as google:
        config = {"response_mime_type": "application/json", "response_schema": Said}
        answer = google.models.generate_content(model=MODEL, contents="Hello", config=config)
        assert answer.parsed == Said(text="Hello you")


@GOOGLE("chat of two turns", GENERATED, GENERATED)
def chat(base):
    with client(base) as google:
        chat = google.chats.create(model=MODEL)
        assert [chat.send_message("Hello").text, chat.send_message("Again").text] == [TEXT, TEXT]


@GOOGLE("embed_content", Seen("gemini-embedding-001", "embeddings", output=0, cached=None))
def embed(base):
    with client(base) as google:
        answer = google.models.embed_content(model="gemini-embedding-001", contents="Hello")
        assert answer.embeddings[0].values == [0.5, -0.25]


@GOOGLE("a retry after 429", Seen(MODEL, input=0, output=0, cached=None, outcome="refused"), GENERATED, refusals=1)
def retries(base):
    types = package("google.genai").types
    with client(base, retry_options=types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.01)) as google:
        assert google.models.generate_content(model=MODEL, contents="Hello").text == TEXT


def vertex(base):
    genai = package("google.genai")
    credentials = package("google.oauth2.credentials").Credentials("none")
    options = genai.types.HttpOptions(base_url=base)
    return genai.Client(
        vertexai=True, project="any", location="us-east5", credentials=credentials, http_options=options
    )


@VERTEX("generate_content", GENERATED)
def vertex_generate(base):
    with vertex(base) as google:
        assert google.models.generate_content(model=MODEL, contents="Hello").text == TEXT


@VERTEX("generate_content, async", GENERATED)
def async_vertex_generate(base):
    async def go():
        async with vertex(base).aio as google:
            assert (await google.models.generate_content(model=MODEL, contents="Hello")).text == TEXT

    run(go())


@VERTEX("generate_content_stream, async", STREAM)
def async_vertex_stream(base):
    async def go():
        async with vertex(base).aio as google:
            parts = await google.models.generate_content_stream(model=MODEL, contents="Hello")
            assert "".join([part.text async for part in parts]) == TEXT

    run(go())


@VERTEX("generate_content_stream", STREAM)
def vertex_stream(base):
    with vertex(base) as google:
        parts = list(google.models.generate_content_stream(model=MODEL, contents="Hello"))
        assert parts[-1].usage_metadata.prompt_token_count == INPUT


@pytest.mark.parametrize("case", [*GOOGLE, *VERTEX])
def test_what_google_genai_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
