"""Mocks in the place of an HTTP function, such as `patch("httpx.post")`: the address tells whether a model is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.fakes import Fake
from pytest_llmcost.capture.fakes.plain import encoded, fields
from pytest_llmcost.capture.fakes.saying import saying
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUESTS = frozenset({"Request", "PreparedRequest"})
_LIBRARIES = frozenset({"httpx", "httpx2", "requests"})


def is_address(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Tell whether an address, or a request with one, is among the arguments; asked of every call of a mock."""
    for one in args:
        kind = type(one)
        if (kind is str and "://" in one) or (kind.__name__ in _REQUESTS and _is_request(one)):
            return True
    return isinstance(kwargs.get("url"), str) or _is_request(kwargs.get("request"))


def _is_request(one: Any) -> bool:
    kind = type(one)
    return kind.__name__ in _REQUESTS and kind.__module__.partition(".")[0] in _LIBRARIES


def of_http(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> Fake | None:
    """Return the call that a mock of an HTTP function stands for; None when its address is no LLM's."""
    request = next((one for one in (*args, kwargs.get("request")) if _is_request(one)), None)
    if request is not None:
        method, url, body = str(request.method), str(request.url), _sent(request)
    else:
        method = _method(name, args, kwargs)
        url = next((one for one in args if isinstance(one, str) and "://" in one), kwargs.get("url", ""))
        body = _given(kwargs)
    if method.upper() != "POST" or recognised(method, url) is None:
        return None
    said = saying(result)
    return Fake(url, body, said.body, said.stream, said.status)


def _method(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return the method by the name of the function, or by its argument."""
    last = name.rpartition(".")[2].upper()
    if last != "REQUEST":
        return last
    return str(kwargs.get("method", next((one for one in args if isinstance(one, str)), "")))


def _sent(request: Any) -> bytes | None:
    """Return the body of a request if it is there already: one that is streamed would be consumed."""
    held = fields(request)
    body = held.get("_content", held.get("body"))
    return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None


def _given(kwargs: Mapping[str, Any]) -> bytes | None:
    for key in ("json", "content", "data"):
        body = kwargs.get(key)
        if body is not None:
            return body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else encoded(body)
    return None
