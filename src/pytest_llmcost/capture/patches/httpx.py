"""httpx and httpx2, sync and async, at `Client.send`: above every transport, so above every mock tool."""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Flight, Recorder


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the clients of `module` (httpx or httpx2) send."""
    tees = _tees(module)
    with ExitStack() as stack:
        for client, wrap in ((module.Client, _sync), (module.AsyncClient, _async)):
            stack.enter_context(replaced(client, "send", wrap(client.send, recorder, tees), recorder))
        yield


def _sync(original: Callable[..., Any], recorder: Recorder, tees: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = _depart(recorder, client, args, kwargs)
        if flight is None:
            return original(client, *args, **kwargs)
        try:
            response = original(client, *args, **kwargs)
        except BaseException as error:
            recorder.fail(flight, error)
            raise
        recorder.land(flight, lambda flight: _read(flight, response, tees))
        return response

    return send


def _async(original: Callable[..., Any], recorder: Recorder, tees: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    async def send(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = _depart(recorder, client, args, kwargs)
        if flight is None:
            return await original(client, *args, **kwargs)
        try:
            response = await original(client, *args, **kwargs)
        except BaseException as error:
            recorder.fail(flight, error)
            raise
        recorder.land(flight, lambda flight: _read(flight, response, tees))
        return response

    return send


def _depart(recorder: Recorder, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    try:
        request = args[0] if args else kwargs["request"]
        url = request.url
        flight = recorder.depart(request.method, url, url.raw_path.decode("ascii"), client)
    except Exception as error:
        recorder.fault(error)
        return None
    if flight is not None:
        try:
            flight.request = request.content
        except Exception:
            flight.request = None  # a generator or multipart body: reading it here would consume it
        flight.request_encoding = request.headers.get("content-encoding")
    return flight


def _read(flight: Flight, response: Any, tees: Any) -> None:
    flight.status = response.status_code
    flight.headers = response.headers.raw
    flight.live = response.extensions.get("network_stream") is not None
    try:
        flight.body = response.content
    except Exception:  # ResponseNotRead, of whichever of the two modules
        flight.chunks = []
        flight.complete = False
        encoding = response.headers.get("content-encoding")
        flight.decode = functools.partial(_decode, type(response), encoding) if encoding else None
        tee = tees[0] if hasattr(response.stream, "__iter__") else tees[1]
        response.stream = tee(response.stream, flight)


def _decode(response_class: Any, encoding: str, body: bytes) -> bytes:
    """Let the library undo its content encoding; a body that was decoded already (cassettes) stays as it is."""
    try:
        decoded: bytes = response_class(200, headers={"content-encoding": encoding}, content=body).content
    except Exception:
        return body
    return decoded


def _tees(module: ModuleType) -> tuple[type, type]:
    """Make the two stream classes that note what passes; `iter_raw` insists on the module's own base classes."""

    class SyncTee(module.SyncByteStream):  # type: ignore[misc, name-defined]
        def __init__(self, stream: Any, flight: Flight) -> None:
            self._stream, self._flight = stream, flight

        def __iter__(self) -> Iterator[bytes]:
            keep = self._flight.chunks.append  # type: ignore[union-attr]
            for chunk in self._stream:
                keep(chunk)
                yield chunk
            self._flight.complete = True

        def close(self) -> None:
            try:
                self._flight.ended()
            finally:
                self._stream.close()

    class AsyncTee(module.AsyncByteStream):  # type: ignore[misc, name-defined]
        def __init__(self, stream: Any, flight: Flight) -> None:
            self._stream, self._flight = stream, flight

        async def __aiter__(self) -> AsyncIterator[bytes]:
            keep = self._flight.chunks.append  # type: ignore[union-attr]
            async for chunk in self._stream:
                keep(chunk)
                yield chunk
            self._flight.complete = True

        async def aclose(self) -> None:
            try:
                self._flight.ended()
            finally:
                await self._stream.aclose()

    return SyncTee, AsyncTee
