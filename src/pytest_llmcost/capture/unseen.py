"""Unseen: libraries whose calls cannot be read; that one was used for a model is told, never passed over in silence."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.noting import noted
from pytest_llmcost.capture.owner import excluded
from pytest_llmcost.capture.recorder import recognised
from pytest_llmcost.core.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pytest_llmcost.capture.recorder import Recorder

    Args = tuple[Any, ...]
    Options = dict[str, Any]
    Address = Callable[[Any, Args, Options], tuple[str, str] | None]
    """Finds method and address in the arguments of a call."""

_RULE = "not-captured"
_CURLOPT_URL = 10_002
_SOCKET = "WEBSOCKET"
_LIVE_PATHS = re.compile(r"/realtime$|BidiGenerateContent$")
"""Where websockets to models are opened, besides the paths of a dialect (OpenAI's responses)."""
_SERVICES = re.compile(r"\.(?:PredictionService|GenerativeService)/|^/xai_api\.(?:Chat|Sample|Embedder|Image)/")
"""Services of models that are called by gRPC: Vertex, the Gemini API, xAI."""


class _Library(NamedTuple):
    name: str
    address: Address
    methods: tuple[str, ...]


def _method_and_url(sender: Any, args: Args, kwargs: Options) -> tuple[str, str] | None:
    del sender
    method = args[0] if args else kwargs.get("method")
    url = args[1] if len(args) > 1 else kwargs.get("url")
    return None if method is None or url is None else (str(method), str(url))


def _posted(sender: Any, args: Args, kwargs: Options) -> tuple[str, str] | None:
    del sender
    url = args[0] if args else kwargs.get("url")
    return None if url is None else ("POST", str(url))


def _of_httplib2(sender: Any, args: Args, kwargs: Options) -> tuple[str, str]:
    del sender
    return str(args[1] if len(args) > 1 else kwargs.get("method", "GET")), str(args[0] if args else kwargs["uri"])


def _of_tornado(sender: Any, args: Args, kwargs: Options) -> tuple[str, str]:
    del sender
    request = args[0] if args else kwargs["request"]
    if isinstance(request, str):
        return str(kwargs.get("method", "GET")), request
    return str(request.method), str(request.url)


def _of_websockets(sender: Any, args: Args, kwargs: Options) -> tuple[str, str]:
    del sender
    place = args[0] if args else kwargs.get("uri") or kwargs["wsuri"]
    return _SOCKET, f"wss://{place.host}:{place.port}{place.path}"


def _of_httpx2(sender: Any, args: Args, kwargs: Options) -> tuple[str, str] | None:
    del sender, args
    response = kwargs.get("response")
    return None if response is None else (_SOCKET, str(response.request.url))


def _of_grpc(sender: Any, args: Args, kwargs: Options) -> tuple[str, str] | None:
    del args, kwargs
    method, target = _text(getattr(sender, "_method", "")), _text(getattr(sender, "_target", ""))
    return ("", f"grpc://{target or method.split('/')[1]}") if _SERVICES.search(method) else None


def _of_pycurl(sender: Any, args: Args, kwargs: Options) -> tuple[str, str] | None:
    del sender, kwargs
    return ("POST", _text(args[1])) if len(args) > 1 and args[0] == _CURLOPT_URL else None


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


_GRPC = ("UnaryUnaryMultiCallable", "UnaryStreamMultiCallable", "StreamStreamMultiCallable", "StreamUnaryMultiCallable")
_WAYS = ("__call__", "with_call", "future")
_SYNC_GRPC = tuple(
    f"{kind}.{way}"
    for kind in (*(f"_{name}" for name in _GRPC), "_SingleThreadedUnaryStreamMultiCallable")
    for way in _WAYS
)

_LIBRARIES = {
    "websockets.client": _Library("websockets", _of_websockets, ("ClientProtocol.__init__",)),
    "websockets.legacy.client": _Library("websockets", _of_websockets, ("WebSocketClientProtocol.handshake",)),
    "httpx2.websockets._api": _Library(
        "httpx2.websockets", _of_httpx2, ("WebSocketSession.__init__", "AsyncWebSocketSession.__init__")
    ),
    "grpc._channel": _Library("grpc", _of_grpc, _SYNC_GRPC),
    "grpc.aio._channel": _Library("grpc", _of_grpc, tuple(f"{name}.__call__" for name in _GRPC)),
    "curl_cffi.requests.session": _Library("curl_cffi", _method_and_url, ("Session.request", "AsyncSession.request")),
    "niquests.sessions": _Library("niquests", _method_and_url, ("Session.request",)),
    "niquests.async_session": _Library("niquests", _method_and_url, ("AsyncSession.request",)),
    "httplib2": _Library("httplib2", _of_httplib2, ("Http.request",)),
    "pytest_recording.network": _Library("pycurl", _of_pycurl, ("Curl.setopt",)),  # it stands in for pycurl itself
    "tornado.httpclient": _Library("tornado", _of_tornado, ("AsyncHTTPClient.fetch",)),
}


def witnesses() -> dict[str, Callable[[ModuleType, Recorder], AbstractContextManager[None]]]:
    """Return the patch of each module that opens connections which are not read."""
    found: dict[str, Callable[[ModuleType, Recorder], AbstractContextManager[None]]] = {
        module: partial(_witness, library) for module, library in _LIBRARIES.items()
    }
    return {**found, "pycurl": _pycurl, "pyreqwest.client": _pyreqwest}


def _witness(library: _Library, module: ModuleType, recorder: Recorder) -> AbstractContextManager[None]:
    def note(sender: Any, args: Args, kwargs: Options) -> None:
        found = library.address(sender, args, kwargs)
        if found is not None:
            check(recorder, library.name, *found)

    return noted(module, library.methods, note, recorder)


@contextmanager
def _pyreqwest(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    kinds = "Client", "SyncClient"
    asked = _Library("pyreqwest", _method_and_url, tuple(f"{kind}.request" for kind in kinds))
    posted = _Library("pyreqwest", _posted, tuple(f"{kind}.post" for kind in kinds))
    with _witness(asked, module, recorder), _witness(posted, module, recorder):
        yield


@contextmanager
def _pycurl(module: Any, recorder: Recorder) -> Iterator[None]:
    """Let handles of pycurl note the address that they are given: their own type, in C, takes no patch."""
    original, is_itself = module.Curl, isinstance(module, ModuleType)

    def setopt(handle: Any, *args: Any) -> Any:
        __tracebackhide__ = True
        try:
            found = _of_pycurl(handle, args, {})
            if found is not None:
                check(recorder, "pycurl", *found)
        except Exception as error:
            recorder.fault(error)
        return original.setopt(handle, *args)

    names = {"__module__": original.__module__, "__doc__": original.__doc__, "__slots__": (), "setopt": setopt}
    if not is_itself:
        yield
        return
    noting = type(original.__name__, (original,), names)
    module.Curl = noting
    try:
        yield
    finally:
        if module.Curl is noting:
            module.Curl = original


def check(recorder: Recorder, library: str, method: str, url: str) -> None:
    """Notice a connection to a model by a library whose calls are not read; one below a call that is read is none."""
    if in_flight() is not None or not recorder.open or not _is_model(method, url) or excluded():
        return
    owner = recorder.owners.current()
    subject = owner.test or owner.phase
    site = recorder.place(sys._getframe(1)).site  # noqa: SLF001 - from there on outwards
    if any((one.rule, one.subject, one.location) == (_RULE, subject, site) for one in recorder.notices):
        return  # a library on another one that is not read either
    host = urlsplit(url).hostname or url.partition("://")[2]
    recorder.notice(
        Finding(
            rule="not-captured",
            severity=Severity.NOTICE,
            subject=subject,
            location=site,
            message=f"{library} was used for {host}, and what passes there cannot be read: its tokens are in no total;"
            " tell them with llmcost.record()",
        )
    )


def _is_model(method: str, url: str) -> bool:
    if url.startswith("grpc://"):
        return True
    path = urlsplit(url).path
    if method == _SOCKET:
        return bool(_LIVE_PATHS.search(path) or recognised("POST", path)) or provider_of(url) != UNKNOWN
    return method.upper() == "POST" and (recognised(method, path) is not None or provider_of(url) != UNKNOWN)
