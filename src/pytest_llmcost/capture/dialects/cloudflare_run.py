"""Workers AI of Cloudflare by its own paths, where the model stands in the address; behind its gateway, too.

Source: developers.cloudflare.com/workers-ai, the REST API and the schemas of the models (2026-11-27). Text generation
states its usage, other tasks none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.openai_chat import message_parts
from pytest_llmcost.capture.dialects.openai_usage import chat_usage
from pytest_llmcost.capture.dialects.parts import USER, called
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange

_MODEL = re.compile(r"/(?:ai/run|workers-ai)/([^?#]+)")
_USAGE = b'"usage"'
_SAID = "prompt", "text", "query"
"""Keys of what is given: a prompt, texts to embed, a question whose contexts are ranked."""


def _request(exchange: Exchange) -> Request | None:
    found, body = _MODEL.search(exchange.url), load_request(exchange)
    if found is None or not (body is None or isinstance(body, dict)):
        return None
    body = body or {}
    return Request(
        provider="cloudflare",
        operation=_operation(exchange, body),
        model=unquote(found[1]),
        parts=tuple(_parts(body)),
        stream=body.get("stream") is True,
        output_limit=count(body.get("max_tokens")),
    )


def _operation(exchange: Exchange, body: dict[str, Any]) -> str:
    if exchange.reply_headers.get("content-type", "").startswith("image/") or b'"image"' in exchange.reply[:100]:
        return "image"
    if "contexts" in body:
        return "rerank"
    return "embeddings" if "text" in body and "prompt" not in body else "chat"


def _parts(body: dict[str, Any]) -> Iterator[Part]:
    messages = body.get("messages")
    if isinstance(messages, list):
        yield from message_parts(body, messages)
    given = [body.get(name) for name in _SAID] + [one.get("text") for one in mappings(body.get("contexts"))]
    for item in given:
        for text in item if isinstance(item, list) else [item]:
            if isinstance(text, str):
                yield Part(USER, "text", text)


def _reply(exchange: Exchange, request: Request) -> Reply:
    if request.operation == "image":
        return Reply(None, None, ending.of_object(exchange, usage=False))
    return ending.read(exchange, _whole, _stream)


def _whole(exchange: Exchange, value: dict[str, Any]) -> Reply:
    result = mapping(value.get("result"))
    usage = chat_usage(result.get("usage"))
    outcome = ending.of_object(exchange, usage=usage is not None, failed=value.get("success") is False)
    return Reply(model=None, usage=usage, outcome=outcome, text="" if usage else _text([result]))


def _stream(exchange: Exchange) -> Reply:
    body = exchange.reply
    usage = chat_usage((sse.last(body, _USAGE) or {}).get("usage"))
    finished = sse.done(body)
    text = "" if usage and finished else _text(sse.objects(body))
    outcome = ending.of_stream(finished=finished, failed=any("errors" in one for one in sse.objects(body, b'"errors"')))
    return Reply(model=None, usage=usage if finished else None, outcome=outcome, text=text)


def _text(values: Iterable[dict[str, Any]]) -> str:
    said = []
    for value in values:
        said.append(string(value.get("response")) or "")
        said += [called(one.get("name"), one.get("arguments")) for one in mappings(value.get("tool_calls"))]
    return "".join(said)


DIALECT = Dialect(name="cloudflare-run", operation="chat", request=_request, reply=_reply)
