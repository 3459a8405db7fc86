"""Amazon's event streams, in the binary form of the wire and as lines of JSON; both are read as the same events.

An event is an object with one key, its name: `{"contentBlockDelta": {"delta": {"text": "Hi"}}}`, as boto3 yields it.
In the streams of InvokeModel each event is `{"chunk": {"bytes": "<base64>"}}`. An exception in a stream is an event,
too: `{"throttlingException": {"message": "..."}}`; an error without a type of its own is named `error`.

The two forms of a reply's body:

- binary, content type `application/vnd.amazon.eventstream`: messages of prelude, headers, payload and two checksums
  (https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html, read 2026-11-21);
- lines, content type `application/vnd.amazon.eventstream+json`: for streams that a client has already decoded when we
  see them. One event a line, as above, blobs in base64 as in the API's JSON; whatever stands beside the event's key
  (`ResponseMetadata`) is left out.

Content types are not needed to tell them apart: no binary message begins with a brace. What is damaged or cut off ends
the stream quietly, after the last whole event.
"""

from __future__ import annotations

import binascii
import struct
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from pytest_llmcost.capture.dialects.body import load

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = "application/vnd.amazon.eventstream+json"
"""The content type of a stream that a client has decoded, as lines of JSON."""

_NAMES = frozenset(
    {
        "initial-response",
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
        "chunk",
    }
)
_PRELUDE = struct.Struct(">III")
"""Length of the message, length of its headers, checksum of the two."""
_CHECKSUM = struct.Struct(">I")
_LEAST = _PRELUDE.size + _CHECKSUM.size
_TEXT = 7
_STATED = frozenset({6, _TEXT})
"""Types of a header's value that state their own length: byte strings and texts."""
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of the values of all other types."""


class Message(NamedTuple):
    """One message of a binary stream; of its headers those that are texts."""

    headers: dict[str, str]
    payload: bytes


def looks_like(body: bytes) -> bool:
    """Tell whether a body begins as a stream does, and not as an object that refuses the call."""
    first = next(events(body), {})
    return is_failed(first) or not first.keys().isdisjoint(_NAMES)


def events(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the events of a stream in either form, as far as it is whole."""
    if body[:64].lstrip().startswith(b"{"):
        yield from _written(body)
    else:
        yield from map(_event, messages(body))


def chunks(body: bytes) -> Iterator[bytes]:
    """Yield what the `chunk` events of InvokeModel's streams hold: JSON in the form of the model's maker."""
    for event in events(body):
        chunk = event.get("chunk")
        if isinstance(chunk, dict) and (data := _decoded(chunk.get("bytes"))) is not None:
            yield data


def is_failed(event: dict[str, Any]) -> bool:
    """Tell whether an event says that the stream has failed."""
    return any(name == "error" or name.endswith("Exception") for name in event)


def messages(body: bytes) -> Iterator[Message]:
    """Yield the messages of a binary stream; the first one that is damaged or not whole ends it."""
    at, size = 0, len(body)
    while size - at >= _LEAST:
        length, head, check = _PRELUDE.unpack_from(body, at)
        end = at + length
        if check != crc32(body[at : at + 8]) or end > size or head + _LEAST > length:
            return
        if _CHECKSUM.unpack_from(body, end - 4)[0] != crc32(body[at : end - 4]):
            return
        start = at + _PRELUDE.size
        yield Message(_headers(body[start : start + head]), body[start + head : end - 4])
        at = end


def _headers(raw: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(raw):
            end = at + 1 + raw[at]
            name, kind = raw[at + 1 : end], raw[end]
            at = end + 1
            if kind in _STATED:
                start, at = at + 2, at + 2 + int.from_bytes(raw[at : at + 2], "big")
                if kind == _TEXT:
                    found[_text(name)] = _text(raw[start:at])
            else:
                at += _SIZES[kind]
    except (IndexError, KeyError):
        pass  # cut off, or of a type that nobody knows
    return found


def _event(message: Message) -> dict[str, Any]:
    """Return a message in the form in which clients yield it."""
    headers = message.headers
    name = headers.get(":event-type") or headers.get(":exception-type")
    if name is None:
        return {"error": {"code": headers.get(":error-code"), "message": headers.get(":error-message")}}
    return {name: load(message.payload)}


def _written(body: bytes) -> Iterator[dict[str, Any]]:
    for line in body.splitlines():
        if not line.strip():
            continue
        value = load(line)
        if not isinstance(value, dict):
            return
        value.pop("ResponseMetadata", None)
        yield value


def _decoded(encoded: Any) -> bytes | None:
    try:
        return binascii.a2b_base64(encoded) if isinstance(encoded, str) else None
    except ValueError:
        return None


def _text(raw: bytes) -> str:
    return str(raw, "utf-8", "replace")
