"""Flight: one call on its way, filled in by a patch and read when its test is over."""

from __future__ import annotations

from contextlib import suppress
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextvars import Token

    from pytest_llmcost.capture.dialects import Dialect
    from pytest_llmcost.capture.owner import Owner

KEPT_HEADERS = frozenset({
    "content-type",
    "content-encoding",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-bedrock-output-token-count",
    "x-litellm-response-cost",
})  # fmt: skip
"""Reply headers that say how to read the body or what it cost; no other header is ever kept."""

_in_flight: ContextVar[Flight | None] = ContextVar("llmcost_in_flight", default=None)


class Flight:
    """A call on its way.

    Mutable on purpose: it is written to from inside the user's call, where every microsecond counts. What a library
    gives lazily (addresses, headers) is kept as it is and drawn by `exchange()`.

    Attributes:
        carrier: what sends it, a request or a session: the same carrier in a deeper layer is the same call.
        request: the body; None where reading it would consume it.
        chunks: of a stream: what was read so far, perhaps still in its content encoding; None for a whole body.
        decode: undoes the content encoding of chunks.
        complete: False while a stream has not been read to its end.
        over: True once nothing more will come, to the end of the stream or not.
        on_end: told when it is over; must not raise.
        fault: told of our own errors while the reply is read.
    """

    fault: Callable[[BaseException], None]
    owner: Owner
    index: int
    site: str | None = None
    evaluation = False
    request: bytes | None = None
    request_headers: Mapping[str, str] | None = None
    status: int | None = None
    reply_headers: Callable[[], Iterable[tuple[str, str]]] = tuple
    body: bytes | None = None
    chunks: list[bytes] | None = None
    decode: Callable[[bytes], bytes] | None = None
    complete = True
    error: str | None = None
    live = False
    landed = False
    over = False
    on_end: Callable[[Flight], None] | None = None
    _token: Token[Flight | None]

    def __init__(self, dialect: Dialect, method: str, url: Any, carrier: object) -> None:
        self.dialect = dialect
        self.method = method
        self.url = url
        self.carrier = carrier

    def take_off(self) -> None:
        """Be the call in flight in this context."""
        self._token = _in_flight.set(self)

    def land(self) -> None:
        """Be it no longer."""
        self.landed = True
        with suppress(ValueError):  # a coroutine that was closed from another context; `landed` is enough there
            _in_flight.reset(self._token)

    def ended(self) -> None:
        """Tell that the reply is here as far as it will ever be."""
        self.over = True
        hook, self.on_end = self.on_end, None
        if hook is not None:
            hook(self)

    def exchange(self) -> Exchange:
        """Return what was seen, as primitives."""
        reply = b"".join(self.chunks or ()) if self.body is None else self.body
        if self.decode is not None and reply:
            reply = self.decode(reply)
        return Exchange(
            method=self.method,
            url=_without_secrets(str(self.url)),
            request=self.request,
            request_encoding=self.request_headers.get("content-encoding") if self.request_headers else None,
            status=self.status,
            reply=reply,
            reply_headers={name.lower(): value for name, value in self.reply_headers() if name.lower() in KEPT_HEADERS},
            stream=self.chunks is not None,
            complete=self.complete,
            error=self.error,
            live=self.live,
        )


def in_flight() -> Flight | None:
    """Return the call that is being sent in this context."""
    flight = _in_flight.get()
    return None if flight is None or flight.landed else flight


@lru_cache(maxsize=1024)
def _without_secrets(url: str) -> str:
    """Cut the query (keys travel there) and the user part of an address."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
