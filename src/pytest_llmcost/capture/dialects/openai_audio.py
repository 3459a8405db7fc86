"""OpenAI's audio: transcriptions, translations and speech, which Groq, Mistral and others imitate.

Field names: the types of the openai SDK 3.52.0 (2026-11-21). A transcription states tokens or seconds; speech comes as
bytes of sound and states nothing.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, form, sse
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.dialects.openai_chat import deployment
from pytest_llmcost.capture.dialects.openai_usage import chat_usage
from pytest_llmcost.capture.dialects.parts import SYSTEM, USER
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_A_YEAR = 31_536_000  # seconds: more is no length of a recording
_SUCCESS = 2  # the first digit of an HTTP status


def _request(exchange: Exchange) -> Request | None:
    fields = form.texts(exchange)
    body: Any = load_request(exchange) if fields is None else fields
    model, provider = deployment(exchange.url), provider_of(exchange.url)
    if not isinstance(body, dict):
        body = {}  # a form that was not read: reading it would have consumed it
        if provider == UNKNOWN and "/v1/audio/" not in exchange.url:
            return None
    elif provider == UNKNOWN and model is None and "model" not in body:
        return None
    return Request(
        provider=provider,
        operation="audio",
        model=model or string(body.get("model")),
        parts=tuple(_parts(body)),
        stream=body.get("stream") in (True, "true") or body.get("stream_format") == "sse",
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    for name, segment in (("instructions", SYSTEM), ("prompt", USER), ("input", USER)):
        if text := string(body.get(name)):
            yield Part(segment, "text", text)


def _reply(exchange: Exchange, _: Request) -> Reply:
    body = exchange.reply
    if sse.looks_like(body):
        final = sse.last(body, b'"usage"') or {}
        finished = str(final.get("type")).endswith(".done")
        failed = any(event.get("error") for event in sse.objects(body, b'"error"'))
        return Reply(
            model=None, usage=_usage(final.get("usage")), outcome=ending.of_stream(finished=finished, failed=failed)
        )
    value = mapping(load(body)) if body.lstrip()[:1] == b"{" else {}
    usage, seconds, outcome = _usage(value.get("usage")), _seconds(value), _outcome(exchange, value)
    if usage is not None:
        return Reply(string(value.get("model")), replace(usage, audio_seconds=seconds), outcome)
    spoken = None if value else _characters(exchange)
    pieces = Usage(audio_seconds=seconds, input_characters=spoken) if seconds or spoken else None
    return Reply(model=string(value.get("model")), usage=None, outcome=outcome, pieces=pieces)


def _outcome(exchange: Exchange, value: dict[str, Any]) -> Outcome:
    """Return how a call ended: its reply may be sound or plain text."""
    if exchange.status is None or exchange.status // 100 != _SUCCESS:
        return ending.without_usage(exchange)
    return Outcome.ERROR if value.get("error") else Outcome.OK if exchange.complete else Outcome.PARTIAL


def _usage(stated: Any) -> Usage | None:
    usage = chat_usage(stated)
    details = mapping(mapping(stated).get("input_token_details"))  # singular here, plural elsewhere
    audio = count(details.get("audio_tokens"))
    if usage is None or audio is None:
        return usage
    return Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, input_audio_tokens=audio)


def _seconds(value: dict[str, Any]) -> int | None:
    """Return the length of the audio that was heard, begun seconds in full; None where nothing states it."""
    usage = mapping(value.get("usage"))
    stated = (usage.get("seconds"), usage.get("prompt_audio_seconds"), value.get("duration"))
    found = next((one for one in stated if isinstance(one, (int, float, str))), 0)
    try:
        return min(ceil(float(found)), _A_YEAR) or None
    except (ValueError, OverflowError):
        return None


def _characters(exchange: Exchange) -> int | None:
    """Return the length of the text that was spoken; None for a transcription."""
    return len(string(mapping(load_request(exchange)).get("input")) or "") or None


DIALECT = Dialect(name="openai-audio", operation="audio", request=_request, reply=_reply)
