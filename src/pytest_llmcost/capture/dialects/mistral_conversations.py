"""Mistral's conversations: their start, with a model or an agent, and what is appended, where the reply alone names it.

Field names: the types of the mistralai SDK 3.7.0 (2026-11-21). OpenAI has a path of this name at which no model
answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.openai_usage import chat_usage
from pytest_llmcost.capture.dialects.parts import HISTORY, SYSTEM, USER, called, message, option, tool
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if provider_of(exchange.url) != "mistral" or not (body is None or (isinstance(body, dict) and "inputs" in body)):
        return None
    body = body or {}
    return Request(
        provider="mistral",
        operation="chat",
        model=string(body.get("model")) or string(body.get("agent_id")),
        parts=(*_kept(exchange.url), *_parts(body)),
        stream=body.get("stream") is True,
        output_limit=count(mapping(body.get("completion_args")).get("max_tokens")),
    )


def _kept(url: str) -> Iterator[Part]:
    """Yield that an earlier conversation is gone on with, which Mistral has kept."""
    if not url.endswith("/conversations"):
        yield option("kept")


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    yield from map(tool, mappings(body.get("tools")))
    if instructions := string(body.get("instructions")):
        yield Part(SYSTEM, "message", instructions)
    given = body.get("inputs")
    if isinstance(given, str):
        yield Part(USER, "message", given)
    for item in mappings(given):
        content = item.get("content", item.get("result"))
        yield from message(HISTORY if item.get("role") == "assistant" else USER, pieces(content))


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = chat_usage(value.get("usage"))
    outputs = mappings(value.get("outputs"))
    return Reply(
        model=next((model for item in outputs if (model := string(item.get("model")))), None),
        usage=usage,
        outcome=ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error"))),
        text="" if usage else "".join(_written(outputs)),
    )


def _stream(exchange: Exchange) -> Reply:
    events = list(sse.objects(exchange.reply))
    final = next((event for event in reversed(events) if event.get("type") == "conversation.response.done"), None)
    usage = chat_usage(mapping(final).get("usage"))
    failed = any(event.get("type") == "conversation.response.error" for event in events)
    return Reply(
        model=next((model for event in events if (model := string(event.get("model")))), None),
        usage=usage,
        outcome=ending.of_stream(finished=final is not None, failed=failed),
        text="" if usage else "".join(_written(events)),
    )


def _written(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        if "arguments" in item:
            yield called(item.get("name"), item["arguments"])
        yield from (piece for piece in pieces(item.get("content")) if isinstance(piece, str))


DIALECT = Dialect(name="mistral-conversations", operation="chat", request=_request, reply=_reply)
