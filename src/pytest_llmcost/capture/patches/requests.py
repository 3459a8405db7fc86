"""requests, at `Session.request` and `Session.send`: what mock tools swap lies below one of the two."""

from __future__ import annotations

import functools
import gzip
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.patches import replaced
from pytest_llmcost.capture.recorder import in_flight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Flight, Recorder


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the sessions of requests send."""
    session = module.Session
    with ExitStack() as stack:
        for name, wrap in (("request", _request), ("send", _send)):
            stack.enter_context(replaced(session, name, wrap(getattr(session, name), recorder), recorder))
        yield


def _request(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @functools.wraps(original)
    def request(session: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            method = args[0] if args else kwargs["method"]
            url = args[1] if len(args) > 1 else kwargs["url"]
            flight = recorder.depart(str(method).upper(), url, str(url), session)
        except Exception as error:
            recorder.fault(error)
            flight = None
        return _follow(flight, recorder, functools.partial(original, session, *args, **kwargs))

    return request


def _send(original: Callable[..., Any], recorder: Recorder) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(session: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = None
        try:
            prepared = args[0] if args else kwargs["request"]
            flight = recorder.depart(prepared.method, prepared.url, prepared.path_url, session)
            current = flight or in_flight()
            if current is not None and current.layer is session and current.request is None:
                _note_request(current, prepared)
        except Exception as error:
            recorder.fault(error)
        return _follow(flight, recorder, functools.partial(original, session, *args, **kwargs))

    return send


def _follow(flight: Flight | None, recorder: Recorder, send: Callable[[], Any]) -> Any:
    __tracebackhide__ = True
    if flight is None:
        return send()
    try:
        response = send()
    except BaseException as error:
        prepared = getattr(error, "request", None)
        recorder.fail(flight, error)
        _note_failed(flight, prepared, recorder)
        raise
    recorder.land(flight, lambda flight: _read(flight, response))
    return response


def _note_failed(flight: Flight, prepared: Any, recorder: Recorder) -> None:
    try:
        if flight.request is None and prepared is not None:
            _note_request(flight, prepared)
    except Exception as error:
        recorder.fault(error)


def _note_request(flight: Flight, prepared: Any) -> None:
    """Take the body if it is there already; a file or a generator would be consumed."""
    body = prepared.body
    flight.request = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
    flight.request_encoding = prepared.headers.get("content-encoding")
    flight.url = prepared.url


def _read(flight: Flight, response: Any) -> None:
    flight.status = response.status_code
    flight.headers = tuple(response.headers.items())
    if flight.request is None and response.request is not None:
        _note_request(flight, response.request)
    if response._content_consumed:  # noqa: SLF001 - `.content` would read a stream that is not ours to read
        flight.body = response.content or b""
        return
    flight.chunks = []
    flight.complete = False
    encoding = response.headers.get("content-encoding", "")
    flight.decode = functools.partial(_decode, encoding) if encoding else None
    _tee(response.raw, flight)


def _decode(encoding: str, body: bytes) -> bytes:
    """Undo gzip or deflate where `raw.read()` handed them on; what was decoded on the way stays as it is."""
    try:
        if encoding == "gzip":
            return gzip.decompress(body)
        return zlib.decompress(body) if encoding == "deflate" else body
    except (OSError, EOFError, zlib.error):
        return body


def _tee(raw: Any, flight: Flight) -> None:
    """Note what passes through urllib3's response, on the instance: its type is part of what users check."""
    stream, read, close = raw.stream, raw.read, raw.release_conn
    inside = False

    @functools.wraps(stream)
    def tee_stream(*args: Any, **kwargs: Any) -> Iterator[bytes]:
        nonlocal inside
        keep = flight.chunks.append  # type: ignore[union-attr]
        inside = True
        for chunk in stream(*args, **kwargs):
            keep(chunk)
            yield chunk
        flight.complete = True
        flight.ended()

    @functools.wraps(read)
    def tee_read(*args: Any, **kwargs: Any) -> Any:
        data = read(*args, **kwargs)
        if not inside:
            flight.chunks.append(data)  # type: ignore[union-attr]
            flight.complete = flight.complete or not data
        return data

    @functools.wraps(close)
    def tee_close(*args: Any, **kwargs: Any) -> Any:
        flight.ended()
        return close(*args, **kwargs)

    raw.stream, raw.read, raw.release_conn = tee_stream, tee_read, tee_close


@contextmanager
def witness(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Mark the call in flight as live when `http.client` (given as `module`) opens a request on a real connection."""
    original = module.HTTPConnection.putrequest

    @functools.wraps(original)
    def putrequest(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = in_flight()
        if flight is not None:
            flight.live = True
        return original(connection, *args, **kwargs)

    with replaced(module.HTTPConnection, "putrequest", putrequest, recorder):
        yield
