"""Mistral's OCR, which is billed by the page.

Field names: the types of the mistralai SDK 3.7.0 (2026-11-21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.core.usage import Usage

_ANNOTATIONS = ("bbox_annotation_format", "document_annotation_format")

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body, provider = mapping(load_request(exchange)), provider_of(exchange.url)
    model = string(body.get("model"))
    if (provider == UNKNOWN or body) and not (model and "document" in body):
        return None
    return Request(provider=provider, operation="ocr", model=model, parts=())


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = mapping(load(exchange.reply))
    pages = count(mapping(value.get("usage_info")).get("pages_processed"))
    outcome = ending.of_object(exchange, usage=False) if value else ending.without_usage(exchange)
    asked = mapping(load_request(exchange))
    return Reply(
        model=string(value.get("model")),
        usage=None,
        outcome=outcome,
        note="annotated pages priced as plain ones" if any(asked.get(name) for name in _ANNOTATIONS) else None,
        pieces=Usage(document_pages=pages) if pages else None,
    )


DIALECT = Dialect(name="mistral-ocr", operation="ocr", request=_request, reply=_reply)
