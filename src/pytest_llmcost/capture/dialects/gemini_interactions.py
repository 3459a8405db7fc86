"""Gemini's interactions, whole and as a stream.

Field names: the types of google-genai 3.6.1 (2026-11-27). What an interaction takes up from an earlier one is not in
its request, and so not in its parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import compact, count, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import HISTORY, SYSTEM, USER, bare, called, inline, media, option, tool
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange

_MEDIA = ("image", "audio", "document", "video")
_UNFINISHED = ("in_progress", "cancelled")
_AGENT = "agent"
_COUNTED = b'"total_input_tokens"'


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if provider_of(exchange.url) != "google" and _COUNTED not in exchange.reply:
        return None  # many an application has interactions
    if body is None:
        body = {}
    elif not isinstance(body, dict) or "input" not in body or not (_AGENT in body or "model" in body):
        return None
    config = mapping(body.get("generation_config"))
    return Request(
        provider=provider_of(exchange.url, "google"),
        operation="chat",
        model=(string(body.get("model")) or string(body.get(_AGENT)) or "").removeprefix("models/") or None,
        parts=tuple(_parts(body)),
        stream=body.get("stream") is True,
        service_tier=ending.tier(body.get("service_tier")),
        output_limit=count(config.get("max_output_tokens")),
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    if string(body.get("previous_interaction_id")):
        yield option("kept")
    yield from map(tool, mappings(body.get("tools")))
    if isinstance(form := body.get("response_format"), dict):
        yield Part(tool(form).segment, "text", compact(form))
    if system := string(body.get("system_instruction")):
        yield Part(SYSTEM, "text", system)
    given = body.get("input")
    items = [{"type": "text", "text": given}] if isinstance(given, str) else mappings(given)
    for item in [given] if isinstance(given, dict) else items:
        yield from _item(item)


def _item(item: dict[str, Any]) -> Iterator[Part]:
    """Yield the parts of a step, a turn or a piece of content: the input may be a list of any of them."""
    segment = HISTORY if item.get("role") == "model" or item.get("type") == "model_output" else USER
    content = item.get("content")
    if isinstance(content, str):
        yield Part(segment, "message", content)
        return
    for one in mappings(content) if isinstance(content, list) else [item]:
        kind, text = one.get("type"), one.get("text")
        if isinstance(text, str):
            yield Part(segment, "message", text)
        elif isinstance(kind, str) and kind in _MEDIA:
            yield inline(kind, one["data"]) if "data" in one else media(kind, one.get("uri"))
        else:
            yield Part(segment, "text", bare(one))


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = interactions_usage(value.get("usage"))
    failed = bool(value.get("error")) or value.get("status") == "failed"
    outcome = ending.of_object(exchange, usage=usage is not None, failed=failed)
    if outcome is Outcome.OK and value.get("status") in _UNFINISHED:
        outcome = Outcome.PARTIAL
    made = [*mappings(value.get("steps")), *mappings(value.get("outputs"))]
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=outcome,
        text="" if usage else "".join(_written(made)),
        service_tier=ending.tier(value.get("service_tier")),
    )


def _stream(exchange: Exchange) -> Reply:
    """Read a stream: its last event holds the interaction with its usage."""
    events = list(sse.objects(exchange.reply))
    final = next((event for event in reversed(events) if "usage" in mapping(event.get("interaction"))), None)
    state = mapping((final or {}).get("interaction"))
    stated = interactions_usage(state.get("usage"))
    kinds = [str(event.get("event_type")) for event in events]
    models = (string(mapping(event.get("interaction")).get("model")) for event in events)
    outcome = ending.of_stream(
        finished=any(kind.startswith("interaction.complete") for kind in kinds), failed="error" in kinds
    )
    usage = None if outcome is Outcome.PARTIAL else stated
    return Reply(
        model=next((model for model in models if model), None),
        usage=usage,
        outcome=outcome,
        text="" if usage else "".join(_written(mapping(event.get("delta")) for event in events)),
        service_tier=ending.tier(state.get("service_tier")),
        so_far=None if usage else stated,
    )


def interactions_usage(stated: Any) -> Usage | None:
    """Return the usage of an interaction; None when there is none. Thoughts are output, results of tools input."""
    usage = mapping(stated)
    given, made = count(usage.get("total_input_tokens")), count(usage.get("total_output_tokens"))
    if given is None and made is None:
        return None
    thoughts = count(usage.get("total_thought_tokens")) or 0
    return Usage(
        input_tokens=(given or 0) + (count(usage.get("total_tool_use_tokens")) or 0),
        output_tokens=(made or 0) + thoughts,
        cache_read_tokens=count(usage.get("total_cached_tokens")) or 0,
        reasoning_tokens=thoughts,
        input_audio_tokens=_audio(usage.get("input_tokens_by_modality")),
        output_audio_tokens=_audio(usage.get("output_tokens_by_modality")),
    )


def _audio(rows: Any) -> int | None:
    if rows is None:
        return None
    return sum(count(row.get("tokens")) or 0 for row in mappings(rows) if str(row.get("modality")).lower() == "audio")


def _written(made: Iterable[dict[str, Any]]) -> Iterator[str]:
    for item in made:
        yield string(item.get("text")) or ""
        yield from (string(one.get("text")) or "" for one in mappings(item.get("content")))
        if "arguments" in item:
            yield called(item.get("name"), item["arguments"])


DIALECT = Dialect(name="gemini-interactions", operation="chat", request=_request, reply=_reply)
