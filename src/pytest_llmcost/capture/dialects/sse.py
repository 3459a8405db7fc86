"""Server-sent events, read from the bytes of a whole or a cut-off stream.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html. Unlike a browser, a last event without its
blank line counts: recordings lose it, and an event that was really cut fails to parse as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import load

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = (b"data:", b"event:", b":", b"id:", b"retry:")


def looks_like(body: bytes) -> bool:
    """Tell whether a body begins as a stream of events does."""
    return body[:16].lstrip(b"\xef\xbb\xbf \r\n").startswith(_FIELDS)


def events(body: bytes) -> Iterator[bytes]:
    r"""Yield the data of each event; lines may end in \n, \r\n or \r, comments and other fields are skipped."""
    data: list[bytes] = []
    for line in body.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line.startswith(b"data:"):
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif not line and data:
            yield b"\n".join(data)
            data = []
    if data:
        yield b"\n".join(data)


def objects(body: bytes, having: bytes = b"") -> Iterator[dict[str, Any]]:
    """Yield each event that is a JSON object and whose bytes contain `having`."""
    if having in body:
        for data in events(body):
            if having in data and isinstance(value := load(data), dict):
                yield value


def first(body: bytes, key: bytes) -> dict[str, Any] | None:
    """Return the first event in which the quoted `key` stands before an object; None for none."""
    at = -1
    while (at := body.find(key, at + 1)) >= 0:
        if _before_object(body, at + len(key)):
            return _event(body, at) or next(objects(body, key), None)
    return None


def last(body: bytes, key: bytes) -> dict[str, Any] | None:
    """Return the last event in which the quoted `key` stands before an object; None for none.

    Parses one event instead of all of them: JSON text cannot hold the quoted key but as a key.
    """
    at = len(body)
    while (at := body.rfind(key, 0, at)) >= 0:
        if _before_object(body, at + len(key)):
            return _event(body, at) or next((e for e in reversed(list(objects(body, key)))), None)
    return None


def done(body: bytes) -> bool:
    """Tell whether the stream holds the `[DONE]` with which OpenAI's chat protocol ends."""
    at = body.rfind(b"[DONE]")
    return at >= 0 and body[max(at - 6, 0) : at].strip().endswith(b"data:")


def _before_object(body: bytes, at: int) -> bool:
    """Tell whether what follows is `: {`; many streams have the key with `null` in every event."""
    return body[at : at + 8].lstrip(b" :").startswith(b"{")


def _event(body: bytes, at: int) -> dict[str, Any] | None:
    """Return the one-line event around a position; None when it is not whole or not on one line."""
    start, end = body.rfind(b"\n", 0, at) + 1, body.find(b"\n", at)
    line = body[start:] if end < 0 else body[start:end]
    value = load(line[5:]) if line.startswith(b"data:") else None
    return value if isinstance(value, dict) else None
