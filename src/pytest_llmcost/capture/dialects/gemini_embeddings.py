"""Gemini's embeddings: embedContent and its batch form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import load_reply, load_request, mapping, mappings
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.gemini_generate import model_of
from pytest_llmcost.capture.dialects.gemini_usage import generate_usage, pick
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if body is None:
        body = {}  # only a model answers at this path
    elif not isinstance(body, dict) or not ("content" in body or "requests" in body):
        return None
    return Request(
        provider=provider_of(exchange.url, "google"),
        operation="embeddings",
        model=model_of(exchange.url),
        parts=tuple(_parts(body)),
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    for item in [body, *mappings(body.get("requests"))]:
        for part in mappings(mapping(item.get("content")).get("parts")):
            if isinstance(text := part.get("text"), str):
                yield Part(Segment.USER, "text", text)


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = load_reply(exchange, b'"usageMetadata"')
    if value is None:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    stated = generate_usage(mapping(pick(value, "usageMetadata", "usage_metadata")))
    usage = Usage(input_tokens=stated.input_tokens) if stated else None
    return Reply(
        model=None, usage=usage, outcome=ending.of_object(exchange, usage=usage is not None, failed="error" in value)
    )


DIALECT = Dialect(name="gemini-embeddings", operation="embeddings", request=_request, reply=_reply)
