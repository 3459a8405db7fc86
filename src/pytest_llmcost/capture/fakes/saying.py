"""What a fake gives back, as the body of a reply; what only its reader may consume is left alone."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcost.capture.fakes.plain import encoded, fields, is_mock, made_of, returned

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONTENTS = frozenset({
    "choices", "content", "usage", "output", "output_text", "candidates", "usage_metadata", "data", "embeddings",
    "text", "message",
})  # fmt: skip
"""A mock that holds one of these is a reply itself."""
_WAYS = (
    "parse", "get_final_message", "get_final_completion", "get_final_response", "json", "model_dump", "to_dict",
    "__enter__", "__aenter__", "__iter__", "__aiter__",
)  # fmt: skip
"""Methods of a mock that lead to the reply, the surest first."""
_DEEPEST = 3
_HTTP = frozenset({"httpx", "httpx2", "requests"})
_READABLE_ITERATORS: tuple[type, ...] = (type(iter([])), type(iter(())))
"""Iterators that can be copied: the copy is read, and the reader's own stays where it is."""


class Saying(NamedTuple):
    """A reply as a fake gives it.

    Attributes:
        body: None when it cannot be known.
        stream: True when it comes in pieces.
        status: HTTP status.
        kind: class of the reply, or of its first piece; None for a mock.
    """

    body: bytes | None
    stream: bool = False
    status: int = 200
    kind: type | None = None


_UNKNOWN = Saying(None)


def saying(result: Any, *, bare: bool = False, depth: int = 0) -> Saying:
    """Read what a fake gives back.

    Args:
        result: what its caller gets.
        bare: of a typed reply leave the data out: vectors are long, and nobody counts them.
        depth: how many methods of mocks have led here.
    """
    kind = type(result)
    if is_mock(result):
        return _of_mock(result, bare=bare, depth=depth)
    if hasattr(kind, "model_dump_json"):  # most fakes are typed, and this is the shortest way
        return Saying(_whole(result, bare=bare), kind=kind)
    if kind in _READABLE_ITERATORS:
        result = list(copy(result))
    if isinstance(result, list | tuple):
        return _of_pieces(result)
    return _of_other(result, kind)


def _of_other(result: Any, kind: type) -> Saying:
    """Read a dictionary, the response of an HTTP client, or an object of the test's own."""
    if isinstance(result, dict):
        return Saying(encoded(result), kind=kind)
    if kind.__module__.partition(".")[0] in _HTTP and kind.__name__ == "Response":
        content = fields(result).get("_content")
        return Saying(content if isinstance(content, bytes) else None, status=int(result.status_code))
    if _is_read_once(kind) or result is None or isinstance(result, str):
        return Saying(None, stream=_is_read_once(kind), kind=kind)
    return Saying(encoded(result), kind=kind)


def _is_read_once(kind: type) -> bool:
    return any(hasattr(kind, name) for name in ("__next__", "__anext__", "__await__"))


def _whole(result: Any, *, bare: bool = False) -> bytes | None:
    if hasattr(type(result), "model_dump_json"):
        try:
            text: str = result.model_dump_json(by_alias=True, warnings=False, exclude={"data"} if bare else None)
            return text.encode("utf-8", "replace")
        except Exception:  # a field that is of another type than it says
            return encoded(result)
    return encoded(result)


def _of_pieces(pieces: Iterable[Any]) -> Saying:
    """Write pieces as a stream of events, or one a line where that is the API's way."""
    kind = next((type(piece) for piece in pieces), None)
    bodies = [body for piece in pieces if (body := _whole(_unwrapped(piece))) is not None]
    if kind is not None and kind.__module__.startswith("ollama"):
        return Saying(b"\n".join(bodies), stream=True, kind=kind)
    events = b"".join(b"data: %b\n\n" % body for body in bodies)
    return Saying(events + b"data: [DONE]\n\n", stream=True, kind=kind)


def _unwrapped(piece: Any) -> Any:
    """Return what the wire has of a piece: Mistral's SDK puts it into an event."""
    return piece.data if type(piece).__name__ == "CompletionEvent" else piece


def _of_mock(mock: Any, *, bare: bool, depth: int) -> Saying:
    made = made_of(mock)
    if not _CONTENTS.isdisjoint(made):
        return Saying(encoded(mock))
    if depth < _DEEPEST:
        for name in _WAYS:
            method = made.get(name)
            value = returned(method) if is_mock(method) else None
            found = _UNKNOWN if value is None else saying(value, bare=bare, depth=depth + 1)
            if found.body is not None:
                status = made.get("status_code")
                return found._replace(status=status) if isinstance(status, int) else found
    return _UNKNOWN
