"""OpenAI responses, and their compaction.

Field names: the types of the openai SDK 3.52.0 (2026-11-21). What a request takes up from
`previous_response_id`, `conversation` or a stored prompt is not in it: of its parts, one says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_chat import deployment, names_a_tool
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.openai_usage import responses_usage, stated_usd
from pytest_llmcost.capture.dialects.parts import (
    bare,
    called,
    last_by,
    last_turn,
    message,
    option,
    schema,
    sealed,
    segment_of,
    tool,
    tool_call,
)
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange

# Tuples: what is looked up in them may be no text, and not hashable.
_INSTRUCTING = ("system", "developer")
_TERMINAL = ("response.completed", "response.incomplete", "response.failed")
_UNFINISHED = frozenset({"queued", "in_progress", "cancelled"})
_SILENT = frozenset({"compaction", "item_reference", "image_generation_call"})
"""Items that the provider alone can read."""
_UNBILLED = ("reasoning_summary", "audio", "image")
"""Parts of an event's name whose text is another form of what is billed, or no text."""


def _request(exchange: Exchange) -> Request | None:
    body, provider = load_request(exchange), provider_of(exchange.url)
    if body is None:
        body = {}
        if provider == UNKNOWN:
            return None
    elif not isinstance(body, dict) or not _is_response(body):
        return None
    return Request(
        provider=provider,
        operation="chat",
        model=deployment(exchange.url) or string(body.get("model")),
        parts=(*_options(exchange.url, body), *_parts(body)),
        stream=body.get("stream") is True,
        service_tier=ending.tier(body.get("service_tier")),
        output_limit=count(body.get("max_output_tokens")),
    )


def _is_response(body: dict[str, Any]) -> bool:
    """Tell whether a body asks for a response: others have addresses that end so, too."""
    asks = "input" in body or "previous_response_id" in body
    return (asks and isinstance(body.get("model"), str)) or isinstance(body.get("prompt"), dict)


def _options(url: str, body: dict[str, Any]) -> Iterator[Part]:
    """Yield what stands in the prompt beside the body: OpenAI's own words about summing up, and what it has kept."""
    if url.endswith("/compact"):
        yield option("compacting")
    if names_a_tool(body):
        yield option("named")
    if string(body.get("previous_response_id")) or isinstance(body.get("prompt"), dict):
        yield option("kept")
    elif body.get("conversation"):  # which may be new
        yield option("conversation")


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    yield from _tools(body.get("tools"))
    form = mapping(mapping(body.get("text")).get("format"))
    if form.get("type") == "json_schema":
        yield schema({key: value for key, value in form.items() if key != "type"})
    if instructions := string(body.get("instructions")):
        yield Part(Segment.SYSTEM, "message", instructions)
    given = body.get("input")
    if isinstance(given, str):
        yield Part(Segment.USER, "message", given)
    items = _since_compaction(mappings(given))
    asked = last_by("user", items)
    last = last_turn([_is_turn(item) for item in items])
    for index, item in enumerate(items):
        segment = Segment.SYSTEM if item.get("role") in _INSTRUCTING else segment_of(index, last)
        yield from _item(segment, item)
        if index > asked or item.get("type") == "compaction":  # what was thought in earlier turns is not read again
            yield from _thought(segment, item)
    yield from _adding(body, items)


def _thought(segment: Segment, item: dict[str, Any]) -> Iterator[Part]:
    """Yield what was thought, encrypted; or that the item only names it, and the provider has it."""
    if item.get("encrypted_content"):
        yield from sealed(segment, item["encrypted_content"])
    elif item.get("type") == "reasoning" and string(item.get("id")):
        yield option("recalled")


def _adding(body: dict[str, Any], items: list[dict[str, Any]]) -> Iterator[Part]:
    """Yield that tools come later in the conversation, which costs beside them; a search for tools has that in it."""
    if not any(item.get("type") == "tool_search" for item in mappings(body.get("tools"))):
        yield from (option("adding") for item in items if item.get("type") == "additional_tools")


def _since_compaction(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items from the last one that sums up those before it: they are not read any more."""
    kinds = [item.get("type") for item in items]
    return items[len(items) - 1 - kinds[::-1].index("compaction") :] if "compaction" in kinds else items


def _tools(tools: Any) -> Iterator[Part]:
    """Yield the definitions that are in the prompt; a deferred one is not, until a tool search has found it."""
    return (tool(item) for item in mappings(tools) if item.get("defer_loading") is not True)


def _is_turn(item: dict[str, Any]) -> bool:
    """Tell whether the model made this item."""
    kind = item.get("type")
    return item.get("role") == "assistant" or kind == "reasoning" or (isinstance(kind, str) and kind.endswith("_call"))


def _item(segment: Segment, item: dict[str, Any]) -> Iterator[Part]:
    kind = str(item.get("type") or "message")
    if kind == "message":
        yield from message(segment, pieces(item.get("content")))
    elif kind in {"additional_tools", "tool_search_output"}:
        yield from map(tool, mappings(item.get("tools")))
    elif "output" in item and not _is_turn(item):
        output = item["output"]
        yield from message(segment, pieces(output) if isinstance(output, (str, list)) else [bare(mapping(output))])
    elif kind == "reasoning":
        yield from (Part(segment, "text", text) for text in pieces(item.get("content")) if isinstance(text, str))
    elif "name" in item:
        yield tool_call(segment, item["name"], item.get("arguments", item.get("input")))
        if output := string(item.get("output")):
            yield Part(segment, "text", output)
    elif kind not in _SILENT:
        yield Part(segment, "text", bare(item))


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    stated, status = value.get("usage"), value.get("status")
    usage = responses_usage(stated)
    if usage is not None and (searches := _searches(value)):
        usage = replace(usage, web_searches=searches)
    outcome = ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error")) or status == "failed")
    if outcome is Outcome.OK and isinstance(status, str) and status in _UNFINISHED:
        outcome = Outcome.PARTIAL  # in the background: the bill grows after this reply
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=outcome,
        text="" if usage else _output_text(value),
        service_tier=ending.tier(value.get("service_tier")),
        stated_usd=stated_usd(stated, exchange.reply_headers),
    )


def _searches(value: dict[str, Any]) -> int:
    """Count the searches in a response; opening a page, or looking for a word in it, is billed with none."""
    calls = (item for item in mappings(value.get("output")) if item.get("type") == "web_search_call")
    return sum(mapping(call.get("action")).get("type", "search") == "search" for call in calls)


def _stream(exchange: Exchange) -> Reply:
    body = exchange.reply
    final = sse.last(body, b'"usage"')
    if final is None or final.get("type") not in _TERMINAL:
        events = list(sse.objects(body))
        final = next((event for event in reversed(events) if event.get("type") in _TERMINAL), None)
        if final is None or responses_usage(mapping(final.get("response")).get("usage")) is None:
            return _collected(events, final)
    reply = _whole(exchange, mapping(final.get("response")))
    failed = any(event.get("type") == "error" for event in sse.objects(body, b'"error"'))
    outcome = Outcome.ERROR if failed else reply.outcome
    return Reply(
        model=reply.model,
        usage=reply.usage,
        outcome=outcome,
        text=reply.text,
        service_tier=reply.service_tier,
        stated_usd=reply.stated_usd,
    )


def _collected(events: list[dict[str, Any]], final: dict[str, Any] | None) -> Reply:
    """Return a stream without usage, with the text so far."""
    kinds = {kind for event in events if isinstance(kind := event.get("type"), str)}
    models = (string(mapping(event.get("response")).get("model")) for event in events)
    return Reply(
        model=next((model for model in models if model), None),
        usage=None,
        outcome=ending.of_stream(finished=final is not None, failed=bool(kinds & {"error", "response.failed"})),
        text="".join(_streamed(events)),
    )


def _streamed(events: Iterable[dict[str, Any]]) -> Iterator[str]:
    for event in events:
        kind, delta = event.get("type"), event.get("delta")
        if kind == "response.output_item.added":
            yield string(mapping(event.get("item")).get("name")) or ""
        elif isinstance(kind, str) and isinstance(delta, str) and not any(name in kind for name in _UNBILLED):
            yield delta


def _output_text(value: dict[str, Any]) -> str:
    return "".join(text for item in mappings(value.get("output")) for text in _written(item))


def _written(item: dict[str, Any]) -> Iterator[str]:
    if "name" in item:
        yield called(item["name"], item.get("arguments", item.get("input")))
    yield from (piece for piece in pieces(item.get("content")) if isinstance(piece, str))


DIALECT = Dialect(name="openai-responses", operation="chat", request=_request, reply=_reply)
