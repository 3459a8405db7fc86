"""httpx and httpx2, sync and async, at `Client.send`: above every transport, so above every mock tool."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import NEED_HOSTS
from pytest_llmcost.capture.patches import around, around_async, replaced
from pytest_llmcost.capture.patches.forms import form_of
from pytest_llmcost.capture.recorder import recognised
from pytest_llmcost.capture.refusing import Asked
from pytest_llmcost.capture.stand_ins import check_bypass, transport_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder


_IN_PROCESS = frozenset({"ASGITransport", "WSGITransport", "MockTransport", "_TestClientTransport"})
_LIBRARIES = frozenset({"httpx", "httpx2", "starlette"})
"""Transports, and whose: what they hand a request to runs in this process, and makes calls of its own if it does."""


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the clients of `module` (httpx or httpx2) send."""
    tee = type("Tee", (_Tee, module.SyncByteStream), {})
    async_tee = type("AsyncTee", (_AsyncTee, module.AsyncByteStream), {})
    clients = (module.Client, around, tee), (module.AsyncClient, around_async, async_tee)
    with ExitStack() as stack:
        for client, wrap, tee in clients:
            check = partial(check_bypass, recorder, module.__name__)
            read = partial(_read, tee, partial(_decode, module.Response), check)
            send = wrap(client.send, recorder, _depart, read)
            stack.enter_context(replaced(client, "send", send, recorder))
        yield


def _depart(recorder: Recorder, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    request = args[0] if args else kwargs.get("request")
    if request is None:
        return None  # httpx itself complains
    method, url = request.method, request.url
    path = url.path
    dialect = recognised(method, str(url) if path.startswith(NEED_HOSTS) else path)
    if dialect is None:
        return None
    body, encoding = _asked(recorder, request)
    transport = transport_of(client)
    asked = partial(_about, recorder, client, request)
    flight = recorder.depart(dialect, method, url, request, asked=asked)
    if flight is not None:
        flight.request, flight.request_encoding, flight.answered_by = body, encoding, transport
    return flight


def _asked(recorder: Recorder, request: Any) -> tuple[bytes | None, str | None]:
    """Return the body and its encoding; None for a generator, which reading would consume."""
    try:
        body: bytes = request.content
    except Exception:
        return _form(recorder, request), None
    plain = body.startswith(b"{")  # looking headers up is slow, and JSON as it is has no encoding
    return body, None if plain else request.headers.get("content-encoding")


def _about(recorder: Recorder, client: Any, request: Any) -> Asked:
    transport = type(client._transport_for_url(request.url))  # noqa: SLF001 - as httpx itself chooses it
    library = transport.__module__.partition(".")[0]
    in_process = library in _LIBRARIES and transport.__name__ in _IN_PROCESS
    return Asked(*_asked(recorder, request), in_process=in_process)


def _form(recorder: Recorder, request: Any) -> bytes | None:
    try:
        return form_of(request.stream)
    except Exception as error:  # here, for the call is seen without its body as well
        recorder.fault(error)
        return None


def _read(tee: Any, decode: Any, check: Any, flight: Flight, response: Any) -> None:
    flight.status = response.status_code
    flight.reply_headers = response.headers
    is_own = response.extensions.get("network_stream") is not None
    flight.live = flight.live or is_own
    try:
        flight.body = response.content
    except Exception:  # ResponseNotRead, of whichever of the two modules
        flight.complete = False
        flight.chunks = []
        flight.decode = decode
        response.stream = tee(response.stream, flight)
    if flight.live:
        check(flight, is_own=is_own)


def _decode(response: Any, encoding: str, body: bytes) -> bytes:
    """Let the library undo its content encoding; a body that was decoded already (cassettes) stays as it is."""
    try:
        decoded: bytes = response(200, headers={"content-encoding": encoding}, content=body).content
    except Exception:
        return body
    return decoded


class _Tee:
    """Notes what passes. Mixed with the stream class of httpx or httpx2: `iter_raw` insists on its own."""

    def __init__(self, stream: Any, flight: Flight) -> None:
        self._stream, self._flight = stream, flight

    def __iter__(self) -> Iterator[bytes]:
        flight = self._flight
        for chunk in self._stream:
            try:
                flight.chunks.append(chunk)  # type: ignore[union-attr]
            except Exception as error:
                flight.fault(error)
            yield chunk
        flight.complete = True

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._flight.ended()


class _AsyncTee:
    def __init__(self, stream: Any, flight: Flight) -> None:
        self._stream, self._flight = stream, flight

    async def __aiter__(self) -> AsyncIterator[bytes]:
        flight = self._flight
        async for chunk in self._stream:
            try:
                flight.chunks.append(chunk)  # type: ignore[union-attr]
            except Exception as error:
                flight.fault(error)
            yield chunk
        flight.complete = True

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            self._flight.ended()
