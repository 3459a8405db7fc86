"""The body of a multipart form that httpx is about to send, without what it would cost to copy or harm to read."""

from __future__ import annotations

import io
from typing import Any

_BATCH = frozenset({"batch", "batch-api"})
_SAFE = (io.BytesIO, io.BufferedReader)
"""Files that can be read twice: httpx itself goes back to their start before it sends them. No subclass is trusted."""


def form_of(stream: Any) -> bytes | None:
    """Return a form as it will be sent; None for any other body. Files are left empty, but for those of a batch."""
    fields = getattr(stream, "fields", None)
    if not isinstance(fields, list):
        return None
    whole = any(field.name == "purpose" and getattr(field, "value", None) in _BATCH for field in fields)
    start: bytes = b"--" + stream.boundary
    body = b""
    for field in fields:
        content = field.render_data() if hasattr(field, "value") else _content(field.file) if whole else b""
        body += start + b"\r\n" + field.render_headers() + content + b"\r\n"
    return body + start + b"--\r\n"


def _content(file: Any) -> bytes:
    if isinstance(file, bytes):
        return file
    if isinstance(file, str):
        return file.encode()
    if type(file) not in _SAFE or file.closed or not file.seekable():
        return b""
    before = file.tell()
    try:
        file.seek(0)
        content: bytes = file.read()
        return content
    finally:
        file.seek(before)
