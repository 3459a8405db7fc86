"""Amazon Bedrock's InvokeModel and its stream: each maker's own bodies behind one kind of address.

The tokens stand in the body, else in the headers, else in the metrics with which Bedrock ends every stream. Where they
differ the body is right: the metrics leave out Claude's calls of tools.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import (
    anthropic_messages,
    bedrock_bodies,
    bedrock_ending,
    ending,
    eventstream,
    openai_chat,
)
from pytest_llmcost.capture.dialects.bedrock_address import answering, model_of, provider
from pytest_llmcost.capture.dialects.bedrock_content import streamed, written
from pytest_llmcost.capture.dialects.bedrock_usage import (
    METRICS,
    converse_usage,
    header_usage,
    maker_usage,
    metrics_usage,
)
from pytest_llmcost.capture.dialects.body import load, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.capture.exchange import Exchange

_EMBEDDING = b'{"embedding'
_TEXTS = ("completion", "outputText", "generation", "text")
"""What makers call the text in a reply, or in a piece of one."""
_LISTS = ("results", "outputs", "generations")
"""What they call a list of replies."""
_TIERS = ("x-amzn-bedrock-service-tier", "x-amzn-bedrock-performanceconfig-latency")


def _request(exchange: Exchange) -> Request:
    body = mapping(load_request(exchange))  # only a model answers at this path, whatever it is sent
    model = model_of(exchange.url)
    operation = bedrock_bodies.operation(model, body)
    if operation == "chat" and exchange.reply.startswith(_EMBEDDING):
        operation = "embeddings"  # Titan's requests for a text and for embeddings can look the same
    return Request(
        provider=provider(exchange.url),
        operation=operation,
        model=model,
        parts=tuple(bedrock_bodies.parts_of(body)),
        stream=exchange.url.endswith("-stream"),
        service_tier=ending.tier(body.get("service_tier")),
        output_limit=bedrock_bodies.output_limit(body),
    )


def _reply(exchange: Exchange, request: Request) -> Reply:
    reply = _stream(exchange) if eventstream.looks_like(exchange.reply) else _whole(exchange, request)
    tiers = (ending.tier(exchange.reply_headers.get(name)) for name in _TIERS)
    return reply._replace(
        model=answering(request.model, reply.model),
        service_tier=reply.service_tier or next(filter(None, tiers), None),
    )


def _whole(exchange: Exchange, request: Request) -> Reply:
    stated = header_usage(exchange.reply_headers)
    value = None if stated and request.operation == "embeddings" else load(exchange.reply)  # long, of no use
    if not isinstance(value, dict):
        return Reply(model=None, usage=stated, outcome=_outcome(exchange, stated))
    if value.get("type") in ("message", "error"):
        reply = anthropic_messages.whole(exchange, value)
    elif "choices" in value:
        reply = openai_chat.whole(exchange, value)
    else:
        reply = _by_maker(exchange, value)
    if reply.usage is None and stated is not None:
        return reply._replace(usage=stated, outcome=_outcome(exchange, stated), text="")
    return reply


def _by_maker(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = converse_usage(value.get("usage")) or maker_usage(value) or _drawn(value)
    message = mapping(mapping(value.get("output")).get("message"))
    text = "" if usage else written(message.get("content")) + _generated(value)
    return Reply(model=None, usage=usage, outcome=ending.of_object(exchange, usage=usage is not None), text=text)


def _drawn(value: dict[str, Any]) -> Usage | None:
    """Return the number of images, which is what they are sold by."""
    images = value.get("images", value.get("artifacts"))
    return Usage(image_count=len(images)) if isinstance(images, list) and images else None


def _stream(exchange: Exchange) -> Reply:
    events = list(eventstream.events(exchange.reply))
    pieces = list(eventstream.chunks(exchange.reply))
    chunks = [value for piece in pieces if isinstance(value := load(piece), dict)]
    metrics = next((found for value in reversed(chunks) if (found := metrics_usage(value.get(METRICS)))), None)
    first = chunks[0] if chunks else {}
    if "type" in first or "choices" in first:
        read = anthropic_messages.stream if "type" in first else openai_chat.stream
        reply = read(exchange._replace(reply=b"".join(map(_as_sent, pieces))))
    else:
        reply = _pieced(chunks, metrics)
    usage = reply.usage or metrics
    finished = metrics is not None or reply.outcome is Outcome.OK
    outcome = Outcome.ERROR if reply.outcome is Outcome.ERROR else bedrock_ending.of_events(events, finished=finished)
    return reply._replace(usage=usage, outcome=outcome, text="" if usage else reply.text)


def _as_sent(piece: bytes) -> bytes:
    """Return a chunk as the maker's own API sends it: a server-sent event."""
    return b"data: " + piece.replace(b"\n", b" ") + b"\n\n"


def _pieced(chunks: Sequence[dict[str, Any]], metrics: Usage | None) -> Reply:
    stated = next((found for value in reversed(chunks) if (found := _stated(value))), None)
    usage = stated or metrics
    return Reply(
        model=None,
        usage=usage,
        outcome=ending.of_stream(finished=usage is not None, failed=False),
        text="" if usage else "".join(streamed(value) or _generated(value) for value in chunks),
        so_far=None if usage else next(filter(None, map(maker_usage, chunks)), None),
    )


def _stated(value: dict[str, Any]) -> Usage | None:
    """Return the usage in a piece of a stream of Nova; those of other makers have it in the metrics only."""
    return converse_usage(mapping(value.get("metadata")).get("usage"))


def _generated(value: dict[str, Any]) -> str:
    texts = [value.get(name) for name in _TEXTS]
    texts += [item.get(name) for key in _LISTS for item in mappings(value.get(key)) for name in _TEXTS]
    return "".join(filter(None, map(string, texts)))


def _outcome(exchange: Exchange, usage: Usage | None) -> Outcome:
    return ending.without_usage(exchange) if usage is None else ending.of_object(exchange, usage=True)


def _plain(body: bytes) -> bytes:
    """Return a reply in which names can be found: chunks hide them."""
    return b"\n".join(eventstream.chunks(body)) if eventstream.looks_like(body) else body


DIALECT = Dialect(name="bedrock-invoke", operation="chat", request=_request, reply=_reply, plain=_plain)
