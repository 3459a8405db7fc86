"""OpenAI embeddings, and those that imitate them, such as Voyage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import load_reply, load_request, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_chat import deployment
from pytest_llmcost.capture.dialects.openai_usage import embeddings_usage, stated_usd
from pytest_llmcost.core.prompt import Part, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body, provider = load_request(exchange), provider_of(exchange.url)
    model = deployment(exchange.url)
    if body is None:
        body = {}
        if provider == UNKNOWN and model is None:
            return None
    elif not isinstance(body, dict) or "input" not in body:
        return None
    model = model or string(body.get("model"))
    if body and model is None:
        return None
    return Request(provider=provider, operation="embeddings", model=model, parts=tuple(_parts(body.get("input"))))


def _parts(given: Any) -> Iterator[Part]:
    """Yield one part per input: a text, or token ids, of which only the number matters."""
    inputs = given if isinstance(given, list) else [given]
    if inputs and all(isinstance(item, int) for item in inputs):
        inputs = [inputs]
    for item in inputs:
        if isinstance(item, str):
            yield Part(Segment.USER, "text", item)
        elif isinstance(item, list):
            yield Part(Segment.USER, "tokens", str(len(item)))


def _reply(exchange: Exchange, _: Request) -> Reply:
    value = load_reply(exchange, b'"usage"')
    if value is None:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    stated = value.get("usage")
    usage = embeddings_usage(stated)
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error"))),
        stated_usd=stated_usd(stated, exchange.reply_headers),
    )


DIALECT = Dialect(name="openai-embeddings", operation="embeddings", request=_request, reply=_reply)
