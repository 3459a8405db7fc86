"""anthropic, its clients for Bedrock and Vertex included: each use seen as often as it was sent."""

from __future__ import annotations

import pytest
from pydantic import BaseModel
from sdks_answers import CACHED, INPUT, TEXT
from sdks_cases import QUESTION, Cases, Seen, lacks_path, package, run

ANTHROPIC = Cases("anthropic", "httpx2")
VERTEX = Cases("anthropic, Vertex", "httpx2")
BEDROCK = Cases("anthropic, Bedrock", "httpx2")
MODEL = "claude-sonnet-4-5-20250929"
BEDROCK_MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
VERTEX_MODEL = "claude-sonnet-4-5@20250929"
MESSAGE = Seen(MODEL)
STREAM = Seen(MODEL, stream=True)
ASK = {"model": MODEL, "max_tokens": 64, "messages": QUESTION}
LEFT = STREAM._replace(output=1, outcome="partial", source="scaled")
REFUSED = Seen(MODEL, input=0, output=0, cached=None, outcome="refused")
KEYS = {"aws_access_key": "none", "aws_secret_key": "none", "aws_region": "us-east-1"}


class Said(BaseModel):
    text: str


def client(base, **more):
    return package("anthropic").Anthropic(api_key="none", base_url=base, **{"max_retries": 0, **more})


def async_client(base, **more):
    return package("anthropic").AsyncAnthropic(api_key="none", base_url=base, max_retries=0, **more)


def input_of(usage):
    return usage.input_tokens + usage.cache_read_input_tokens


@ANTHROPIC("messages", MESSAGE)
def messages(base):
    with client(base) as anthropic:
        answer = anthropic.messages.create(**ASK)
        assert (answer.content[0].text, input_of(answer.usage)) == (TEXT, INPUT)


@ANTHROPIC("messages, async", MESSAGE)
def async_messages(base):
    async def go():
        async with async_client(base) as anthropic:
            assert (await anthropic.messages.create(**ASK)).usage.cache_read_input_tokens == CACHED

    run(go())


@ANTHROPIC("messages, async, on aiohttp", MESSAGE)
def aiohttp_messages(base):
    package("aiohttp")

    async def go():
        async with async_client(base, http_client=package("anthropic").DefaultAioHttpClient()) as anthropic:
            assert input_of((await anthropic.messages.create(**ASK)).usage) == INPUT

    run(go())


@ANTHROPIC("stream, async, on aiohttp", STREAM)
def aiohttp_stream(base):
    package("aiohttp")

    async def go():
        async with async_client(base, http_client=package("anthropic").DefaultAioHttpClient()) as anthropic:
            events = [event async for event in await anthropic.messages.create(**ASK, stream=True)]
            assert events[-1].type == "message_stop"

    run(go())


@ANTHROPIC("stream", STREAM)
def stream(base):
    with client(base) as anthropic, anthropic.messages.create(**ASK, stream=True) as events:
        assert list(events)[-1].type == "message_stop"


@ANTHROPIC("stream, async", STREAM)
def async_stream(base):
    async def go():
        async with async_client(base) as anthropic:
            events = [event async for event in await anthropic.messages.create(**ASK, stream=True)]
            assert events[-1].type == "message_stop"

    run(go())


@ANTHROPIC(".stream() helper", STREAM)
def stream_helper(base):
    with client(base) as anthropic, anthropic.messages.stream(**ASK) as events:
        assert "".join(events.text_stream) == TEXT
        assert input_of(events.get_final_message().usage) == INPUT


@ANTHROPIC(".stream() helper, async", STREAM)
def async_stream_helper(base):
    async def go():
        async with async_client(base) as anthropic, anthropic.messages.stream(**ASK) as events:
            assert await events.get_final_text() == TEXT

    run(go())


@ANTHROPIC("stream, left after its first word", LEFT, breaks=True)
def stream_left(base):
    with client(base) as anthropic, anthropic.messages.stream(**ASK) as events:
        assert next(iter(events.text_stream)) == "Hel"


@ANTHROPIC("stream, async, left after its first word", LEFT, breaks=True)
def async_stream_left(base):
    async def go():
        async with async_client(base) as anthropic, anthropic.messages.stream(**ASK) as events:
            async for _ in events.text_stream:
                break

    run(go())


@ANTHROPIC("with_raw_response", MESSAGE)
def raw(base):
    with client(base) as anthropic:
        assert input_of(anthropic.messages.with_raw_response.create(**ASK).parse().usage) == INPUT


@ANTHROPIC("with_raw_response, async", MESSAGE)
def async_raw(base):
    async def go():
        async with async_client(base) as anthropic:
            answer = await anthropic.messages.with_raw_response.create(**ASK)
            assert input_of((await answer.parse()).usage) == INPUT

    run(go())


@ANTHROPIC("with_raw_response, of a stream", STREAM)
def raw_stream(base):
    with client(base) as anthropic:
        events = list(anthropic.messages.with_raw_response.create(**ASK, stream=True).parse())
        assert events[-1].type == "message_stop"


@ANTHROPIC("with_streaming_response", STREAM)
def streaming_response(base):
    with client(base) as anthropic, anthropic.messages.with_streaming_response.create(**ASK) as response:
        assert input_of(response.parse().usage) == INPUT


@ANTHROPIC("with_streaming_response, async, by lines", STREAM)
def async_streaming_lines(base):
    async def go():
        async with (
            async_client(base) as anthropic,
            anthropic.messages.with_streaming_response.create(**ASK, stream=True) as response,
        ):
            assert "event: message_stop" in [line async for line in response.iter_lines()]

    run(go())


@ANTHROPIC("parse", MESSAGE)
def parse(base):
    with client(base) as anthropic:
        assert anthropic.messages.parse(**ASK, output_format=Said).parsed_output == Said(text="Hello you")


@ANTHROPIC("parse, async", MESSAGE)
def async_parse(base):
    async def go():
        async with async_client(base) as anthropic:
            assert (await anthropic.messages.parse(**ASK, output_format=Said)).parsed_output == Said(text="Hello you")

    run(go())


@ANTHROPIC("beta messages", MESSAGE)
def beta(base):
    with client(base) as anthropic:
        assert input_of(anthropic.beta.messages.create(**ASK, betas=["any-2026"]).usage) == INPUT


@ANTHROPIC("two retries after 429", REFUSED, REFUSED, MESSAGE, refusals=2)
def retries(base):
    with client(base, max_retries=2) as anthropic:
        assert input_of(anthropic.messages.create(**ASK).usage) == INPUT


@ANTHROPIC("two retries after 429, async", REFUSED, REFUSED, MESSAGE, refusals=2)
def async_retries(base):
    async def go():
        async with package("anthropic").AsyncAnthropic(api_key="none", base_url=base, max_retries=2) as anthropic:
            assert input_of((await anthropic.messages.create(**ASK)).usage) == INPUT

    run(go())


def vertex(base, kind="AnthropicVertex"):
    package("google.auth")
    make = getattr(package("anthropic"), kind)
    return make(region="us-east5", project_id="any", access_token="none", base_url=f"{base}/v1")


@VERTEX("messages", Seen(MODEL))
def vertex_messages(base):
    with vertex(base) as anthropic:
        assert input_of(anthropic.messages.create(**{**ASK, "model": VERTEX_MODEL}).usage) == INPUT


@VERTEX(".stream() helper", Seen(MODEL, stream=True))
def vertex_stream(base):
    with vertex(base) as anthropic, anthropic.messages.stream(**{**ASK, "model": VERTEX_MODEL}) as events:
        assert events.get_final_text() == TEXT


@VERTEX(".stream() helper, left after its first word", LEFT, breaks=True)
def vertex_stream_left(base):
    with vertex(base) as anthropic, anthropic.messages.stream(**{**ASK, "model": VERTEX_MODEL}) as events:
        assert next(iter(events.text_stream)) == "Hel"


@VERTEX("stream, async", Seen(MODEL, stream=True))
def async_vertex_stream(base):
    async def go():
        async with vertex(base, "AsyncAnthropicVertex") as anthropic:
            asked = {**ASK, "model": VERTEX_MODEL, "stream": True}
            assert [event async for event in await anthropic.messages.create(**asked)][-1].type == "message_stop"

    run(go())


@VERTEX("messages, async", Seen(MODEL))
def async_vertex(base):
    async def go():
        async with vertex(base, "AsyncAnthropicVertex") as anthropic:
            assert input_of((await anthropic.messages.create(**{**ASK, "model": VERTEX_MODEL})).usage) == INPUT

    run(go())


def bedrock(base, kind="AnthropicBedrock"):
    package("boto3")
    return getattr(package("anthropic"), kind)(**KEYS, base_url=base)


INVOKE = lacks_path(f"/model/{BEDROCK_MODEL}/invoke")


@BEDROCK("messages", Seen(BEDROCK_MODEL), lacks=INVOKE)
def bedrock_messages(base):
    with bedrock(base) as anthropic:
        assert input_of(anthropic.messages.create(**{**ASK, "model": BEDROCK_MODEL}).usage) == INPUT


@BEDROCK("messages, async", Seen(BEDROCK_MODEL), lacks=INVOKE)
def async_bedrock_messages(base):
    async def go():
        async with bedrock(base, "AsyncAnthropicBedrock") as anthropic:
            assert input_of((await anthropic.messages.create(**{**ASK, "model": BEDROCK_MODEL})).usage) == INPUT

    run(go())


@BEDROCK("stream", Seen(BEDROCK_MODEL, stream=True), lacks=INVOKE)
def bedrock_stream(base):
    with bedrock(base) as anthropic:
        events = list(anthropic.messages.create(**{**ASK, "model": BEDROCK_MODEL}, stream=True))
        assert events[-1].type == "message_stop"


@BEDROCK("stream, left after its first word", LEFT._replace(model=BEDROCK_MODEL), breaks=True, lacks=INVOKE)
def bedrock_stream_left(base):
    with bedrock(base) as anthropic:
        events = anthropic.messages.create(**{**ASK, "model": BEDROCK_MODEL}, stream=True)
        assert next(event for event in events if event.type == "content_block_delta").delta.text == "Hel"
        events.close()


@BEDROCK(".stream() helper, async", Seen(BEDROCK_MODEL, stream=True), lacks=INVOKE)
def async_bedrock(base):
    async def go():
        async with (
            bedrock(base, "AsyncAnthropicBedrock") as anthropic,
            anthropic.messages.stream(**{**ASK, "model": BEDROCK_MODEL}) as events,
        ):
            assert await events.get_final_text() == TEXT

    run(go())


@pytest.mark.parametrize("case", [*ANTHROPIC, *VERTEX, *BEDROCK])
def test_what_anthropic_sends_is_seen_as_often_as_it_was_sent(case, check):
    check(case)
