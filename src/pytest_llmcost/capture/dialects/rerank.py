"""Reranking, in the form that Cohere gave it and that Voyage, Jina and Together share: a query, and documents.

Sources: docs.cohere.com/reference/rerank, docs.voyageai.com/reference/reranker-api, api.jina.ai/redoc (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import compact, count, load, load_request, mapping, string
from pytest_llmcost.capture.dialects.cohere_usage import billed
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_usage import embeddings_usage
from pytest_llmcost.capture.dialects.parts import USER
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body, provider = load_request(exchange), provider_of(exchange.url)
    if body is None:
        body = {}
        if provider == UNKNOWN:
            return None
    elif not _is_rerank(body):
        return None
    model = string(body.get("model"))
    return Request(provider=provider, operation="rerank", model=model, parts=tuple(_parts(body)))


def _is_rerank(body: Any) -> bool:
    return isinstance(body, dict) and "query" in body and isinstance(body.get("documents"), list) and "model" in body


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    for item in (body.get("query"), *(body.get("documents") or ())):
        if item is not None:
            yield Part(USER, "text", item if isinstance(item, str) else compact(item))


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = mapping(load(exchange.reply))
    usage = embeddings_usage(value.get("usage"))
    units = count(billed(value).get("search_units"))
    outcome = ending.of_object(exchange, usage=usage is not None) if value else ending.without_usage(exchange)
    pieces = Usage(rerank_searches=units) if units else None
    return Reply(model=string(value.get("model")), usage=usage, outcome=outcome, pieces=pieces)


DIALECT = Dialect(name="rerank", operation="rerank", request=_request, reply=_reply)
