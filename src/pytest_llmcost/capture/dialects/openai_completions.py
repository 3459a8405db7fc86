"""OpenAI's text completions, older than chat and still spoken by servers of open models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.capture.dialects import openai_chat
from pytest_llmcost.capture.dialects.body import load_request
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.core.prompt import Part, Segment

if TYPE_CHECKING:
    from pytest_llmcost.capture.decoded import Request
    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if body is None:
        return None if provider_of(exchange.url) == UNKNOWN else openai_chat.request_of(exchange, {}, ())
    if not isinstance(body, dict) or "prompt" not in body:
        return None
    if not isinstance(body.get("model"), str) and openai_chat.deployment(exchange.url) is None:
        return None
    prompt = body["prompt"]
    prompts = [*(prompt if isinstance(prompt, list) else [prompt]), body.get("suffix")]
    parts = tuple(Part(Segment.USER, "text", text) for text in prompts if isinstance(text, str))
    return openai_chat.request_of(exchange, body, parts)


DIALECT = Dialect(name="openai-completions", operation="chat", request=_request, reply=openai_chat.reply)
