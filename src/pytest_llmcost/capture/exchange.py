"""Exchange: one request and its reply as seen on the wire, in plain primitives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its reply; headers are only those that say how to read the bodies.

    Attributes:
        method: HTTP method.
        url: whole address, query included. Keys in the query (`key=…`) are cut before it gets here.
        request: the request body as sent; None when it cannot be read without consuming it.
        request_encoding: its `content-encoding`; None for none.
        status: HTTP status; None when no reply came.
        reply: the reply body, decoded from its content encoding; of a stream, what was read of it.
        reply_headers: lower-case names; content type and those that carry usage, tier or cost.
        stream: True when the reply was read as a stream.
        complete: False when the reader stopped before the end of the body.
        error: class name of the exception that the client raised; None when it returned.
        live: True when a real socket carried it; to a loopback host or not.
    """

    method: str
    url: str
    request: bytes | None = None
    request_encoding: str | None = None
    status: int | None = None
    reply: bytes = b""
    reply_headers: dict[str, str]
    stream: bool = False
    complete: bool = True
    error: str | None = None
    live: bool = False
