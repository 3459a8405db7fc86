"""Multipart forms, read from the bytes that were sent.

Format: RFC 7578. Only what is short is taken for a field; a file's own bytes are never looked at but for one JSONL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_LONGEST_FIELD = 100_000


def texts(exchange: Exchange) -> dict[str, str] | None:
    """Return the fields of a form that are texts, files left out; None when the body is no form that can be read."""
    body = exchange.request or b""
    if not body.startswith(b"--"):
        return None
    return {name: str(value, "utf-8", "replace") for name, value, is_file in _parts(body) if not is_file}


def file(exchange: Exchange) -> bytes | None:
    """Return the bytes of the first file of a form; None when there is none."""
    body = exchange.request or b""
    return next((value for _, value, is_file in _parts(body) if is_file), None) if body.startswith(b"--") else None


def _parts(body: bytes) -> Iterator[tuple[str, bytes, bool]]:
    """Yield name, value and whether it is a file, of each part."""
    boundary = body[: max(body.find(b"\r\n"), 0)]
    if len(boundary) < 3:  # noqa: PLR2004 - two dashes and at least one character
        return
    for part in body.split(b"\r\n" + boundary)[:-1] if b"\r\n" + boundary in body else ():
        head, found, value = part.removeprefix(boundary).partition(b"\r\n\r\n")
        is_file = b"filename" in head
        name = _name(head)
        if found and name is not None and (is_file or len(value) <= _LONGEST_FIELD):
            yield name, value, is_file


def _name(head: bytes) -> str | None:
    _, found, rest = head.partition(b' name="')
    return str(rest.partition(b'"')[0], "utf-8", "replace") if found else None
