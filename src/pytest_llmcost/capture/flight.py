"""Flight: one call on its way, filled in by a patch and read when its test is over."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_llmcost.capture.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

    from pytest_llmcost.capture.dialects import Dialect
    from pytest_llmcost.capture.owner import Owner

KEPT_HEADERS = frozenset({
    "content-type",
    "content-encoding",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-bedrock-output-token-count",
    "x-amzn-bedrock-cache-read-input-token-count",
    "x-amzn-bedrock-cache-write-input-token-count",
    "x-amzn-bedrock-service-tier",
    "x-amzn-bedrock-performanceconfig-latency",
    "x-litellm-response-cost",
})  # fmt: skip
"""Reply headers that say how to read the body or what it cost; no other header is ever kept."""
_KEPT_LENGTHS = frozenset(map(len, KEPT_HEADERS))

_STARTED_BY = "_llmcost_flight"
"""On a thread: the call in flight where it was started."""
_OF_POOLS = ("concurrent.futures.thread", "multiprocessing.pool")
_in_flight: ContextVar[Flight | None] = ContextVar("llmcost_in_flight", default=None)


class Flight:
    """A call on its way.

    Mutable on purpose: it is written to from inside the user's call, where every microsecond counts. What a library
    gives lazily (addresses, headers) is kept as it is and drawn by `exchange()`; of all else that it hands us nothing
    is kept, for what is kept is work for the garbage collector.

    Attributes:
        carrier: what sends it, a request or a session: the same carrier in a deeper layer is the same call.
        request: the body; None where reading it would consume it.
        reply_headers: of the library's own type, in which names have no case.
        chunks: of a stream: what was read so far, perhaps still in its content encoding; None for a whole body.
        decode: undoes a content encoding, given its name, of chunks.
        is_lazy: True where a library hands out every body to be read bit by bit: then that tells no stream.
        complete: False while a stream has not been read to its end.
        answered_by: the cassette, mock tool or transport that may have answered in place of the network.
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
    request_encoding: str | None = None
    status: int | None = None
    reply_headers: Mapping[str, str] | None = None
    body: bytes | None = None
    chunks: list[bytes] | None = None
    decode: Callable[[str, bytes], bytes] | None = None
    is_lazy = False
    complete = True
    error: str | None = None
    live = False
    answered_by: str | None = None
    fake = False
    landed = False
    over = False
    on_end: Callable[[Flight], None] | None = None
    _token: Token[Flight | None] | None

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
        token, self._token, self.carrier = self._token, None, None
        try:
            if token is not None:
                _in_flight.reset(token)
        except ValueError:
            pass  # a coroutine that was closed from another context; `landed` is enough there
        finally:
            self.landed = True

    def ended(self) -> None:
        """Tell that the reply is here as far as it will ever be."""
        try:
            self.over = True
            hook, self.on_end = self.on_end, None
            if hook is not None:
                hook(self)
        except Exception as error:  # here, for readers of streams come by from outside
            self.fault(error)

    def exchange(self) -> Exchange:
        """Return what was seen, as primitives."""
        headers = _kept(self.reply_headers or {})
        reply = b"".join(self.chunks or ()) if self.body is None else self.body
        encoding = headers.get("content-encoding")
        if self.decode is not None and reply and encoding:
            reply = self.decode(encoding, reply)
        return Exchange(
            self.method,
            _without_secrets(str(self.url)),
            headers,
            self.request,
            self.request_encoding,
            self.status,
            reply,
            self.chunks is not None and not self.is_lazy,
            self.complete,
            self.error,
            self.live,
            self.fake,
        )


def in_flight() -> Flight | None:
    """Return the call that is being sent in this context."""
    flight = _in_flight.get()
    if flight is None:
        flight = threading.current_thread().__dict__.get(_STARTED_BY)
    return None if flight is None or flight.landed else flight


def boarded(thread: threading.Thread) -> None:
    """Let a thread that is about to start be part of the call in flight; those of pools serve others as well."""
    flight = in_flight()
    target = getattr(thread, "_target", None)
    if flight is not None and getattr(target, "__module__", None) not in _OF_POOLS:
        thread.__dict__[_STARTED_BY] = flight


def carried(task: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a function and its arguments for another thread: what a call in flight hands over is part of that call."""
    flight = in_flight()
    return task if flight is None else (_run_in, flight, *task)


def _run_in(flight: Flight, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    __tracebackhide__ = True
    token = _in_flight.set(flight)
    try:
        return fn(*args, **kwargs)
    finally:
        _in_flight.reset(token)


def below(dialect: Dialect, body: bytes | None) -> bool:
    """Tell whether a request is the lower layer of the call in flight wherever it goes, as after a redirect.

    It is when the bodies are equal, or one of them cannot be read (None).
    """
    flight = in_flight()
    if flight is None or flight.dialect is not dialect:
        return False
    return body is None or flight.request is None or flight.request == body


def same_address(one: Any, other: Any) -> bool:
    """Tell whether two libraries mean the same address: each quotes in its own way, and some know no query."""
    first, second = str(one), str(other)
    return first == second or unquote(_without_secrets(first)) == unquote(_without_secrets(second))


def _kept(headers: Any) -> dict[str, str]:
    """Return the headers to keep. Of httpx the raw bytes are taken: it decodes all twenty to give one."""
    raw = getattr(headers, "raw", None)
    kept: dict[str, str] = {}
    for name, value in headers.items() if raw is None else raw:
        if len(name) in _KEPT_LENGTHS and (lowered := _text(name).lower()) in KEPT_HEADERS:
            kept[lowered] = f"{kept[lowered]}, {_text(value)}" if lowered in kept else _text(value)
    return kept


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


@lru_cache(maxsize=1024)
def _without_secrets(url: str) -> str:
    """Cut the query (keys travel there) and the user part of an address."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
