"""What is read of the response below one of requests, of urllib3: each chunk once, by whichever method it comes."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.capture.flight import Flight


def tee(raw: Any, flight: Flight) -> None:
    """Note what passes through a response: by its class, for a method on the instance would keep it alive.

    What cassettes put in its place will do as well; what was made by hand of a type in C stays unread.
    """
    with suppress(AttributeError, TypeError):
        raw._llmcost_tap = _Tap(flight)  # noqa: SLF001 - named to be no one else's
        raw.__class__ = _teeing(raw.__class__)


class _Tap:
    """Notes what is read from one response, at the outermost of the methods that a reader calls."""

    def __init__(self, flight: Flight) -> None:
        self._flight = flight
        self._busy = False

    def pull(self, read: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return what `read` returns."""
        __tracebackhide__ = True
        if self._busy:
            return read(*args, **kwargs)
        self._busy = True
        try:
            data = read(*args, **kwargs)
        finally:
            self._busy = False
        try:
            if data:
                self._flight.chunks.append(data)  # type: ignore[union-attr]
        except Exception as error:
            self._flight.fault(error)
        return data

    def end(self, *, complete: bool) -> None:
        """Note that nothing more will come."""
        if not self._busy:
            self._flight.complete = self._flight.complete or complete
            self._flight.ended()


@cache
def _teeing(kind: type) -> type:
    """Make the class of responses that are noted; to all that ask it is `kind`."""
    ways = {
        "stream": _each,
        "read_chunked": _each,
        "read": _once,
        "read1": _once,
        "close": _last,
        "release_conn": _last,
    }
    methods = {name: wrap(getattr(kind, name)) for name, wrap in ways.items() if hasattr(kind, name)}
    return type(kind.__name__, (kind,), {**methods, "__module__": kind.__module__, "__qualname__": kind.__qualname__})


def _each(method: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
    @wraps(method)
    def stream(raw: Any, *args: Any, **kwargs: Any) -> Iterator[bytes]:
        __tracebackhide__ = True
        chunks = method(raw, *args, **kwargs)
        while (chunk := raw._llmcost_tap.pull(next, chunks, None)) is not None:  # noqa: SLF001
            yield chunk
        raw._llmcost_tap.end(complete=True)  # noqa: SLF001

    return stream


def _once(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def read(raw: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        data = raw._llmcost_tap.pull(method, raw, *args, **kwargs)  # noqa: SLF001
        amount = args[0] if args else kwargs.get("amt")
        whole = amount is None and method.__name__ == "read"
        if whole or (not data and amount != 0):
            raw._llmcost_tap.end(complete=True)  # noqa: SLF001
        return data

    return read


def _last(method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def close(raw: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            method(raw, *args, **kwargs)
        finally:
            raw._llmcost_tap.end(complete=False)  # noqa: SLF001

    return close
