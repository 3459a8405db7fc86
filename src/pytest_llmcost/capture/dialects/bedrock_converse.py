"""Amazon Bedrock's Converse and ConverseStream: one form for the models of all makers.

Field names: the models of botocore 1.44.8 (2026-11-21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import bedrock_ending, ending, eventstream
from pytest_llmcost.capture.dialects.bedrock_address import model_of, provider
from pytest_llmcost.capture.dialects.bedrock_content import parts_of, streamed, written
from pytest_llmcost.capture.dialects.bedrock_usage import converse_usage
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange

_GUARDED = b'"guardrailConfig"'


def _request(exchange: Exchange) -> Request:
    body = mapping(load_request(exchange))  # only a model answers at this path, whatever it is sent
    return Request(
        provider=provider(exchange.url),
        operation="chat",
        model=model_of(exchange.url),
        parts=tuple(parts_of(body)),
        stream=exchange.url.endswith("-stream"),
        service_tier=_tier(body),
        output_limit=count(mapping(body.get("inferenceConfig")).get("maxTokens")),
    )


def _tier(source: dict[str, Any]) -> str | None:
    """Return the tier, or the latency: both change the price of the same model."""
    tier = ending.tier(mapping(source.get("serviceTier")).get("type"))
    return tier or ending.tier(mapping(source.get("performanceConfig")).get("latency"))


def _reply(exchange: Exchange, _: Request) -> Reply:
    if eventstream.looks_like(exchange.reply):
        return _stream(exchange)
    value = load(exchange.reply)
    if isinstance(value, dict):
        return _whole(exchange, value)
    return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    usage = converse_usage(value.get("usage"))
    message = mapping(mapping(value.get("output")).get("message"))
    return Reply(
        model=_routed(value),
        usage=usage,
        outcome=ending.of_object(exchange, usage=usage is not None, failed="output" not in value),
        text="" if usage else written(message.get("content")),
        service_tier=_tier(value),
        note=_note(exchange),
    )


def _stream(exchange: Exchange) -> Reply:
    """Read a stream: its last event has the usage; one that ends before is cut off."""
    events = list(eventstream.events(exchange.reply))
    last = next((found for event in reversed(events) if (found := mapping(event.get("metadata")))), {})
    usage = converse_usage(last.get("usage"))
    stopped = exchange.complete and any("messageStop" in event for event in events)
    return Reply(
        model=_routed(last),
        usage=usage,
        outcome=bedrock_ending.of_events(events, finished=usage is not None or stopped),
        text="" if usage else "".join(map(streamed, events)),
        service_tier=_tier(last),
        note=_note(exchange),
    )


def _routed(value: dict[str, Any]) -> str | None:
    """Return the model that a prompt router has chosen."""
    return string(mapping(mapping(value.get("trace")).get("promptRouter")).get("invokedModelId"))


def _note(exchange: Exchange) -> str | None:
    guarded = exchange.request is not None and _GUARDED in exchange.request
    return "without its guardrail, which is billed apart" if guarded else None


DIALECT = Dialect(name="bedrock-converse", operation="chat", request=_request, reply=_reply)
