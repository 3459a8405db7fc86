"""Event streams as Amazon sends them, encoded here from its description, and as lines of JSON."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any
from zlib import crc32

RUNTIME = "https://bedrock-runtime.us-east-1.amazonaws.com/model"


def address(model: str, verb: str) -> str:
    return f"{RUNTIME}/{model.replace(':', '%3A').replace('/', '%2F')}/{verb}"


def header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(text)) + text


def framed(headers: bytes, payload: bytes) -> bytes:
    start = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    start += struct.pack(">I", crc32(start))
    whole = start + headers + payload
    return whole + struct.pack(">I", crc32(whole))


def event(name: str, value: Any, kind: str = "event") -> bytes:
    """Return one message; an exception names its type in another header than an event does."""
    headers = header(f":{kind}-type", name) + header(":content-type", "application/json")
    return framed(headers + header(":message-type", kind), json.dumps(value).encode())


def binary(*events: dict[str, Any]) -> bytes:
    """Return a stream of the wire; each event is an object with one key."""
    pairs = [pair for one in events for pair in one.items()]
    return b"".join(event(name, value, "exception" if name.endswith("Exception") else "event") for name, value in pairs)


def lines(*events: dict[str, Any]) -> bytes:
    """Return a stream that a client has decoded."""
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)


def chunk(value: Any) -> dict[str, Any]:
    """Return an event of InvokeModel's stream, which holds a piece in the form of the model's maker."""
    return {"chunk": {"bytes": base64.b64encode(json.dumps(value).encode()).decode(), "p": "abc"}}
