"""The rows of calls in the text of a run file, one a line as we write them, read when they are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BEGIN = b'\n"calls":[\n'
_END = b"\n],\n"
_SHARED = b',"feature":'
"""Before it stands what is a call's own. In a string its quotes would be escaped, so that it is found in none."""
_ANSWER = b',"usage":'
"""Before it stands who was asked, and how; behind it, what was used."""
_INDEX = b',"index":'
"""Before it stands what is its attempt's."""

_DIGITS = 15
"""Of the longest index: whatever is longer goes the long way, and is refused there."""

_decode = json.JSONDecoder().raw_decode


class CallRows:
    """Rows that are in no list: of a large run they would take a gigabyte.

    Args:
        text: of the whole file.
        start, end: where the rows stand in it.
        parsed: reads the whole file in the usual way and returns its calls: for rows of another layout than ours, or
            that are no JSON, which it says with line and column.
    """

    def __init__(self, text: bytes, start: int, end: int, parsed: Callable[[], object]) -> None:
        self._text = text
        self._start = start
        self._end = end
        self.parsed = parsed

    def __iter__(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield each row in three parts: what the calls of its attempt share, its index, and what equal calls share."""
        text, start, end = self._text, self._start, self._end
        while start < end:
            stop = text.find(b"\n", start, end)
            line = text[start:end] if stop < 0 else text[start : stop - 1] if text[stop - 1 : stop] == b"," else b""
            own, _, shared = line.partition(_SHARED)
            attempt, _, index = own.partition(_INDEX)
            yield attempt, index, shared
            start = end if stop < 0 else stop + 1


def cut(text: bytes) -> tuple[bytes, tuple[int, int]] | None:
    """Return a run file without its rows of calls, and where those stand; None for a layout that is not ours."""
    begin = text.find(_BEGIN)
    end = text.find(_END, begin)
    if begin < 0 or end < 0:
        return None
    start = begin + len(_BEGIN)
    return text[: start - 1] + text[end + 1 :], (start, max(start, end))


def attempt_values(part: bytes) -> dict[str, object] | None:
    """Parse the first part of a row; None when it is no JSON object."""
    return _object(part + b"}")


def index_value(part: bytes) -> int | None:
    """Parse the index of a row; None when it is no whole number from 0 as JSON has them."""
    is_number = part.isdigit() and len(part) <= _DIGITS and (len(part) == 1 or part[:1] != b"0")
    return int(part) if is_number else None


def asked_part(shared: bytes) -> tuple[bytes, bytes]:
    """Cut the last part of a row in two: who was asked, and what was used."""
    asked, _, used = shared.partition(_ANSWER)
    return asked, used


def asked_values(part: bytes) -> dict[str, object] | None:
    """Parse who was asked; None when it is no JSON object."""
    return _object(b'{"feature":' + part + b"}")


def used_values(part: bytes) -> dict[str, object] | None:
    """Parse what was used; None when it is no JSON object."""
    return _object(b'{"usage":' + part)


def _object(part: bytes) -> dict[str, object] | None:
    try:
        text = part.decode()
        found, end = _decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and end == len(text) else None
