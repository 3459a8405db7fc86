"""Exchange: one request and its reply as seen on the wire, in plain primitives."""

from __future__ import annotations

from typing import NamedTuple


class Exchange(NamedTuple):
    """One request and its reply; headers are only those that say how to read the bodies.

    A tuple, because one is made for every call: a frozen dataclass costs five times as much to make.

    Attributes:
        method: HTTP method.
        url: the address, without its query (keys travel there).
        reply_headers: lower-case names; content type and those that carry usage, tier or cost.
        request: the request body as sent; None when it cannot be read without consuming it.
        request_encoding: its `content-encoding`; None for none.
        status: HTTP status; None when no reply came.
        reply: the reply body, decoded from its content encoding; of a stream, what was read of it.
        stream: True when the reply was read as a stream.
        complete: False when the reader stopped before the end of the body.
        error: class name of the exception that the client raised; None when it returned.
        live: True when a real socket carried it; to a loopback host or not.
        fake: True when nothing was sent at all: a fake stood in for the SDK or the model.
    """

    method: str
    url: str
    reply_headers: dict[str, str]
    request: bytes | None = None
    request_encoding: str | None = None
    status: int | None = None
    reply: bytes = b""
    stream: bool = False
    complete: bool = True
    error: str | None = None
    live: bool = False
    fake: bool = False
