"""The body of a multipart form that is about to be sent, without what it would cost to copy or harm to read."""

from __future__ import annotations

import io
from typing import Any

_BATCH = frozenset({"batch", "batch-api"})
_PURPOSES = tuple(_BATCH)
"""A tuple: what is looked up may be a file, and not hashable."""
_BOUNDARY = "llmcost-7d1c5b3e90a24f68"
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


def form_of_pairs(data: Any) -> bytes | None:
    """Return what aiohttp takes for a form, a `FormData` or pairs, as one that can be read; None for anything else."""
    fields = getattr(data, "_fields", None)
    if isinstance(fields, list):
        named = [(options.get("name"), value) for options, _, value in fields]
    elif isinstance(data, (dict, list, tuple)):
        named = [pair for pair in (data.items() if isinstance(data, dict) else data) if isinstance(pair, tuple)]
    else:
        return None
    whole = any(name == "purpose" and value in _PURPOSES for name, value in named)
    body = b""
    for name, value in named:
        is_text = isinstance(value, (str, int))
        kind = "" if is_text else '; filename="file"'
        content = str(value).encode() if is_text else _content(value) if whole else b""
        body += (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n'.encode() + content + b"\r\n"
        )
    return body + f"--{_BOUNDARY}--\r\n".encode()


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
