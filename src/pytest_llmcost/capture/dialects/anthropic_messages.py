"""Anthropic messages, at Anthropic itself, on Vertex, and at the gateways that speak them.

Field names: the types of the anthropic SDK 2.11.0 (2026-11-21).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.anthropic_usage import ADVISOR, advisors, messages_usage
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import (
    SYSTEM,
    bare,
    called,
    inline,
    last_by,
    media,
    media_kind,
    message,
    option,
    schema,
    segment_of,
    tool,
    tool_call,
)
from pytest_llmcost.core.prompt import Part, Segment
from pytest_llmcost.core.service_tiers import REGIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_VERTEX = re.compile(r"/publishers/anthropic/models/([^/:?]+):")
_ANYWHERE = (None, "", "global", "not_available")
"""Where a request runs when it need not stay in a region."""
_TEXTS = {"text": "text", "thinking": "thinking", "compaction": "content"}
"""Blocks that are text, and where they hold it."""
_SILENT = frozenset({"redacted_thinking", "container_upload", "tool_reference", "tool_addition"})
"""Blocks without text; a reference stands for a tool's definition."""


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    raw = "awPredict" in exchange.url
    found = _VERTEX.search(exchange.url) if raw else None
    if raw and not found:
        return None  # another maker's model on Vertex, which has a protocol of its own
    if body is None:
        body = {}
        if not found and provider_of(exchange.url) != "anthropic":
            return None
    elif not _is_messages(body):
        return None
    return Request(
        provider=provider_of(exchange.url),
        operation="chat",
        model=unquote(found[1]) if found else string(body.get("model")),
        parts=tuple(parts_of(body)),
        stream=body.get("stream") is True,
        service_tier=_tier(body),
        output_limit=count(body.get("max_tokens")),
    )


def _is_messages(body: Any) -> bool:
    """Tell whether a body is meant for a model: chat and mail services have addresses that end so, too."""
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return False
    return isinstance(body.get("model"), str) or "anthropic_version" in body


def _tier(source: dict[str, Any]) -> str | None:
    """Return the tier, the speed, or that it must stay in a region: each changes the price of the same model."""
    tier = ending.tier(source.get("speed")) or ending.tier(source.get("service_tier"))
    return tier or (REGIONAL if string(source.get("inference_geo")) not in _ANYWHERE else None)


def parts_of(body: dict[str, Any]) -> list[Part]:
    """Return the prompt of a request with this body."""
    parts = [*_tools(body)] if "tools" in body else []
    parts += (tool({"type": "mcp"}) for _ in mappings(body.get("mcp_servers")))  # its address may hold a key
    parts += _schemas(body)
    system = body.get("system")
    if isinstance(system, str):
        parts.append(Part(SYSTEM, "text", system))
    else:
        texts = (item.get("text") for item in mappings(system))
        parts += (Part(SYSTEM, "text", text) for text in texts if isinstance(text, str))
    chat = _since_compaction(mappings(body.get("messages")))
    last = last_by("assistant", chat)
    for index, item in enumerate(chat):
        segment = SYSTEM if item.get("role") == "system" else segment_of(index, last)
        content = item.get("content")
        if isinstance(content, str):
            parts.append(Part(segment, "message", content))
        else:
            parts += message(segment, _pieces(segment, content, 0))
    parts += options(body.get("thinking"), mapping(body.get("tool_choice")).get("type"))
    return parts


def options(thinking: Any, choice: Any) -> Iterator[Part]:
    """Yield what a request asks of Claude and pays for: that it thinks, that it calls a tool."""
    kind = mapping(thinking).get("type")
    if kind in ("enabled", "adaptive"):
        yield option("thinking" if kind == "enabled" else "adaptive")
    if choice in ("any", "tool"):
        yield option("forced")


def _since_compaction(chat: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages from the last one that sums up those before it: they are not read any more."""
    for index in range(len(chat) - 1, 0, -1):
        content = chat[index].get("content")
        if isinstance(content, list) and any(block.get("type") == "compaction" for block in mappings(content)):
            return chat[index:]
    return chat


def _tools(body: dict[str, Any]) -> Iterator[Part]:
    """Yield the definitions that are in the prompt; a deferred one is not, until a message refers to it."""
    tools = mappings(body["tools"])
    defers = any(item.get("defer_loading") is True for item in tools)
    found = set(_referred(body.get("messages"), 0)) if defers else set()
    return (tool(item) for item in tools if item.get("defer_loading") is not True or string(item.get("name")) in found)


def _referred(value: Any, depth: int) -> Iterator[str]:
    """Yield the names of tools that the messages refer to: those that a search found, those added later."""
    if isinstance(value, dict) and value.get("type") == "tool_reference":
        yield from (name for key in ("name", "tool_name") if (name := string(value.get(key))))
    elif depth < 8 and isinstance(value, (list, dict)):  # noqa: PLR2004 - message, result, search, its results
        for inner in value if isinstance(value, list) else value.values():
            yield from _referred(inner, depth + 1)


def _schemas(body: dict[str, Any]) -> Iterator[Part]:
    for key in ("output_format", "output_config"):
        form = mapping(body.get(key))
        form = mapping(form.get("format")) or form
        if "schema" in form:
            yield schema(form["schema"])


def _pieces(segment: Segment, content: Any, depth: int) -> Iterator[str | Part]:
    """Yield the texts and other parts of a message's blocks; a result may hold blocks of its own."""
    for block in mappings(content):
        kind = str(block.get("type"))
        text = block.get(_TEXTS.get(kind, ""))
        inner = block.get("content")
        if isinstance(text, str):
            yield text
        elif kind.endswith("tool_use"):
            yield tool_call(segment, block.get("name"), block.get("input"))
        elif kind in {"image", "document"}:
            yield from _media(segment, kind, mapping(block.get("source")), depth)
        elif kind == "tool_result" and isinstance(inner, str):
            yield inner
        elif kind == "tool_result" and depth < 3:  # noqa: PLR2004 - the API nests two deep
            yield from _pieces(segment, inner, depth + 1)
        elif kind not in _SILENT:
            yield bare(block)


def _media(segment: Segment, kind: str, source: dict[str, Any], depth: int) -> Iterator[str | Part]:
    form, data = source.get("type"), source.get("data")
    if form == "base64":
        yield inline(kind if kind == "image" else media_kind(source.get("media_type")), data)
    elif form == "text" and isinstance(data, str):
        yield data
    elif form == "content" and depth < 3:  # noqa: PLR2004 - as above
        content = source.get("content")
        yield from [content] if isinstance(content, str) else _pieces(segment, content, depth + 1)
    else:
        yield media(kind, source.get("url") or source.get("file_id"))


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, whole, stream)


def whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    """Read a reply that is one message."""
    stated = mapping(value.get("usage"))
    usage = messages_usage(stated)
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=ending.of_object(exchange, usage=usage is not None, failed=value.get("type") == "error"),
        text="" if usage else "".join(map(_written, mappings(value.get("content")))),
        service_tier=_tier(stated),
    )


def stream(exchange: Exchange) -> Reply:
    """Read a stream: the first event has the input, the last `message_delta` the whole; merged, never added."""
    body = exchange.reply
    start = mapping((sse.first(body, b'"usage"') or {}).get("message"))
    final = _final(body)
    stated = mapping(start.get("usage")) | {k: v for k, v in mapping(final.get("usage")).items() if v is not None}
    known = messages_usage(stated)
    usage = known if final else None
    outcome = ending.of_stream(
        finished=_is_over(final) or b'"message_stop"' in body,
        failed=any(event.get("type") == "error" for event in sse.objects(body, b'"error"')),
    )
    return Reply(
        model=string(start.get("model")),
        usage=usage,
        outcome=outcome,
        text="" if usage else "".join(map(_streamed, sse.objects(body))),
        service_tier=_tier(stated),
        so_far=None if usage else known,
    )


def _final(body: bytes) -> dict[str, Any]:
    """Return the event with the final usage; empty when it was cut off: the start has no more than first tokens."""
    final = sse.last(body, b'"usage"') or {}
    return final if final.get("type") == "message_delta" else {}


def _is_over(final: dict[str, Any]) -> bool:
    """Tell whether an event has the whole bill: readers such as litellm leave there, before the stream says its end."""
    return string(mapping(final.get("delta")).get("stop_reason")) is not None


def _several(exchange: Exchange) -> Iterator[tuple[Request, Reply]]:
    """Yield the call, and one for each advisor that the model asked: it is billed apart, by the advisor's price."""
    request = _request(exchange)
    if request is None:
        return
    reply = _reply(exchange, request)
    yield request, reply
    body = exchange.reply
    if ADVISOR.encode() in body and reply.usage is not None:
        whole = _final(body) if sse.looks_like(body) else mapping(load(body))
        for model, usage in advisors(mapping(whole.get("usage"))):
            asked = Request(request.provider, "chat", model, (), request.stream)
            yield asked, Reply(model, usage, reply.outcome, note="asked as an advisor by the call before")


def _written(block: dict[str, Any]) -> str:
    if str(block.get("type")).endswith("tool_use"):
        return called(block.get("name"), block.get("input"))
    return string(block.get("text")) or string(block.get("thinking")) or ""


def _streamed(event: dict[str, Any]) -> str:
    delta = mapping(event.get("delta"))
    for key in ("text", "partial_json", "thinking"):
        if text := string(delta.get(key)):
            return text
    return string(mapping(event.get("content_block")).get("name")) or ""


DIALECT = Dialect(name="anthropic-messages", operation="chat", request=_request, reply=_reply, several=_several)
