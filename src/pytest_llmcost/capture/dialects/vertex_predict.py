"""Vertex' `:predict` of Google's own models: embeddings, images, and the text models before Gemini.

Sources: cloud.google.com/vertex-ai/generative-ai/docs/model-reference, text-embeddings-api and imagen-api (2026-11-27).
A custom endpoint answers at the same path with a model of any kind: no LLM call.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import USER, media
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_MODEL = re.compile(r"(/publishers/google)?/models/([^/:?]+):predict(?:$|\?)")
_OPERATIONS = (
    (re.compile(r"^(?:imagen|imagegeneration)"), "image"),
    (re.compile(r"embedding|gecko"), "embeddings"),
    (re.compile(r"^(?:text|chat|code|codechat)-(?:bison|unicorn)"), "chat"),
)


def _request(exchange: Exchange) -> Request | None:
    found = _MODEL.search(exchange.url)
    googles = found is not None and (found[1] or provider_of(exchange.url) == "google")
    model = unquote(found[2]) if found and googles else ""
    operation = next((name for pattern, name in _OPERATIONS if pattern.search(model)), None)
    body = load_request(exchange)
    if operation is None or not (body is None or (isinstance(body, dict) and "instances" in body)):
        return None
    parts = tuple(_parts(mappings(mapping(body).get("instances"))))
    return Request(provider=provider_of(exchange.url, "google"), operation=operation, model=model, parts=parts)


def _parts(instances: list[dict[str, Any]]) -> Iterator[Part]:
    for item in instances:
        for name in ("context", "title", "content", "prompt", "text", "prefix"):
            if isinstance(text := item.get(name), str):
                yield Part(USER, "text", text)
        yield from (Part(USER, "message", string(said.get("content")) or "") for said in mappings(item.get("messages")))
        if isinstance(image := item.get("image"), dict):
            yield media("image", image.get("gcsUri"))


def _reply(exchange: Exchange, request: Request) -> Reply:
    value = mapping(load(exchange.reply))
    if not value:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    usage = _USAGES[request.operation](value) if request.operation in _USAGES else None
    outcome = ending.of_object(exchange, usage=usage is not None, failed="error" in value)
    return Reply(model=None, usage=usage, outcome=outcome)


def _embedded(value: dict[str, Any]) -> Usage | None:
    """Return the usage of embeddings: each one states the tokens of its text."""
    stated = [mapping(mapping(one.get("embeddings")).get("statistics")) for one in mappings(value.get("predictions"))]
    counts = [count(one.get("token_count")) for one in stated]
    known = [tokens for tokens in counts if tokens is not None]
    return Usage(input_tokens=sum(known)) if known and len(known) == len(counts) else None


def _drawn(value: dict[str, Any]) -> Usage | None:
    images = mappings(value.get("predictions"))
    return Usage(image_count=len(images)) if images else None


def _written(value: dict[str, Any]) -> Usage | None:
    stated = mapping(mapping(value.get("metadata")).get("tokenMetadata"))
    given, made = (count(mapping(stated.get(name)).get("totalTokens")) for name in _COUNTS)
    return None if given is None else Usage(input_tokens=given, output_tokens=made or 0)


_COUNTS = ("inputTokenCount", "outputTokenCount")
_USAGES = {"embeddings": _embedded, "image": _drawn, "chat": _written}
DIALECT = Dialect(name="vertex-predict", operation="embeddings", request=_request, reply=_reply)
