"""Exchanges as the tests of the dialects write them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange

if TYPE_CHECKING:
    from pytest_llmcost.capture.decoded import Reply, Request

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
MESSAGES = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent"
GEMINI_STREAM = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"


def as_bytes(value: Any) -> bytes | None:
    """Return a body: bytes as they are, None for none, anything else as JSON."""
    return value if value is None or isinstance(value, bytes) else json.dumps(value).encode()


def events(*values: Any, end: str = "\n\n", named: bool = False) -> bytes:
    """Return a stream of events; a text stands for itself, such as `[DONE]`."""
    lines = []
    for value in values:
        name = f"event: {value['type']}{end[: len(end) // 2]}" if named else ""
        lines.append(f"{name}data: {value if isinstance(value, str) else json.dumps(value)}{end}")
    return "".join(lines).encode()


def exchange(url: str, request: Any = None, reply: Any = b"", **more: Any) -> Exchange:
    """Return an exchange with these bodies, of status 200 unless told otherwise."""
    fields = {"status": 200, "reply_headers": {}} | more
    return Exchange(method="POST", url=url, request=as_bytes(request), reply=as_bytes(reply) or b"", **fields)


def read_request(url: str, request: Any, **more: Any) -> Request | None:
    """Read a request as the recorder does."""
    dialect = recognise("POST", url)
    assert dialect is not None
    return dialect.request(exchange(url, request, **more))


def read_all(url: str, request: Any, reply: Any = b"", **more: Any) -> list[tuple[Request, Reply]]:
    """Read both sides of every call in an exchange."""
    dialect = recognise("POST", url)
    assert dialect is not None
    return list(dialect.read(exchange(url, request, reply, **more)))


def read_reply(url: str, reply: Any, **more: Any) -> Reply:
    """Read a reply to a request whose body was not seen, or to that in `request`."""
    dialect = recognise("POST", url)
    assert dialect is not None
    seen = exchange(url, more.pop("request", None), reply, **more)
    request = dialect.request(seen)
    assert request is not None
    return dialect.reply(seen, request)


def shape(request: Request | None) -> list[tuple[str, str, str]]:
    """Return the parts of a prompt as segment, kind and text."""
    assert request is not None
    return [(part.segment.value, part.kind, part.text) for part in request.parts]
