"""Content codings of libraries that leave them to their caller."""

from __future__ import annotations

import zlib
from typing import Any

_GZIP_OR_ZLIB = 47


def inflate(encoding: str, body: bytes) -> bytes:
    """Undo gzip or deflate, as far as a body that was cut goes; what is neither, or decoded already, stays as it is."""
    del encoding  # the first bytes tell it, and whether it is still there
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body)
    except zlib.error:
        return body


def encoding_of(headers: Any) -> str | None:
    """Return the content encoding in headers as a caller gives them, a mapping or pairs; None for none."""
    pairs = headers.items() if hasattr(headers, "items") else headers or ()
    return next((value for name, value in pairs if name.lower() == "content-encoding"), None)


def plain(body: Any) -> bytes | None:
    """Return a request body that is whole and in memory; None for what reading would consume."""
    return body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else None
