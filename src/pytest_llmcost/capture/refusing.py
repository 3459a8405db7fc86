"""Refusing: whether a request that a spend limit would stop goes to a model, or to an app that has paths like one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pytest_llmcost.capture.dialects.body import load_request
from pytest_llmcost.capture.dialects.hosts import UNKNOWN, provider_of
from pytest_llmcost.capture.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.capture.dialects import Dialect

_NO_HOSTS = frozenset({"testserver"})
"""What test clients of Starlette, FastAPI and Django call the app in their own process; no name server knows it."""
_FREE = frozenset({"openai-polled"})
_GIVEN = frozenset({"messages", "prompt", "input", "inputs", "texts"})
_READABLE = frozenset({"identity", "gzip", "x-gzip", "deflate"})


class Asked(NamedTuple):
    """What is known of a request before it is sent.

    Attributes:
        body: None where it cannot be read without consuming it.
        encoding: its content encoding; None for none.
        in_process: True when no socket will carry it: an app in this process answers, or a function.
    """

    body: bytes | None = None
    encoding: str | None = None
    in_process: bool = False


def unknown() -> Asked:
    """Tell nothing of a request."""
    return Asked()


def is_model(dialect: Dialect, url: Any, asked: Callable[[], Asked], fault: Callable[[Exception], None]) -> bool:
    """Tell whether a request goes to a model as far as can be known: where it cannot, it does.

    Args:
        dialect: what its path says.
        url: the whole address.
        asked: tells what is about to be sent.
        fault: told of our own errors.
    """
    try:
        return _is_model(dialect, str(url), asked())
    except Exception as error:
        fault(error)
        return True


def _is_model(dialect: Dialect, url: str, asked: Asked) -> bool:
    place = urlsplit(url)
    if asked.in_process or place.hostname in _NO_HOSTS or dialect.name in _FREE:
        return False
    bare = f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path}"
    if asked.body is None or provider_of(bare) != UNKNOWN:
        return True
    exchange = Exchange("POST", bare, {}, asked.body, asked.encoding)
    body = load_request(exchange)
    if body is None and asked.encoding is not None and asked.encoding.lower() not in _READABLE:
        return True
    return any(request.model is not None for request, _ in dialect.read(exchange)) or _asks(body)


def _asks(body: Any) -> bool:
    """Tell whether a body has the form of what models are asked, where the dialect needs the reply to know."""
    return isinstance(body, dict) and isinstance(body.get("model"), str) and not _GIVEN.isdisjoint(body)
