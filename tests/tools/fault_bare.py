"""What can fail on its own in a function, outside of its guards, read from its source."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from fault_code import FUNCTIONS, swallows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fault_code import Unit

_SAFE = {"isinstance", "len", "next", "getattr", "bool", "type", "suppress"}
"""Functions that do not fail on what is given to them here."""
_OWN = {"self", "tap", "flight", "recorder", "watcher", "stand_in", "session"}
"""Names of objects of ours: what they hold is always there."""
_KEPT = {"_llmcost_tap", "append", "get", "set", "reset"}
"""Attributes that are there: our own, and what lists, dictionaries and variables of a context have."""


def bare(unit: Unit, units: dict[str, Unit]) -> list[str]:
    """Return the expressions that can fail and stand outside of all guards; what the user or a library does is theirs.

    A function of ours that is called has its own tests, and a parameter or a variable of a closure that is called is
    what the library or the user handed over.
    """
    names = {one.rpartition(":")[2].rpartition(".")[2] for one in units}
    body = unit.node.body if isinstance(unit.node.body, list) else [unit.node.body]
    given = vars(sys.modules[f"pytest_llmcost.{unit.module}"]).keys()
    return [found for one in body for found in _fallible(one, names, given)]


def _fallible(node: ast.AST, names: set[str], given) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        return
    if isinstance(node, ast.Try) and any(map(swallows, node.handlers)):
        inner: list[ast.AST] = [*node.orelse, *node.finalbody]
    elif isinstance(node, ast.With) and any("suppress(Exception)" in ast.unparse(one) for one in node.items):
        inner = []
    elif isinstance(node, ast.AnnAssign):
        inner = [node.value] if node.value is not None else []
    elif isinstance(node, ast.IfExp) and ast.unparse(node.body) == f"{ast.unparse(node.test)}[0]":
        inner = [node.orelse]  # `args[0] if args else ...`
    else:
        if _is_fallible(node, names, given):
            yield ast.unparse(node)
        inner = list(ast.iter_child_nodes(node))
    for one in inner:
        yield from _fallible(one, names, given)


def _is_fallible(node: ast.AST, names: set[str], given) -> bool:
    if isinstance(node, ast.Subscript | ast.BinOp | ast.comprehension | ast.Import | ast.ImportFrom | ast.Assert):
        return True
    if isinstance(node, ast.Attribute):
        holder = getattr(node.value, "id", getattr(node.value, "attr", None))  # `tap`, and `self.tap`
        return holder not in _OWN and node.attr not in names and node.attr not in _KEPT
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _KEPT:
            return False
        if isinstance(node.func, ast.Name):
            name = node.func.id
            return name not in names and name not in _SAFE and (name in given or hasattr(builtins, name))
        return not (isinstance(node.func, ast.Attribute) and node.func.attr in names)
    return False
