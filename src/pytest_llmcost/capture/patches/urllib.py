"""urllib of the standard library, at `OpenerDirector.open`: cassettes swap the connections below."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import below
from pytest_llmcost.capture.patches import around, replaced
from pytest_llmcost.capture.patches.coding import encoding_of, inflate, plain
from pytest_llmcost.capture.patches.raw_stream import tee
from pytest_llmcost.capture.patches.sending import about
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder


@contextmanager
def patch(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Record what the openers of `urllib.request` (given as `module`) send."""
    opener = module.OpenerDirector
    with replaced(opener, "open", around(opener.open, recorder, _depart, _read, _raised), recorder):
        yield


def _depart(recorder: Recorder, opener: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight | None:
    __tracebackhide__ = True
    asked = args[0] if args else kwargs.get("fullurl")
    if asked is None:
        return None  # urllib itself complains
    url = asked if isinstance(asked, str) else asked.full_url
    dialect = recognised("POST", url)
    if dialect is None:
        return None
    data = args[1] if len(args) > 1 else kwargs.get("data")
    headers = None
    if url is not asked:
        data = asked.data if data is None else data
        headers = asked.headers
    method = getattr(asked, "method", None) or ("GET" if data is None else "POST")
    if method.upper() != "POST":
        return None
    body = plain(data)
    if below(dialect, body):
        return None
    asked_for = partial(about, body, headers)
    flight = recorder.depart(dialect, method, url, opener, asked=asked_for)
    if flight is not None and body is not None:
        flight.request = body
        if not body.startswith(b"{"):  # JSON as it is has no encoding
            flight.request_encoding = encoding_of(headers)
    return flight


def _read(flight: Flight, response: Any) -> None:
    flight.status = response.status
    flight.reply_headers = response.headers
    flight.decode = inflate
    flight.complete, flight.is_lazy = False, True
    flight.chunks = []
    tee(response, flight)


def _raised(flight: Flight, error: BaseException) -> None:
    """Take the status of an `HTTPError`, which is a response as well; nothing in its body is paid for."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        flight.status = code
