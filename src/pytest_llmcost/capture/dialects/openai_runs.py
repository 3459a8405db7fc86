"""Runs of OpenAI's assistants, which Azure keeps: their usage comes where they are streamed, or with the last poll.

Field names: the types of the openai SDK 3.52.0 (2026-11-21). Without a stream the run is asked for until it has ended,
any number of times: the last of those replies stands for that of the call.
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
from pytest_llmcost.capture.dialects.parts import SYSTEM, USER, message, tool
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_ENDED = frozenset({"completed", "incomplete", "failed", "cancelled", "expired", "requires_action"})
_LATER = "its usage comes in a later reply and is not in this figure"


def _request(exchange: Exchange) -> Request | None:
    provider, body = provider_of(exchange.url), load_request(exchange)
    if provider not in {"openai", "azure"} or not (body is None or isinstance(body, dict)):
        return None
    body = body or {}
    if body and not ("assistant_id" in body or "tool_outputs" in body):
        return None
    return Request(
        provider=provider,
        operation="chat",
        model=string(body.get("model")),
        parts=tuple(_parts(body)),
        stream=body.get("stream") is True,
        output_limit=count(body.get("max_completion_tokens")),
    )


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    yield from map(tool, mappings(body.get("tools")))
    for name in ("instructions", "additional_instructions"):
        if text := string(body.get(name)):
            yield Part(SYSTEM, "message", text)
    for item in (*mappings(body.get("additional_messages")), *mappings(mapping(body.get("thread")).get("messages"))):
        yield from message(USER, pieces(item.get("content")))
    for item in mappings(body.get("tool_outputs")):
        yield from message(USER, pieces(item.get("output")))


def _reply(exchange: Exchange, _: Request) -> Reply:
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = chat_usage(value.get("usage"))
    outcome = ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error")))
    later = usage is None and outcome is Outcome.OK
    return Reply(
        model=string(value.get("model")),
        usage=usage,
        outcome=Outcome.PARTIAL if later else outcome,
        note=_LATER if later else None,
    )


def _stream(exchange: Exchange) -> Reply:
    """Read a stream: each state of the run is an event, the last of them has its usage."""
    events = list(sse.objects(exchange.reply))
    runs = [event for event in events if event.get("object") == "thread.run"]
    run = runs[-1] if runs else {}
    usage = chat_usage(run.get("usage"))
    deltas = (mapping(event.get("delta")).get("content") for event in events)
    texts = (string(mapping(one.get("text")).get("value")) or "" for content in deltas for one in mappings(content))
    return Reply(
        model=string(run.get("model")),
        usage=usage,
        outcome=ending.of_stream(finished=str(run.get("status")) in _ENDED, failed=run.get("status") == "failed"),
        text="" if usage else "".join(texts),
    )


DIALECT = Dialect(name="openai-runs", operation="chat", request=_request, reply=_reply)
