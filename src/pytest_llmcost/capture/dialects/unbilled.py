"""Requests to a model's provider that generate nothing: counting tokens, and moderation.

They are calls that tests make, and they are shown; what they answer is no usage.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import load, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.gemini_generate import model_of
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_usage import embeddings_usage
from pytest_llmcost.capture.dialects.parts import USER
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange

_COUNTING = re.compile(r"(?:/count[_-]tokens|:countTokens|/responses/input_tokens)$")
_FREE = frozenset({"openai", "azure"})
"""Who moderates for nothing; at Mistral it has a price, and a usage."""


def _request(exchange: Exchange) -> Request | None:
    url, body = exchange.url, load_request(exchange)
    operation = "count" if _COUNTING.search(url.partition("?")[0].removesuffix(":rawPredict")) else "moderation"
    asked = mapping(body)
    model = model_of(url) if ":countTokens" in url else string(asked.get("model"))
    provider = provider_of(url)
    if provider == UNKNOWN and not (model and ("input" in asked or "messages" in asked or "contents" in asked)):
        return None
    parts = () if operation == "count" or provider in _FREE else tuple(_parts(asked.get("input")))
    return Request(provider=provider, operation=operation, model=model, parts=parts)


def _parts(given: Any) -> list[Part]:
    """Return the texts that are moderated: one, several, or the messages of chats."""
    found = []
    for item in given if isinstance(given, list) else [given]:
        said = item if isinstance(item, list) else [item]
        texts = [one if isinstance(one, str) else one.get("content") for one in said if isinstance(one, (str, dict))]
        found += [Part(USER, "text", text) for text in texts if isinstance(text, str)]
    return found


def _reply(exchange: Exchange, request: Request) -> Reply:
    value = mapping(load(exchange.reply))
    usage = None
    if request.operation == "moderation" and request.provider not in _FREE:
        usage = embeddings_usage(value.get("usage"))
    elif value:
        usage = Usage()
    failed = bool(value.get("error"))
    outcome = ending.of_object(exchange, usage=False, failed=failed) if value else ending.without_usage(exchange)
    return Reply(model=string(value.get("model")), usage=usage, outcome=outcome)


DIALECT = Dialect(name="unbilled", operation="count", request=_request, reply=_reply)
