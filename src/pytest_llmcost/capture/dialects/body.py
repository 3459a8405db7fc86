"""Bodies as JSON values: what cannot be read is None, and never an exception."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange

_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_BETWEEN = re.compile(r"[\s,\[\]]*")
_MODEL = re.compile(rb'"model"\s*:\s*"([\w.:/@-]+)"')
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 47}
_TAIL = 4096


def load(body: bytes) -> Any:
    """Return the JSON value of a body; None when it is none, which JSON's own null is as well."""
    try:
        text = str(body, "utf-8", "replace").strip()
        value, end = _DECODER.raw_decode(text)  # a microsecond less than json.loads
        if end != len(text):
            return None
        # Half a surrogate pair is valid JSON and no valid text: it could be neither hashed nor tokenized. To look for
        # one byte takes a tenth of the time that it takes to look for two.
        return _whole_characters(value) if b"\\" in body and _SURROGATE.search(body) else value
    except (ValueError, RecursionError):
        return None


def _whole_characters(value: Any) -> Any:
    return _DECODER.decode(_ENCODER.encode(value).encode("utf-8", "replace").decode())


def load_all(body: bytes) -> list[dict[str, Any]]:
    """Return the objects of a JSON array, or of objects one after another, as far as the body goes."""
    text = str(body, "utf-8", "replace")
    found: list[dict[str, Any]] = []
    at = 0
    try:
        while (between := _BETWEEN.match(text, at)) and (at := between.end()) < len(text):
            value, at = _DECODER.raw_decode(text, at)
            if isinstance(value, dict):
                found.append(value)
    except (ValueError, RecursionError):
        pass
    return found


def load_request(exchange: Exchange) -> Any:
    """Return the JSON value of a request body; None when it cannot be read."""
    raw = exchange.request
    if not raw:
        return None
    if not exchange.request_encoding or exchange.request_encoding.lower() == "identity":
        return load(raw)
    window = _WINDOWS.get(exchange.request_encoding.lower())
    if window is None:
        return None
    try:
        return load(zlib.decompressobj(window).decompress(raw))
    except zlib.error:
        return None


def load_reply(exchange: Exchange, key: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a reply; of a long one only its model and what is under the quoted `key`, if possible.

    Embeddings are long and nothing in their numbers is of use; the usage stands behind them.
    """
    raw = exchange.reply
    if len(raw) > 2 * _TAIL and raw.startswith(b"{") and raw.endswith((b"}", b"}\n")):
        tail = raw[-_TAIL:]
        behind = tail[at + len(key) :].lstrip(b" \r\n:") if (at := tail.rfind(key)) >= 0 else b""
        if behind.startswith(b"{") and (usage := load_all(behind)):
            model = _MODEL.search(tail) or _MODEL.search(raw[:_TAIL])
            return {key.strip(b'"').decode(): usage[0], "model": model and model[1].decode()}
    value = load(raw)
    return value if isinstance(value, dict) else None


def compact(value: Any) -> str:
    """Return a value as JSON without spaces, its keys in their own order; empty when it nests too deeply."""
    try:
        return _ENCODER.encode(value)
    except RecursionError:
        return ""


def count(value: Any) -> int | None:
    """Return a token count; None for what is none."""
    if value is None:
        return None
    if value.__class__ is int and value >= 0:
        tokens: int = value
        return tokens
    return int(value) if isinstance(value, float) and value >= 0 and value.is_integer() else None


def string(value: Any) -> str | None:
    """Return a text that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """Return an object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list, or none in place of anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
