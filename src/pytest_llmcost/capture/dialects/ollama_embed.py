"""Ollama's embeddings, by its present path and by its older one, at which others speak OpenAI's protocol.

Field names: github.com/ollama/ollama, docs/api.md (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, openai_embeddings
from pytest_llmcost.capture.dialects.body import count, load_reply, load_request, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.ollama import is_ollama
from pytest_llmcost.capture.dialects.parts import USER
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange

_OPENAI = openai_embeddings.DIALECT


def _request(exchange: Exchange) -> Request | None:
    if not is_ollama(exchange):
        return _OPENAI.request(exchange) if exchange.url.partition("?")[0].endswith("/embeddings") else None
    body = load_request(exchange)
    if body is None:
        body = {}
    elif not isinstance(body, dict) or not ("input" in body or "prompt" in body):
        return None
    given = body.get("input", body.get("prompt"))
    inputs = given if isinstance(given, list) else [given]
    return Request(
        provider=provider_of(exchange.url, "ollama"),
        operation="embeddings",
        model=string(body.get("model")),
        parts=tuple(Part(USER, "text", text) for text in inputs if isinstance(text, str)),
    )


def _reply(exchange: Exchange, request: Request) -> Reply:
    if not is_ollama(exchange):
        return _OPENAI.reply(exchange, request)
    value = load_reply(exchange, b'"usage"')
    if value is None:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    tokens = count(value.get("prompt_eval_count"))  # the older path states none
    usage = None if tokens is None else Usage(input_tokens=tokens)
    outcome = ending.of_object(exchange, usage=usage is not None, failed="error" in value)
    return Reply(model=string(value.get("model")), usage=usage, outcome=outcome)


DIALECT = Dialect(name="ollama-embed", operation="embeddings", request=_request, reply=_reply)
