"""Gemini's cached contents: what is kept is billed by the hour, and less than other input when it is read.

Field names: the types of google-genai 3.6.1 (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, gemini_generate
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.gemini_usage import pick
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body, provider = load_request(exchange), provider_of(exchange.url)
    asked = mapping(body)
    model = string(asked.get("model"))
    if provider != "google" or not (body is None or model):
        return None
    parts = tuple(gemini_generate.parts_of(asked))
    return Request(provider, "cache", model and model.rpartition("/")[2], parts)


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = mapping(load(exchange.reply))
    if not value:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    stated = mapping(pick(value, "usageMetadata", "usage_metadata"))
    tokens = count(pick(stated, "totalTokenCount", "total_token_count"))
    usage = None if tokens is None else Usage(input_tokens=tokens)
    outcome = ending.of_object(exchange, usage=usage is not None, failed="error" in value)
    return Reply(model=None, usage=usage, outcome=outcome)


DIALECT = Dialect(name="gemini-cache", operation="cache", request=_request, reply=_reply)
