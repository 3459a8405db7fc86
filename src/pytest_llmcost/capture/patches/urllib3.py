"""urllib3 by itself, at `urlopen` of a pool and of a manager of pools; below requests and botocore it is no call."""

from __future__ import annotations

import io
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import below
from pytest_llmcost.capture.patches import around, replaced
from pytest_llmcost.capture.patches.coding import encoding_of, plain
from pytest_llmcost.capture.patches.raw_stream import tee
from pytest_llmcost.capture.patches.sending import about
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder

_PORTS = {"http": 80, "https": 443}


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the pools of `urllib3.connectionpool` (given as `module`) send."""
    pool = module.HTTPConnectionPool
    with replaced(pool, "urlopen", around(pool.urlopen, recorder, _depart_pool, _read), recorder):
        yield


@contextmanager
def patch_manager(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the managers of `urllib3.poolmanager` send: they follow redirects, and mocks swap their pools."""
    manager = module.PoolManager
    with replaced(manager, "urlopen", around(manager.urlopen, recorder, _depart_manager, _read), recorder):
        yield


def _depart_pool(recorder: Recorder, pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    method = args[0] if args else kwargs.get("method")
    path = args[1] if len(args) > 1 else kwargs.get("url")
    if method is None or path is None:
        return None  # urllib3 itself complains
    dialect = recognised(method, path)
    if dialect is None:
        return None
    body = plain(args[2] if len(args) > 2 else kwargs.get("body"))  # noqa: PLR2004 - the third argument
    if below(dialect, body):
        return None
    headers = args[3] if len(args) > 3 else kwargs.get("headers")  # noqa: PLR2004 - the fourth
    asked = partial(about, body, headers)
    return _asked(recorder.depart(dialect, method, _address(pool, path), pool, asked=asked), body, headers)


def _depart_manager(recorder: Recorder, manager: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    method = args[0] if args else kwargs.get("method")
    url = args[1] if len(args) > 1 else kwargs.get("url")
    if method is None or url is None:
        return None
    dialect = recognised(method, url)
    if dialect is None:
        return None
    body = plain(kwargs.get("body"))
    if below(dialect, body):
        return None
    headers = kwargs.get("headers")
    asked = partial(about, body, headers)
    return _asked(recorder.depart(dialect, method, url, manager, asked=asked), body, headers)


def _asked(flight: Flight | None, body: bytes | None, headers: Any) -> Flight | None:
    if flight is not None and body is not None:
        flight.request = body
        if not body.startswith(b"{"):  # JSON as it is has no encoding
            flight.request_encoding = encoding_of(headers)
    return flight


def _address(pool: Any, path: str) -> str:
    """Return the whole address of a path; towards a proxy it is whole already."""
    if "://" in path:
        return path
    port = "" if pool.port in {None, _PORTS.get(pool.scheme)} else f":{pool.port}"
    return f"{pool.scheme}://{pool.host}{port}{path}"


def _read(flight: Flight, response: Any) -> None:
    flight.status = response.status
    flight.reply_headers = response.headers
    flight.decode = decode
    body = getattr(response, "_body", None)
    recorded = getattr(response, "_content", None)
    if isinstance(body, bytes):
        flight.body = body
        return
    if isinstance(recorded, io.BytesIO):  # of a cassette, whose `data` is read past all methods
        flight.body = recorded.getvalue()
        return
    flight.complete = False
    flight.chunks = []
    tee(response, flight)


def decode(encoding: str, body: bytes) -> bytes:
    """Undo the content encoding where a response handed it on; what was decoded on the way stays as it is."""
    from urllib3 import HTTPResponse

    try:
        whole = HTTPResponse(io.BytesIO(body), headers={"content-encoding": encoding}, preload_content=False)
        decoded: bytes = whole.read(decode_content=True)
    except Exception:
        return body
    return decoded
