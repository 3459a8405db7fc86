"""OpenAI's images: generations, edits and variations.

Field names: the types of the openai SDK 3.52.0 (2026-11-21). Only GPT Image models state tokens; of the others we know
how many images they made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, form, sse
from pytest_llmcost.capture.dialects.body import load_reply, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_chat import deployment
from pytest_llmcost.capture.dialects.openai_usage import responses_usage, stated_usd
from pytest_llmcost.capture.dialects.parts import USER
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    fields = form.texts(exchange)
    body: Any = load_request(exchange) if fields is None else fields
    model, provider = deployment(exchange.url), provider_of(exchange.url)
    if body is None:
        body = {}
        if provider == UNKNOWN and model is None:
            return None
    elif not isinstance(body, dict) or not ("prompt" in body or (fields is not None and _is_known(body, provider))):
        return None
    prompt = string(body.get("prompt"))
    return Request(
        provider=provider,
        operation="image",
        model=model or string(body.get("model")),
        parts=(Part(USER, "text", prompt),) if prompt else (),
        stream=body.get("stream") in (True, "true"),
    )


def _is_known(body: dict[str, Any], provider: str) -> bool:
    """Tell whether a form without a prompt, as a variation has it, is one of a model."""
    return provider != UNKNOWN or "model" in body


def _reply(exchange: Exchange, _: Request) -> Reply:
    if sse.looks_like(exchange.reply):
        return _stream(exchange)
    value = load_reply(exchange, b'"usage"')
    if value is None:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    stated = value.get("usage")
    usage = responses_usage(stated) or _counted(value)
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error"))),
        stated_usd=stated_usd(stated, exchange.reply_headers),
    )


def _counted(value: dict[str, Any]) -> Usage | None:
    images = value.get("data")
    return Usage(image_count=len(images)) if isinstance(images, list) and images else None


def _stream(exchange: Exchange) -> Reply:
    """Read a stream: events with parts of images, the last one with the usage."""
    final = sse.last(exchange.reply, b'"usage"') or {}
    usage = responses_usage(mapping(final.get("usage")))
    failed = any(event.get("error") for event in sse.objects(exchange.reply, b'"error"'))
    finished = str(final.get("type")).endswith(".completed")
    return Reply(model=None, usage=usage, outcome=ending.of_stream(finished=finished, failed=failed))


DIALECT = Dialect(name="openai-images", operation="image", request=_request, reply=_reply)
