"""Hugging Face's text generation: its inference API, and its server TGI, whole and as a stream.

Source: huggingface.co/docs/text-generation-inference, the API of the server (2026-11-27). No reply states its input
tokens, and the output only where `details` are asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, sse
from pytest_llmcost.capture.dialects.body import count, load, load_request, mapping, mappings, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.capture.dialects.parts import USER
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_MODEL = re.compile(
    r"(?:/hf-inference|api-inference\.huggingface\.co(?::\d+)?)/models/([^?]+?)(?:/pipeline/([\w-]+))?(?:$|\?)"
)
_GENERATED = b'"generated_text"'


def _request(exchange: Exchange) -> Request | None:
    found = _MODEL.search(exchange.url)
    body = mapping(load_request(exchange))
    task = found[2] if found else None
    if found is None and not (_GENERATED in exchange.reply and isinstance(body.get("inputs"), str)):
        return None  # a path such as `/generate`, where the reply alone shows who answers
    if found is not None and not ("inputs" in body or _GENERATED in exchange.reply):
        return None
    given = body.get("inputs")
    return Request(
        provider=provider_of(exchange.url),
        operation="embeddings" if task == "feature-extraction" else "chat",
        model=unquote(found[1]) if found else string(body.get("model")),
        parts=tuple(_parts(given)),
        stream=body.get("stream") is True or "/generate_stream" in exchange.url,
        output_limit=count(mapping(body.get("parameters")).get("max_new_tokens")),
    )


def _parts(given: Any) -> Iterator[Part]:
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, str):
            yield Part(USER, "text", item)


def _reply(exchange: Exchange, _: Request) -> Reply:
    body = exchange.reply
    if sse.looks_like(body):
        events = list(sse.objects(body))
        whole = next((text for event in events if (text := string(event.get("generated_text")))), None)
        text = whole or "".join(string(mapping(event.get("token")).get("text")) or "" for event in events)
        failed = any("error" in event for event in events)
        return Reply(None, None, ending.of_stream(finished=whole is not None, failed=failed), text)
    value = load(body)
    if not isinstance(value, (dict, list)):
        return Reply(model=None, usage=None, outcome=ending.without_usage(exchange))
    answers = [value] if isinstance(value, dict) else mappings(value)
    outcome = ending.of_object(exchange, usage=False, failed=any("error" in one for one in answers))
    return Reply(None, None, outcome, "".join(string(one.get("generated_text")) or "" for one in answers))


DIALECT = Dialect(name="huggingface-text", operation="chat", request=_request, reply=_reply)
