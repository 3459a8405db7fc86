"""Chats of frameworks in the words of OpenAI's chat completions, which a dialect reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import Fake
from pytest_llmcost.capture.fakes.apis import UNKNOWN_HOST
from pytest_llmcost.capture.fakes.plain import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

URL = f"{UNKNOWN_HOST}/v1/chat/completions"


def said(role: str, content: Any, calls: Sequence[Any] = ()) -> dict[str, Any]:
    """Return a message; `calls` are those of tools."""
    message = {"role": role, "content": content}
    return {**message, "tool_calls": list(calls)} if calls else message


def called(name: Any, arguments: Any) -> dict[str, Any]:
    """Return a call of a tool."""
    text = arguments if isinstance(arguments, str) else (encoded(arguments or {}) or b"").decode()
    return {"type": "function", "function": {"name": name, "arguments": text}}


def tool(name: Any, description: Any, schema: Any) -> dict[str, Any]:
    """Return the definition of a tool."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def request(model: str, messages: Iterable[Any], **more: Any) -> bytes | None:
    """Return the body of a request, as it is now."""
    return encoded({"model": model, "messages": list(messages), **more})


def reply(model: str, message: Any, usage: Mapping[str, int] | None = None) -> bytes | None:
    """Return the body of a reply; without usage its text is counted."""
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return encoded({"object": "chat.completion", "model": model, "choices": [choice], "usage": usage})


def stream(model: str, text: str, *, ended: bool) -> bytes:
    """Return the body of a stream without usage; not `ended` when its reader has left before."""
    chunk = {"object": "chat.completion.chunk", "model": model, "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %b\n\n%b" % (encoded(chunk) or b"{}", b"data: [DONE]\n\n" if ended else b"")


def fake(asked: bytes | None, answered: bytes | None, *, streamed: bool = False, url: str = URL) -> Fake:
    """Return the call of a fake that chats."""
    return Fake(url, asked, answered, streamed)
