"""Gemini's generateContent and its stream, at Google AI Studio and on Vertex.

Field names: the types of google-genai 3.4.0 (2026-11-21); they come in camel and in snake case.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load_all, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.gemini_usage import generate_usage, pick
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import (
    bare,
    called,
    inline,
    last_by,
    last_turn,
    media,
    media_kind,
    message,
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
    from pytest_llmcost.core.usage import Usage

_MODEL = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:?]+):")
_OLD = re.compile(r"gemini-[12](?![0-9])")
_FINISHED = re.compile(rb'"(?:finishReason|finish_reason|blockReason|block_reason)"\s*:\s*["1-9]')
_SIGNATURES = ("thoughtSignature", "thought_signature")
_FILM = re.compile(r"https?://(?:www\.)?youtu")
_TIERS = {"on_demand_flex": "flex", "on_demand_priority": "priority"}
"""Vertex' traffic types that are tiers by another name."""


@lru_cache(maxsize=1024)
def model_of(url: str) -> str | None:
    """Return the model that an address names: Google's APIs have it there and not in the body."""
    found = _MODEL.search(url)
    return unquote(found[1]) if found else None


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if body is None:
        body = {}  # only a model answers at this path
    elif not isinstance(body, dict) or "contents" not in body:
        return None
    return Request(
        provider=provider_of(exchange.url, "google"),
        operation="chat",
        model=model_of(exchange.url),
        parts=tuple(parts_of(body)),
        stream=":stream" in exchange.url,
        service_tier=ending.tier(pick(body, "serviceTier", "service_tier")),
        output_limit=count(pick(_config(body), "maxOutputTokens", "max_output_tokens")),
        counted_as=counted_as(exchange.url),
    )


def counted_as(url: str) -> str | None:
    """Return `google-vertex` for an address of Vertex, which counts otherwise than Google AI Studio."""
    return "google-vertex" if "aiplatform.googleapis.com/" in url else None


def _config(body: dict[str, Any]) -> dict[str, Any]:
    return mapping(pick(body, "generationConfig", "generation_config"))


def parts_of(body: dict[str, Any]) -> Iterator[Part]:
    """Return the prompt of a body."""
    for item in mappings(body.get("tools")):
        declared = pick(item, "functionDeclarations", "function_declarations")
        yield from map(tool, mappings(declared) if declared else [item])
    config = _config(body)
    for name in ("responseSchema", "responseJsonSchema", "response_schema", "response_json_schema"):
        if config.get(name):
            yield schema(config[name])
    system = pick(body, "systemInstruction", "system_instruction")
    for piece in _pieces(Segment.SYSTEM, mapping(system).get("parts")):
        yield Part(Segment.SYSTEM, "text", piece) if isinstance(piece, str) else piece
    contents = body.get("contents")
    turns = [contents] if isinstance(contents, dict) else mappings(contents)
    last = last_by("model", turns)
    asked = _last_asked(turns)
    for index, item in enumerate(turns):
        segment, given = segment_of(index, last), item.get("parts")
        yield from message(segment, _pieces(segment, given))
        if index > asked:  # what was thought in earlier turns is not read again
            for one in mappings(given):
                yield from sealed(segment, pick(one, *_SIGNATURES))


def _last_asked(turns: list[dict[str, Any]]) -> int:
    """Return the index of the last turn of the user that is no result of a tool; -1 when there is none."""
    return last_turn([item.get("role") != "model" and not _is_result(item.get("parts")) for item in turns])


def _is_result(parts: Any) -> bool:
    return any(pick(one, "functionResponse", "function_response") is not None for one in mappings(parts))


def _pieces(segment: Segment, parts: Any) -> Iterator[str | Part]:
    for item in [parts] if isinstance(parts, dict) else mappings(parts):
        text = item.get("text")
        if isinstance(text, str):
            yield text
        elif isinstance(call := pick(item, "functionCall", "function_call"), dict):
            yield tool_call(segment, call.get("name"), call.get("args"))
        elif isinstance(data := pick(item, "inlineData", "inline_data"), dict):
            yield inline(media_kind(_mime(data)), data.get("data"))
        elif isinstance(file := pick(item, "fileData", "file_data"), dict):
            yield _file(file)
        else:
            yield from _rest(segment, item)


def _file(file: dict[str, Any]) -> Part:
    uri = pick(file, "fileUri", "file_uri")
    is_film = _mime(file) is None and isinstance(uri, str) and _FILM.match(uri) is not None
    return media("video" if is_film else media_kind(_mime(file)), uri)


def _rest(segment: Segment, item: dict[str, Any]) -> Iterator[str | Part]:
    """Yield any other part as JSON; the result of a tool may hold media of its own."""
    kept = {key: value for key, value in item.items() if key not in _SIGNATURES}
    result = pick(item, "functionResponse", "function_response")
    if not isinstance(result, dict):
        yield bare(kept)
        return
    yield bare({"functionResponse": {key: value for key, value in result.items() if key != "parts"}})
    for inner in mappings(result.get("parts")):
        if "functionResponse" not in inner:  # no deeper: a result within a result is none of Google's forms
            yield from _pieces(segment, inner)


def _mime(data: dict[str, Any]) -> Any:
    return pick(data, "mimeType", "mime_type")


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = _searched(generate_usage(_stated(value)), [value])
    outcome = ending.of_object(exchange, usage=usage is not None, failed="error" in value)
    return _made([value], usage, outcome)


def _stream(exchange: Exchange) -> Reply:
    """Read a stream, of events or as one JSON array. Each part repeats the usage so far; the last one counts."""
    body = exchange.reply
    final, chunks = None, None
    if sse.looks_like(body):
        final = sse.last(body, b'"usageMetadata"') or sse.last(body, b'"usage_metadata"')
    else:
        chunks = load_all(body)
        final = next((chunk for chunk in reversed(chunks) if _stated(chunk)), None)
    found = chunks if chunks is not None else sse.objects(body, b'"webSearchQueries"')
    usage = _searched(generate_usage(_stated(final or {})), found)
    failed = any("error" in event for event in (sse.objects(body, b'"error"') if chunks is None else chunks))
    outcome = ending.of_stream(finished=_FINISHED.search(body) is not None, failed=failed)
    if usage is not None and final is not None and outcome is not Outcome.PARTIAL:
        return _made([final], usage, outcome)
    cut = _made(list(sse.objects(body)) if chunks is None else chunks, None, outcome)
    return cut._replace(so_far=usage)


def _searched(usage: Usage | None, chunks: Iterable[dict[str, Any]]) -> Usage | None:
    """Add the searches in the web: up to Gemini 2 a reply that rests on any is billed as one, later each query.

    Source: ai.google.dev/gemini-api/docs/pricing, as of 2026-11-27. Its free searches a day are not taken off.
    """
    if usage is None:
        return None
    queries: list[str] = []
    is_old = False
    for chunk in chunks:
        is_old = is_old or _OLD.search(str(pick(chunk, "modelVersion", "model_version"))) is not None
        for candidate in mappings(chunk.get("candidates")):
            found = mapping(candidate.get("groundingMetadata")).get("webSearchQueries")
            queries += [query for query in found if isinstance(query, str)] if isinstance(found, list) else []
    count_of = len(set(queries))
    return replace(usage, web_searches=min(count_of, 1) if is_old else count_of) if queries else usage


def _made(chunks: list[dict[str, Any]], usage: Usage | None, outcome: Outcome) -> Reply:
    models = (string(pick(chunk, "modelVersion", "model_version")) for chunk in chunks)
    return Reply(
        model=next((model for model in models if model), None),
        usage=usage,
        outcome=outcome,
        text="" if usage else "".join(_texts(chunks)),
        service_tier=_tier(_stated(chunks[-1])) if chunks else None,
    )


def _stated(value: dict[str, Any]) -> dict[str, Any]:
    return mapping(pick(value, "usageMetadata", "usage_metadata"))


def _tier(stated: dict[str, Any]) -> str | None:
    name = ending.tier(pick(stated, "serviceTier", "service_tier"))
    name = name or ending.tier(pick(stated, "trafficType", "traffic_type"))
    return _TIERS.get(name, name) if name else None


def _texts(chunks: Iterable[dict[str, Any]]) -> Iterator[str]:
    for chunk in chunks:
        for candidate in mappings(chunk.get("candidates")):
            for part in mappings(mapping(candidate.get("content")).get("parts")):
                call = mapping(pick(part, "functionCall", "function_call"))
                yield called(call.get("name"), call.get("args")) if call else string(part.get("text")) or ""


DIALECT = Dialect(name="gemini-generate", operation="chat", request=_request, reply=_reply)
