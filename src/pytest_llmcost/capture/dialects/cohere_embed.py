"""Cohere's embeddings, versions 1 and 2.

Field names: the types of the cohere SDK 7.3.1 (2026-11-21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import load_reply, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.cohere_usage import billed_usage, is_cohere
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.parts import USER, media
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_INPUTS = ("texts", "images", "inputs")


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if not is_cohere(exchange):
        return None
    if body is None:
        body = {}
    elif not isinstance(body, dict) or not any(name in body for name in _INPUTS):
        return None
    return Request(
        provider=provider_of(exchange.url, "cohere"),
        operation="embeddings",
        model=string(body.get("model")),
        parts=tuple(_parts(body)),
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    texts, images = body.get("texts"), body.get("images")
    yield from (Part(USER, "text", text) for text in (texts if isinstance(texts, list) else ()) if _is_text(text))
    yield from (media("image", image) for image in (images if isinstance(images, list) else ()))
    for item in mappings(body.get("inputs")):
        for piece in pieces(item.get("content")):
            yield Part(USER, "text", piece) if isinstance(piece, str) else piece


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = load_reply(exchange, b'"meta"')
    if value is None:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    usage = billed_usage({"meta": mapping(value.get("meta"))})
    return Reply(model=None, usage=usage, outcome=ending.of_object(exchange, usage=usage is not None))


DIALECT = Dialect(name="cohere-embed", operation="embeddings", request=_request, reply=_reply)
