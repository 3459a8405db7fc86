"""aiohttp, at what makes a request of a session: what mock tools swap lies below."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager, suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import below, in_flight
from pytest_llmcost.capture.patches import failed, replaced
from pytest_llmcost.capture.patches.aiohttp_stream import tee
from pytest_llmcost.capture.patches.coding import encoding_of, inflate, plain
from pytest_llmcost.capture.patches.forms import form_of_pairs
from pytest_llmcost.capture.patches.sending import about, of_arguments
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.dialects import Dialect
    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder


_WHOLE = (bytes, str, type(None))


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the sessions of aiohttp send, and its function `request`, which has a session of its own."""
    session = module.ClientSession
    with ExitStack() as stack:
        stack.enter_context(replaced(session, "request", _sending(session.request, recorder, 1), recorder))
        stack.enter_context(replaced(session, "post", _sending(session.post, recorder, 1, "POST"), recorder))
        alone = _sending(module.request, recorder, 0)
        for holder in (module, module.client):
            if holder.request is not alone:
                stack.enter_context(replaced(holder, "request", alone, recorder))
        yield


def _sending(
    original: Callable[..., Any], recorder: Recorder, skipped: int, method: str | None = None
) -> Callable[..., Any]:
    """Wrap a function that returns the coroutine of a call in an object of aiohttp's own: only the coroutine is ours.

    Args:
        original: the function.
        recorder: sees the call.
        skipped: how many arguments stand before method and address: the session.
        method: the method, where it is no argument.
    """
    at = skipped + (method is None)

    @wraps(original)
    def send(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        sent = original(*args, **kwargs)
        try:
            verb = method or (args[skipped] if len(args) > skipped else kwargs["method"])
            url = args[at] if len(args) > at else kwargs["url"]
            session = args[0] if skipped else sent._session  # noqa: SLF001
            dialect, url = _recognised(session, verb, url)
            if dialect is not None:
                sent._coro = _Sent(recorder, sent._coro, (dialect, verb, url, kwargs))  # noqa: SLF001
        except Exception as error:
            recorder.fault(error)
        return sent

    return send


def _recognised(session: Any, method: str, url: Any) -> tuple[Dialect | None, Any]:
    """Return what is spoken at an address, and the whole address: a session may have a base for relative ones."""
    text = str(url)
    base = session._base_url  # noqa: SLF001
    if base is None or "://" in text:
        return recognised(method, text), url
    folder = "" if text.startswith("/") else str(base).rpartition("/")[0] + "/"
    dialect = recognised(method, folder + text)
    return dialect, url if dialect is None else session._build_url(url)  # noqa: SLF001


class _Sent:
    """Stands in for the coroutine of one call until somebody waits for it: what nobody waits for was never sent.

    An object, and no coroutine: one that is never awaited would warn of itself beside the original.
    """

    __slots__ = ("_at", "_call", "_coro", "_ours", "_recorder")

    def __init__(self, recorder: Recorder, coro: Any, call: tuple[Dialect, str, Any, dict[str, Any]]) -> None:
        self._recorder = recorder
        self._coro = coro
        self._call = call
        self._ours: Any = None
        self._at = recorder.site(2)

    def __await__(self) -> Generator[Any, None, Any]:
        generator: Generator[Any, None, Any] = self._begun().__await__()
        return generator

    def send(self, value: Any) -> Any:
        __tracebackhide__ = True
        return self._begun().send(value)

    def throw(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return self._begun().throw(*args, **kwargs)

    def close(self) -> None:
        return (self._ours or self._coro).close()  # type: ignore[no-any-return]

    def _begun(self) -> Any:
        if self._ours is None:
            self._ours = self._fly()
        return self._ours

    async def _fly(self) -> Any:
        __tracebackhide__ = True
        recorder, flight = self._recorder, None
        try:
            flight = self._depart()
        except Exception as error:
            recorder.fault(error)
        except BaseException:
            self._coro.close()
            raise
        if flight is None:
            return await self._coro
        try:
            response = await self._coro
        except BaseException as error:
            failed(recorder, flight, error, self._raised)
            raise
        try:
            recorder.land(flight, self._read, response)
        except Exception as error:
            flight.landed = True  # as in `around()`
            recorder.fault(error)
        return response

    def _read(self, flight: Flight, response: Any) -> None:
        _note_json(flight, self._call[3])
        _read(flight, response)

    def _raised(self, flight: Flight, error: BaseException) -> None:
        _note_json(flight, self._call[3])
        status = getattr(error, "status", None)  # of a session that raises for bad ones
        flight.status = status or None

    def _depart(self) -> Flight | None:
        __tracebackhide__ = True
        dialect, method, url, kwargs = self._call
        body = _body(kwargs.get("data"))
        if kwargs.get("json") is None and not _is_ours(in_flight()) and below(dialect, body):
            return None
        asked = partial(about, body, kwargs.get("headers")) if body is not None else partial(of_arguments, kwargs)
        flight = self._recorder.depart(dialect, method.upper(), url, self, self._at, asked=asked)
        if flight is not None and body is not None:
            flight.request = body
            if not body.startswith(b"{"):  # JSON as it is has no encoding
                flight.request_encoding = encoding_of(kwargs.get("headers"))
        return flight


def _body(data: Any) -> bytes | None:
    return form_of_pairs(data) if data.__class__ not in _WHOLE else plain(data)


def _is_ours(flight: Flight | None) -> bool:
    return flight is not None and isinstance(flight.carrier, _Sent)


def _note_json(flight: Flight, kwargs: dict[str, Any]) -> None:
    """Note a JSON body where no connector was reached, as below mock tools."""
    value = kwargs.get("json")
    if flight.request is None and value is not None:
        with suppress(TypeError, ValueError):  # it takes the session's own encoder
            flight.request = json.dumps(value).encode()


def _read(flight: Flight, response: Any) -> None:
    flight.status = response.status
    flight.reply_headers = response.headers
    flight.decode = inflate  # for sessions that do not decompress
    body = response._body  # noqa: SLF001 - what a cassette or a middleware has read already
    if body is not None:
        flight.body = body
        return
    flight.complete = False
    flight.chunks = []
    response.content = tee(response.content, flight)


@contextmanager
def witness(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Mark the call in flight as live when a connector of `aiohttp.connector` (given as `module`) connects for it."""
    original = module.BaseConnector.connect

    @wraps(original)
    async def connect(connector: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            flight = in_flight()
            if flight is not None:
                _seen(flight, args[0] if args else kwargs["req"])
        except Exception as error:
            recorder.fault(error)
        return await original(connector, *args, **kwargs)

    with replaced(module.BaseConnector, "connect", connect, recorder):
        yield


def _seen(flight: Flight, request: Any) -> None:
    """Note that a socket carries a call, and the body that it carries where that is whole and in memory."""
    if recognised(request.method, str(request.url)) is not flight.dialect:
        return  # another request, made on the way
    flight.live = True
    if flight.request is None and _is_ours(flight):
        body = getattr(request.body, "_value", None)
        if isinstance(body, bytes):
            flight.request = body
