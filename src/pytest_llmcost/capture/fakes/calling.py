"""By which words a mock is called: `client.chat.completions.create`, read in the source of whoever calls it.

A mock that a test puts into an object by hand (`client.chat.completions.create = Mock()`, a `SimpleNamespace` instead
of a client) knows neither its name nor its place. The line that calls it does.
"""

from __future__ import annotations

import ast
import io
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_open = io.open  # as it was when we were loaded: tests put mocks into the place of `open`
_OURS = __name__.partition(".")[0]
_BETWEEN = frozenset({"mock", "unittest", _OURS})
"""Packages whose frames lie between a mock and whoever calls it."""
_NOWHERE = (None, None, None, None)


def expression(frame: FrameType | None) -> str:
    """Return the dotted words with which `frame`, or the first frame beyond those of mocks, calls; empty if unknown."""
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    if frame is None:
        return ""
    where = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), _NOWHERE)
    return "" if None in where else _words(frame.f_code.co_filename, *where)


@lru_cache(maxsize=1024)
def _words(path: str, line: int, last_line: int, column: int, last_column: int) -> str:
    lines = _lines(path)[line - 1 : last_line]
    if not lines:
        return ""
    lines[-1] = lines[-1][:last_column]  # first, for the line may be one
    lines[0] = lines[0][column:]
    try:
        node: ast.AST = ast.parse(b"(" + b"\n".join(lines) + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    node = node.value if isinstance(node, ast.Await) else node
    return ".".join(reversed(_backwards(node.func))) if isinstance(node, ast.Call) else ""


def _backwards(node: ast.AST) -> list[str]:
    """Return the names of a chain of attributes, the last one first; calls and indexes on the way are passed over."""
    names = []
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    return [*names, node.id] if isinstance(node, ast.Name) else names


@lru_cache(maxsize=64)
def _lines(path: str) -> list[bytes]:
    """Return the lines of a file; columns are counted in its bytes. Empty where there is no such file."""
    try:
        with _open(path, "rb") as file:
            return file.read().splitlines()
    except OSError:
        return []
