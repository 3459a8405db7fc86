"""requests, at `Session.request` and `Session.send`: what mock tools swap lies below one of the two."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.patches import around, replaced
from pytest_llmcost.capture.patches.coding import plain
from pytest_llmcost.capture.patches.raw_stream import tee
from pytest_llmcost.capture.patches.sending import of_arguments
from pytest_llmcost.capture.patches.urllib3 import decode
from pytest_llmcost.capture.recorder import recognised
from pytest_llmcost.capture.refusing import Asked
from pytest_llmcost.capture.unseen import check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder


_THIRD = ("params", "data")
"""The arguments of `Session.request` that follow method and address, as far as the body."""


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the sessions of requests send."""
    session = module.Session
    with ExitStack() as stack:
        for name, depart in (("request", _depart_request), ("send", _depart_send)):
            stack.enter_context(
                replaced(session, name, around(getattr(session, name), recorder, depart, _read), recorder)
            )
        yield


@contextmanager
def mocker(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what requests_mock (its `mocker` module) sends by the `Session.send` that it kept when it was imported."""
    kept = "_original_send"
    with replaced(module, kept, around(getattr(module, kept), recorder, _depart_send, _read), recorder):
        yield


def _depart_request(recorder: Recorder, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    method = args[0] if args else kwargs.get("method")
    url = args[1] if len(args) > 1 else kwargs.get("url")
    if method is None or url is None:
        return None  # requests itself complains
    method = str(method).upper()
    dialect = recognised(method, str(url))
    if dialect is None:
        return None
    given = {**dict(zip(_THIRD, args[2:], strict=False)), **kwargs}
    return recorder.depart(dialect, method, url, session, asked=partial(of_arguments, given))


def _depart_send(recorder: Recorder, session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    prepared = args[0] if args else kwargs.get("request")
    if prepared is None:
        return None
    dialect = recognised(prepared.method, prepared.url)
    flight = None
    if dialect is not None:
        asked = partial(_about, prepared)
        flight = recorder.depart(dialect, prepared.method, prepared.url, session, asked=asked)
    current = flight or in_flight()
    if current is not None and current.carrier is session and current.request is None:
        try:
            _note_request(current, prepared)
        except Exception as error:  # here, for what has departed must land
            recorder.fault(error)
    return flight


def _about(prepared: Any) -> Asked:
    return Asked(plain(prepared.body) if prepared.body else b"", prepared.headers.get("content-encoding"))


def _note_request(flight: Flight, prepared: Any) -> None:
    """Take the body if it is there already; a file or a generator would be consumed."""
    body = prepared.body
    flight.request = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
    flight.request_encoding = prepared.headers.get("content-encoding")
    flight.url = prepared.url


def _read(flight: Flight, response: Any) -> None:
    flight.status = response.status_code
    flight.reply_headers = response.headers
    if flight.request is None and response.request is not None:
        _note_request(flight, response.request)
    if response._content_consumed:  # noqa: SLF001 - `.content` would read a stream that is not ours to read
        flight.body = response.content or b""
        return
    flight.complete = False
    flight.chunks = []
    flight.decode = decode
    tee(response.raw, flight)


def _unread(recorder: Recorder, connection: Any, method: str, path: str) -> None:
    """Notice a call by `http.client` itself, which no other layer has seen."""
    if recognised(method, path):
        check(recorder, "http.client", method, _whole(connection, path))


def _whole(connection: Any, path: str) -> str:
    host = getattr(connection, "_tunnel_host", None) or connection.host  # behind a proxy
    return path if "://" in path else f"http://{host}{path}"


@contextmanager
def witness(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Mark the call in flight as live when `http.client` (given as `module`) sends it on a real connection."""
    original = module.HTTPConnection.putrequest

    @wraps(original)
    def putrequest(connection: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            flight = in_flight()
            path = str(args[1] if len(args) > 1 else kwargs["url"])
            if flight is None:
                _unread(recorder, connection, str(args[0] if args else kwargs["method"]), path)
            elif recognised(flight.method, _whole(connection, path)):
                flight.live = True  # that call, and not another one that a mock of it makes
        except Exception as error:
            recorder.fault(error)
        return original(connection, *args, **kwargs)

    with replaced(module.HTTPConnection, "putrequest", putrequest, recorder):
        yield
