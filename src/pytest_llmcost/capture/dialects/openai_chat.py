"""OpenAI chat completions, spoken by most providers.

Field names: the types of the openai SDK 3.52.0 (2026-11-21), and what other providers were seen to add.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.openai_usage import chat_usage, stated_usd
from pytest_llmcost.capture.dialects.openrouter_pages import MARK, with_pages
from pytest_llmcost.capture.dialects.parts import (
    HISTORY,
    SYSTEM,
    USER,
    called,
    last_by,
    message,
    option,
    schema,
    tool,
    tool_call,
)
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.core.usage import Usage

_DEPLOYMENT = re.compile(r"/deployments/([^/?]+)/")
_FINISHED = re.compile(rb'"finish_reason"\s*:\s*"')
_USAGE = b'"usage"'
_INSTRUCTING = ("system", "developer")  # a tuple: what is looked up may be no text, and not hashable


def _request(exchange: Exchange) -> Request | None:
    body = load_request(exchange)
    if body is None:
        return request_of(exchange, {}, ())  # only a model answers at this path
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list):
        return None
    return request_of(exchange, body, tuple(message_parts(body, messages)))


def request_of(exchange: Exchange, body: dict[str, Any], parts: tuple[Part, ...]) -> Request:
    """Return the request with this body, which is empty when it could not be read."""
    url = exchange.url
    model = deployment(url) or string(body.get("model"))
    tier = ending.tier(body.get("service_tier"))
    limit = count(body.get("max_completion_tokens", body.get("max_tokens")))
    return Request(provider_of(url), "chat", model, parts, body.get("stream") is True, tier, limit)


@lru_cache(maxsize=1024)
def deployment(url: str) -> str | None:
    """Return the name of the Azure deployment that an address names."""
    found = _DEPLOYMENT.search(url) if "/deployments/" in url else None
    return unquote(found[1]) if found else None


def message_parts(body: dict[str, Any], messages: list[Any]) -> list[Part]:
    """Return the prompt of a body with these messages."""
    parts: list[Part] = []  # no generator: most prompts are a few messages of plain text
    for key in ("tools", "functions"):
        if key in body:
            parts += map(tool, mappings(body[key]))
    answer = body.get("response_format")
    if isinstance(answer, dict) and answer.get("type") == "json_schema":
        parts.append(schema(answer.get("json_schema")))
    last = last_by("assistant", messages)
    keeps = _keeps_thoughts(body)
    for index, item in enumerate(messages):
        if not isinstance(item, dict):
            continue
        segment = SYSTEM if item.get("role") in _INSTRUCTING else HISTORY if index <= last else USER
        content = item.get("content")
        if isinstance(content, str):
            parts.append(Part(segment, "message", content))
        else:
            parts += message(segment, pieces(content))
        if "tool_calls" in item or "function_call" in item:
            calls = [tool_call(segment, name, arguments) for name, arguments in _calls(item)]
            parts += calls
            if len(calls) > 1:
                parts.append(option("parallel"))
        if keeps and (thought := string(item.get("reasoning_content"))):
            parts.append(Part(segment, "text", thought))
    parts += _options(body)
    return parts


def names_a_tool(body: dict[str, Any]) -> bool:
    """Tell whether a request makes the model call one tool."""
    return mapping(body.get("tool_choice")).get("type") in ("function", "custom")


def _keeps_thoughts(body: dict[str, Any]) -> bool:
    """Tell whether the model reads what it thought in earlier turns: GLM does where Z.ai is asked to keep that."""
    return mapping(body.get("thinking")).get("clear_thinking") is False


def _options(body: dict[str, Any]) -> Iterator[Part]:
    """Yield what stands in the prompt beside the body: a preset of OpenRouter; the choice of a tool; thinking."""
    if "preset" in body:
        yield option("kept")
    if names_a_tool(body):
        yield option("named")
    model = str(body.get("model"))
    if "claude" in model and (body.get("reasoning") or model.endswith(":thinking")):
        yield option("thinking")


def _calls(item: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield name and arguments of the tool calls in a message or in a piece of one."""
    for call in (*mappings(item.get("tool_calls")), {"function": item.get("function_call")}):
        for kind in ("function", "custom"):
            if isinstance(made := call.get(kind), dict):
                yield made.get("name"), made.get("arguments", made.get("input"))


def reply(exchange: Exchange, _: Request) -> Reply:
    """Read the reply of a chat or a text completion."""
    return ending.read(exchange, whole, stream)


def whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    """Read a reply that is one completion."""
    stated = value.get("usage")
    usage = chat_usage(stated)
    if MARK in exchange.reply:
        usage = with_pages(usage, exchange, [value])
    outcome = ending.of_object(exchange, usage=usage is not None, failed=bool(value.get("error")))
    text = "" if usage else _text([value])
    tier = ending.tier(value.get("service_tier"))
    return Reply(string(value.get("model")), usage, outcome, text, tier, stated_usd(stated, exchange.reply_headers))


def stream(exchange: Exchange) -> Reply:
    """Read a reply that is a stream of events."""
    body = exchange.reply
    final = sse.last(body, _USAGE) or {}
    stated = final.get("usage") or mapping(final.get("x_groq")).get("usage")
    usage = chat_usage(stated)
    if MARK in body:
        usage = with_pages(usage, exchange, sse.objects(body, MARK))
    outcome = ending.of_stream(
        finished=_finished(exchange, final if usage else None),
        failed=any(event.get("error") for event in sse.objects(body, b'"error"')),
    )
    if usage is None or outcome is Outcome.PARTIAL:
        return _collected(exchange, outcome, usage)
    return Reply(
        model=string(final.get("model")),
        usage=usage,
        outcome=outcome,
        service_tier=ending.tier(final.get("service_tier")),
        stated_usd=stated_usd(stated, exchange.reply_headers),
    )


def _finished(exchange: Exchange, final: dict[str, Any] | None) -> bool:
    """Tell whether a stream came to its end; `final` is the event with the usage.

    A finish reason alone does not end it: the usage comes after. Some gateways send none, but an event without choices.
    """
    if sse.done(exchange.reply) or (final is not None and final.get("choices") == []):
        return True
    return (final is not None or exchange.complete) and _FINISHED.search(exchange.reply) is not None


def _collected(exchange: Exchange, outcome: Outcome, so_far: Usage | None) -> Reply:
    """Return a stream without its final usage, with the text so far, and the usage where every event has it."""
    chunks = list(sse.objects(exchange.reply))
    return Reply(
        model=next((name for chunk in chunks if (name := string(chunk.get("model")))), None),
        usage=None,
        outcome=outcome,
        text=_text(chunks),
        service_tier=next((name for chunk in chunks if (name := ending.tier(chunk.get("service_tier")))), None),
        so_far=so_far,
    )


def _text(values: Iterable[dict[str, Any]]) -> str:
    return "".join(text for value in values for choice in mappings(value.get("choices")) for text in _generated(choice))


def _generated(choice: dict[str, Any]) -> Iterator[str]:
    """Yield what the model wrote in one choice, its visible reasoning and its tool calls included."""
    made = choice.get("message") or choice.get("delta") or {"content": choice.get("text")}
    if isinstance(made, dict):
        yield string(made.get("reasoning_content")) or string(made.get("reasoning")) or ""
        yield from (piece for piece in pieces(made.get("content")) if isinstance(piece, str))
        yield from (called(name, "" if arguments is None else arguments) for name, arguments in _calls(made))


DIALECT = Dialect(name="openai-chat", operation="chat", request=_request, reply=reply)
