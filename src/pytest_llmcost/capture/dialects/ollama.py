"""Ollama's own API: chat and generate, whole or with one JSON object a line.

Field names: github.com/ollama/ollama, docs/api.md (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.body import count, load_all, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import (
    HISTORY,
    SYSTEM,
    USER,
    called,
    inline,
    last_by,
    schema,
    tool,
    tool_call,
)
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if not is_ollama(exchange):
        return None
    if body is None:
        body = {}
    elif not isinstance(body, dict) or not ("messages" in body or "prompt" in body):
        return None  # a request without a prompt only loads the model
    return Request(
        provider=provider_of(exchange.url, "ollama"),
        operation="chat",
        model=string(body.get("model")),
        parts=tuple(_parts(body)),
        stream=body.get("stream", bool(body)) is True,
        output_limit=count(mapping(body.get("options")).get("num_predict")),
    )


def is_ollama(exchange: Exchange) -> bool:
    """Tell whether Ollama answers: by the host, by the times that it alone reports, or by the pieces of its streams.

    Its paths (`/api/chat`, `/api/generate`) are those of many an application, the one under test included.
    """
    reply = exchange.reply
    return (
        provider_of(exchange.url) in {"ollama", "ollama-cloud"}
        or (b'"total_duration"' in reply and b'"load_duration"' in reply)
        or (b'"created_at"' in reply and b'"model"' in reply and b'"done"' in reply)
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    yield from map(tool, mappings(body.get("tools")))
    if isinstance(form := body.get("format"), dict):
        yield schema(form)
    if system := string(body.get("system")):
        yield Part(SYSTEM, "message", system)
    if prompt := string(body.get("prompt")):
        yield Part(USER, "message", prompt)
    yield from _images(body)
    chat = mappings(body.get("messages"))
    last = last_by("assistant", chat)
    for index, item in enumerate(chat):
        segment = SYSTEM if item.get("role") == "system" else HISTORY if index <= last else USER
        yield Part(segment, "message", string(item.get("content")) or "")
        yield from _images(item)
        yield from (tool_call(segment, name, given) for name, given in _calls(item))


def _images(item: dict[str, Any]) -> Iterator[Part]:
    images = item.get("images")
    yield from (inline("image", image) for image in (images if isinstance(images, list) else ()))


def _calls(item: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for call in mappings(item.get("tool_calls")):
        made = mapping(call.get("function"))
        yield made.get("name"), made.get("arguments")


def _reply(exchange: Exchange, _: Request) -> Reply:
    chunks = load_all(exchange.reply)
    if not chunks:
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    final = chunks[-1]
    usage = _usage(final)
    return Reply(
        model=next((model for chunk in chunks if (model := string(chunk.get("model")))), None),
        usage=usage,
        outcome=_outcome(exchange, final, usage),
        text="" if usage else "".join(_texts(chunks)),
    )


def _outcome(exchange: Exchange, final: dict[str, Any], usage: Usage | None) -> Outcome:
    outcome = ending.of_object(exchange, usage=usage is not None, failed="error" in final)
    return Outcome.PARTIAL if outcome is Outcome.OK and final.get("done") is False else outcome


def _usage(final: dict[str, Any]) -> Usage | None:
    """Return the usage; None when there is none. A prompt that is still in memory is not counted again, nor billed."""
    given, made = count(final.get("prompt_eval_count")), count(final.get("eval_count"))
    return None if made is None else Usage(input_tokens=given or 0, output_tokens=made)


def _texts(chunks: Iterable[dict[str, Any]]) -> Iterator[str]:
    for chunk in chunks:
        message = mapping(chunk.get("message"))
        for text in (chunk.get("thinking"), chunk.get("response"), message.get("thinking"), message.get("content")):
            yield string(text) or ""
        yield from (called(name, given) for name, given in _calls(message))


DIALECT = Dialect(name="ollama", operation="chat", request=_request, reply=_reply)
