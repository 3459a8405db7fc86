"""What is read of a response of urllib3 or of http.client: each chunk once, by whichever method it comes."""

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
    """Notes what is read from one response, at the outermost of the methods that a reader calls.

    Attributes:
        inner: True while such a method is at work: what it calls in turn is not noted again.
    """

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.inner = False

    def note(self, data: Any) -> None:
        """Note what a reader was given."""
        try:
            if data:
                chunk = b"".join(data) if data.__class__ is list else data
                self.flight.chunks.append(chunk)  # type: ignore[union-attr]
        except Exception as error:
            self.flight.fault(error)

    def note_buffer(self, buffer: Any, count: int) -> None:
        """Note what was read into a reader's own buffer."""
        try:
            if count:
                self.flight.chunks.append(bytes(memoryview(buffer).cast("B")[:count]))  # type: ignore[union-attr]
            elif len(buffer):
                self.end(complete=True)
        except Exception as error:
            self.flight.fault(error)

    def end(self, *, complete: bool) -> None:
        """Note that nothing more will come."""
        if not self.inner:
            self.flight.complete = self.flight.complete or complete
            self.flight.ended()


@cache
def _teeing(kind: type) -> type:
    """Make the class of responses that are noted; to all that ask it is `kind`."""
    ways = {
        "stream": _each,
        "read_chunked": _each,
        "read": _once,
        "read1": _once,
        "readall": _once,
        "readinto": _into,
        "readline": _once,
        "readlines": _once,
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
        tap: _Tap = raw._llmcost_tap  # noqa: SLF001
        if tap.inner:
            yield from chunks
            return
        flight = tap.flight
        tap.inner = True
        try:
            for chunk in chunks:
                tap.inner = False
                try:
                    flight.chunks.append(chunk)  # type: ignore[union-attr] # as `note()` does, twice as fast
                except Exception as error:
                    flight.fault(error)
                yield chunk
                tap.inner = True
        finally:
            tap.inner = False
        tap.end(complete=True)

    return stream


def _once(method: Callable[..., Any]) -> Callable[..., Any]:
    reads_all = method.__name__ in {"read", "readall", "readlines"}

    @wraps(method)
    def read(raw: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        tap: _Tap = raw._llmcost_tap  # noqa: SLF001
        if tap.inner:
            return method(raw, *args, **kwargs)
        tap.inner = True
        try:
            data = method(raw, *args, **kwargs)
        finally:
            tap.inner = False
        tap.note(data)
        amount = args[0] if args else kwargs.get("amt")
        if (not data and amount != 0) or (reads_all and amount in {None, -1}):
            tap.end(complete=True)
        return data

    return read


def _into(method: Callable[..., int]) -> Callable[..., int]:
    @wraps(method)
    def readinto(raw: Any, buffer: Any, /, *args: Any, **kwargs: Any) -> int:
        __tracebackhide__ = True
        tap: _Tap = raw._llmcost_tap  # noqa: SLF001
        if tap.inner:
            return method(raw, buffer, *args, **kwargs)
        tap.inner = True
        try:
            count = method(raw, buffer, *args, **kwargs)
        finally:
            tap.inner = False
        tap.note_buffer(buffer, count)
        return count

    return readinto


def _last(method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def close(raw: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            method(raw, *args, **kwargs)
        finally:
            raw._llmcost_tap.end(complete=False)  # noqa: SLF001

    return close
