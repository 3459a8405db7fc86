"""Cohere's chat, versions 1 and 2, whole and as a stream.

Field names: the types of the cohere SDK 7.3.1 (2026-11-21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import compact, count, load_all, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.cohere_usage import billed_usage, is_cohere
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.openai_chat import message_parts
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.parts import HISTORY, SYSTEM, USER, called, tool, tool_call
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if not is_cohere(exchange) or not (body is None or _is_chat(body)):
        return None
    body = body or {}
    return Request(
        provider=provider_of(exchange.url, "cohere"),
        operation="chat",
        model=string(body.get("model")),
        parts=tuple(_parts(body)),
        stream=body.get("stream") is True,
        output_limit=count(body.get("max_tokens")),
    )


def _is_chat(body: Any) -> bool:
    return isinstance(body, dict) and (isinstance(body.get("messages"), list) or isinstance(body.get("message"), str))


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    messages = body.get("messages")
    if isinstance(messages, list):
        yield from message_parts(body, messages)
    else:
        yield from _first_version(body)
    documents = body.get("documents")
    for item in documents if isinstance(documents, list) else ():
        yield Part(USER, "text", item if isinstance(item, str) else compact(item))


def _first_version(body: dict[str, Any]) -> Iterator[Part]:
    yield from map(tool, mappings(body.get("tools")))
    if preamble := string(body.get("preamble")):
        yield Part(SYSTEM, "message", preamble)
    for item in mappings(body.get("chat_history")):
        segment = SYSTEM if item.get("role") == "SYSTEM" else HISTORY
        yield Part(segment, "message", string(item.get("message")) or "")
        yield from (tool_call(segment, name, given) for name, given in _calls(item))
    if text := string(body.get("message")):
        yield Part(USER, "message", text)
    yield from (Part(USER, "text", compact(item)) for item in mappings(body.get("tool_results")))


def _calls(item: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield name and arguments of the tool calls in a message of either version."""
    for call in mappings(item.get("tool_calls")):
        made = mapping(call.get("function")) or call
        yield made.get("name"), made.get("arguments", made.get("parameters"))


def _reply(exchange: Exchange, _: Request) -> Reply:
    body = exchange.reply
    if not sse.looks_like(body) and body.count(b'"event_type"') > 1:
        return _stream(load_all(body))  # one object a line, each with the name of its event
    return ending.read(exchange, _whole, lambda seen: _stream(list(sse.objects(seen.reply))))


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = billed_usage(value)
    outcome = ending.of_object(exchange, usage=usage is not None)
    return Reply(model=None, usage=usage, outcome=outcome, text="" if usage else "".join(_written(value)))


def _stream(events: list[dict[str, Any]]) -> Reply:
    """Read a stream: its last event holds the usage, in version 1 as part of the whole reply."""
    final = next((event for event in reversed(events) if _kind(event) in {"message-end", "stream-end"}), None)
    last = mapping((final or {}).get("delta")) or mapping((final or {}).get("response"))
    usage = billed_usage(last)
    failed = last.get("finish_reason") == "ERROR" or bool(last.get("error"))
    outcome = ending.of_stream(finished=final is not None, failed=failed)
    return Reply(model=None, usage=usage, outcome=outcome, text="" if usage else "".join(_streamed(events)))


def _kind(event: dict[str, Any]) -> str:
    return string(event.get("type")) or string(event.get("event_type")) or ""


def _written(value: dict[str, Any]) -> Iterator[str]:
    """Yield what the model wrote in a whole reply of either version."""
    yield string(value.get("text")) or ""
    message = mapping(value.get("message"))
    yield string(message.get("tool_plan")) or ""
    yield from (piece for piece in pieces(message.get("content")) if isinstance(piece, str))
    yield from (called(name, given) for name, given in (*_calls(value), *_calls(message)))


def _streamed(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        if _kind(event) == "text-generation":
            yield string(event.get("text")) or ""
        made = mapping(mapping(event.get("delta")).get("message"))
        content = mapping(made.get("content"))
        yield string(content.get("text")) or string(content.get("thinking")) or string(made.get("tool_plan")) or ""
        function = mapping(mapping(made.get("tool_calls")).get("function"))
        yield called(function.get("name"), string(function.get("arguments")) or "") if function else ""


DIALECT = Dialect(name="cohere-chat", operation="chat", request=_request, reply=_reply)
