"""Recorder: the exchanges of the running test, kept as bytes until the test is over."""

from __future__ import annotations

import sys
from contextvars import ContextVar, Token
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.exchange import Exchange
from pytest_llmcost.capture.owner import Owner, Owners, excluded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from pytest_llmcost.capture.dialects import Dialect
    from pytest_llmcost.capture.sites import Sites

_in_flight: ContextVar[Flight | None] = ContextVar("llmcost_in_flight", default=None)

KEPT_HEADERS = frozenset({
    "content-type",
    "content-encoding",
    "x-amzn-bedrock-input-token-count",
    "x-amzn-bedrock-output-token-count",
    "x-litellm-response-cost",
})  # fmt: skip
"""Reply headers that say how to read the body or what it cost; no other header is ever kept."""


class Flight:
    """A call on its way: filled in by a patch, read when its test is over.

    Mutable on purpose: it is written to from inside the user's call, where every microsecond counts.
    """

    __slots__ = (
        "body",
        "chunks",
        "complete",
        "decode",
        "dialect",
        "error",
        "evaluation",
        "headers",
        "index",
        "landed",
        "layer",
        "live",
        "method",
        "on_end",
        "owner",
        "path",
        "request",
        "request_encoding",
        "site",
        "status",
        "token",
        "url",
    )

    def __init__(self, dialect: Dialect, method: str, url: Any, layer: object) -> None:
        self.dialect = dialect
        self.method = method
        self.url = url
        self.layer = layer
        """What the patch was applied to: a deeper patched layer of the same object is the same call."""
        self.request: bytes | None = None
        self.request_encoding: str | None = None
        self.status: int | None = None
        self.headers: Iterable[tuple[Any, Any]] = ()
        self.body: bytes | None = None
        self.chunks: list[bytes] | None = None
        """Of a stream: what was read so far, still in its content encoding."""
        self.decode: Callable[[bytes], bytes] | None = None
        self.complete = True
        self.error: str | None = None
        self.live = False
        self.landed = False
        self.on_end: Callable[[Flight], None] | None = None
        self.owner: Owner
        self.index: int
        self.site: str | None
        self.evaluation: bool
        self.token: Token[Flight | None]

    def ended(self) -> None:
        """Tell that the reply is here as far as it will ever be."""
        hook, self.on_end = self.on_end, None
        if hook is not None:
            hook(self)

    def exchange(self) -> Exchange:
        """Return what was seen, as primitives."""
        reply = self.body
        if reply is None:
            reply = b"".join(self.chunks or ())
        if self.decode is not None and reply:
            reply = self.decode(reply)
        return Exchange(
            method=self.method,
            url=_without_secrets(str(self.url)),
            request=self.request,
            request_encoding=self.request_encoding,
            status=self.status,
            reply=reply,
            reply_headers=_kept(self.headers),
            stream=self.chunks is not None,
            complete=self.complete,
            error=self.error,
            live=self.live,
        )


def _kept(headers: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    kept = {}
    for name, value in headers:
        lowered = (name.decode("latin-1") if isinstance(name, bytes) else str(name)).lower()
        if lowered in KEPT_HEADERS:
            kept[lowered] = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return kept


@lru_cache(maxsize=1024)
def _without_secrets(url: str) -> str:
    """Cut the query (keys travel there) and the user part of an address."""
    bare = url.partition("?")[0].partition("#")[0]
    scheme, separator, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


class Recorder:
    """Keeps flights by the test that made them. Never raises into the user's call, but for the spend limit.

    Attributes:
        owners: who is running now.
        gate: called before a call is sent; raises SpendLimitReached to refuse it.
        on_end: called when a reply is complete; for the spend limit.
        faults: our own errors, as `place: kind of error`.
    """

    def __init__(self, sites: Sites) -> None:
        self.owners = Owners()
        self.gate: Callable[[], None] | None = None
        self.on_end: Callable[[Flight], None] | None = None
        self.faults: list[str] = []
        self.open = True
        self._sites = sites
        self._flights: dict[tuple[str | None, int], list[Flight]] = {}
        self._counts: dict[tuple[str | None, int], int] = {}

    def depart(self, method: str, url: Any, path: str, layer: object) -> Flight | None:
        """Begin to record a call that is about to be sent.

        Args:
            method: HTTP method.
            url: the whole address; kept as it is, drawn later.
            path: its path; a query may follow.
            layer: the client or session object that sends it.

        Returns:
            None when it is no LLM call, or the lower layer of one in flight, or when recording is over. What is
            returned must be given to `land()`.

        Raises:
            SpendLimitReached: the run has spent its limit; the call must not be sent.
        """
        flight = None
        try:
            if not self.open:
                return None
            dialect = recognise(method, path)
            if dialect is None:
                return None
            outer = _in_flight.get()
            if outer is not None and not outer.landed and (outer.layer is layer or str(outer.url) == str(url)):
                return None
            flight = Flight(dialect, method, url, layer)
            self._attribute(flight, sys._getframe(2))  # noqa: SLF001 - the public way to a frame costs ten times as much
        except Exception as error:
            self.fault(error)
        if self.gate is not None and flight is not None:
            self.gate()
        if flight is not None:
            flight.token = _in_flight.set(flight)
        return flight

    def _attribute(self, flight: Flight, frame: FrameType) -> None:
        owner = flight.owner = self.owners.current()
        flight.site, judged = self._sites.find(frame)
        flight.evaluation = judged or excluded()
        flight.on_end = self._end if self.on_end is not None else None
        self._keep(flight, owner)

    def _keep(self, flight: Flight, owner: Owner) -> None:
        flight.index = self.next_index(owner)
        self._flights.setdefault((owner.test, owner.attempt), []).append(flight)

    def land(self, flight: Flight, read: Callable[[Flight], None]) -> None:
        """End the in-call part of a recording: `read` takes from the reply what must be taken now."""
        try:
            flight.landed = True
            _in_flight.reset(flight.token)
            read(flight)
            if flight.chunks is None:
                flight.ended()
        except Exception as error:
            self.fault(error)

    def fail(self, flight: Flight, error: BaseException) -> None:
        """End a recording whose client raised."""
        try:
            flight.landed = True
            flight.error = type(error).__name__
            _in_flight.reset(flight.token)
            flight.ended()
        except Exception as fault:
            self.fault(fault)

    def _end(self, flight: Flight) -> None:
        try:
            if self.on_end is not None:
                self.on_end(flight)
        except Exception as error:
            self.fault(error)

    def take(self, test: str | None, attempt: int, *, pending: bool = True) -> list[Flight]:
        """Return and forget the flights of one test and attempt, in the order of departure.

        With `pending=False`, those whose reply is still being read stay.
        """
        flights = self._flights.pop((test, attempt), [])
        if pending:
            return flights
        left = [flight for flight in flights if not flight.landed or not flight.complete]
        if left:
            self._flights[test, attempt] = left
        return [flight for flight in flights if flight not in left]

    def has(self, test: str | None, attempt: int) -> bool:
        """Tell whether there are flights of a test and attempt."""
        return (test, attempt) in self._flights

    def next_index(self, owner: Owner) -> int:
        """Return the position of the next call of an owner, and count it."""
        key = (owner.test, owner.attempt)
        index = self._counts.get(key, 0)
        self._counts[key] = index + 1
        return index

    def rest(self) -> list[Flight]:
        """Return and forget all that is left: shared fixtures, calls outside tests, latecomers."""
        left = [flight for flights in self._flights.values() for flight in flights]
        self._flights.clear()
        return left

    def fault(self, error: BaseException) -> None:
        """Note a bug of ours by its place and kind; its message could hold the user's text."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "unknown place"
        self.faults.append(f"{place}: {type(error).__name__}")


def in_flight() -> Flight | None:
    """Return the call that is being sent in this context; for witnesses of real sockets."""
    return _in_flight.get()
