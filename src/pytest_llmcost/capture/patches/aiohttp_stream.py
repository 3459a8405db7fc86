"""What is read of the body of a response of aiohttp: each chunk once, by whichever method it comes."""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.capture.flight import Flight

_SLOTS = ("llmcost_reader", "llmcost_flight")
_READING = ("read", "readany", "readline", "readuntil", "readchunk", "readexactly")


def tee(reader: Any, flight: Flight) -> Any:
    """Return a reader that stands in for `reader` and notes what is read; to all that ask it is of the same class."""
    kind: Any = type(reader)
    stand_in: Any = object.__new__(_teeing(kind))
    object.__setattr__(stand_in, "llmcost_reader", reader)
    object.__setattr__(stand_in, "llmcost_flight", flight)
    return stand_in


@cache
def _teeing(kind: type) -> type:
    """Make the class of the stand-ins for readers of a class.

    Their own state is never set: it is read and written in the reader, so methods that are not named here work as well.
    """
    methods = {name: _awaited(getattr(kind, name)) for name in _READING if hasattr(kind, name)}
    for name, wrap in (("read_nowait", _at_once), ("at_eof", _at_eof), ("set_exception", _broken)):
        if hasattr(kind, name):
            methods[name] = wrap(getattr(kind, name))
    names = {"__slots__": _SLOTS, "__module__": kind.__module__, "__qualname__": kind.__qualname__}
    return type(kind.__name__, (kind,), {**names, **methods, "__getattr__": _get, "__setattr__": _set})


def _get(stand_in: Any, name: str) -> Any:
    return getattr(stand_in.llmcost_reader, name)


def _set(stand_in: Any, name: str, value: Any) -> None:
    setattr(stand_in.llmcost_reader, name, value)


def _awaited(method: Callable[..., Any]) -> Callable[..., Any]:
    reads_all = method.__name__ == "read"

    @wraps(method)
    async def read(stand_in: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            data = await method(stand_in.llmcost_reader, *args, **kwargs)
        except Exception as error:
            _failed(stand_in, error)
            raise
        try:
            if reads_all and (args[0] if args else kwargs.get("n", -1)) < 0:
                _whole(stand_in.llmcost_flight, data)
            else:
                _note(stand_in.llmcost_flight, data, not args or args[0] != 0)
        except Exception as error:
            stand_in.llmcost_flight.fault(error)
        return data

    return read


def _at_once(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def read_nowait(stand_in: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        data = method(stand_in.llmcost_reader, *args, **kwargs)
        try:
            _note(stand_in.llmcost_flight, data, False)
        except Exception as error:
            stand_in.llmcost_flight.fault(error)
        return data

    return read_nowait


def _at_eof(method: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(method)
    def at_eof(stand_in: Any) -> bool:
        __tracebackhide__ = True
        over = method(stand_in.llmcost_reader)
        if over:
            _ended(stand_in, complete=True)
        return over

    return at_eof


def _broken(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap what a response calls when it is closed or released before the end of its body, and when it breaks."""

    @wraps(method)
    def set_exception(stand_in: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            reader = stand_in.llmcost_reader
            method(reader, *args, **kwargs)
        finally:
            _ended(stand_in, complete=False)

    return set_exception


def _note(flight: Flight, data: Any, ends: bool) -> None:
    """Note what a reader was given; nothing, where something was asked for, is the end."""
    chunk = data[0] if data.__class__ is tuple else data
    if chunk:
        flight.chunks.append(chunk)  # type: ignore[union-attr]
    elif ends and data != (b"", True):
        flight.complete = True
        flight.ended()


def _whole(flight: Flight, data: bytes) -> None:
    """Note all that was left of a body; when that is all of it, it was no stream to its reader."""
    if flight.chunks:
        flight.chunks.append(data)
    elif not flight.complete:
        flight.body, flight.chunks = data, None
    flight.complete = True
    flight.ended()


def _failed(stand_in: Any, error: Exception) -> None:
    """Note that a read failed, and what an incomplete one gave nevertheless."""
    flight: Flight = stand_in.llmcost_flight
    try:
        partial = getattr(error, "partial", None)  # of an asyncio.IncompleteReadError: the body is at its end
        if partial is not None and flight.chunks is not None:
            flight.chunks.append(partial)
            flight.complete = True
        flight.ended()
    except Exception as fault:
        flight.fault(fault)


def _ended(stand_in: Any, *, complete: bool) -> None:
    flight: Flight = stand_in.llmcost_flight
    try:
        flight.complete = flight.complete or complete
        flight.ended()
    except Exception as error:
        flight.fault(error)
