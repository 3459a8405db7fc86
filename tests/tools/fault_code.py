"""Functions of ours, found in their source, each with a fault put into its code: closures and lambdas as well.

A fault is one expression at the start of a body, or of a `try`, that raises when it is due. The file is compiled with
it under its own name, so that what is said of the place is true, and the code of the functions around it that are
loaded is exchanged for as long as the fault lasts.
"""

from __future__ import annotations

import ast
import dis
import gc
import importlib
import pkgutil
import sys
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import pytest_llmcost

OURS = str(Path(pytest_llmcost.__file__).parent)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_PASSED_OVER = ("contextlib.py", "functools.py", "json/__init__.py", "json/encoder.py")
"""What stands between a function of ours and the one of ours that calls it."""
_HOOKS = tuple(str(Path(__file__).with_name(f"fault_{name}.py")) for name in ("limits", "owners", "play", "processes"))
"""Files of tests that call us as the hooks of the plugin do."""

Key = tuple[str, int, str]
"""File, first line and name of a code object."""


class Unit(NamedTuple):
    """One function: by `module:name`, with the keys of the functions around it and its own, outermost first."""

    name: str
    node: Any
    chain: tuple[Key, ...]

    @property
    def key(self) -> Key:
        return self.chain[-1]

    @property
    def module(self) -> str:
        """Its module, below our package."""
        return ".".join(Path(self.key[0]).relative_to(OURS).with_suffix("").parts).removesuffix(".__init__")


def key_of(code: CodeType) -> Key:
    return code.co_filename, code.co_firstlineno, code.co_name


def units(*packages: str) -> dict[str, Unit]:
    """Return all functions of packages or modules of ours, by name."""
    found: dict[str, Unit] = {}
    for package in packages:
        top = importlib.import_module(package)
        inner = pkgutil.walk_packages(top.__path__, f"{package}.") if hasattr(top, "__path__") else ()
        for name in (package, *(info.name for info in inner)):
            module = importlib.import_module(name)
            short = name.removeprefix("pytest_llmcost.").removeprefix("capture.")
            for unit in _within(_tree(module.__file__), f"{short}:", module.__file__, ()):
                assert unit.name not in found, unit.name
                found[unit.name] = unit
    return found


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text(encoding="utf-8"), file)


def _within(node: ast.AST, name: str, file: str, chain: tuple[Key, ...]):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            own = getattr(child, "name", "<lambda>")
            line = min([child.lineno, *(one.lineno for one in getattr(child, "decorator_list", ()))])
            keys = (*chain, (file, line, own))
            shown = f"{name}{own}" if own != "<lambda>" else f"{name}<lambda {line}>"
            yield Unit(shown, child, keys)
            yield from _within(child, f"{shown}.", file, keys)
        elif isinstance(child, ast.ClassDef):
            yield from _within(child, f"{name}{child.name}.", file, chain)
        else:
            yield from _within(child, name, file, chain)


def own_nodes(unit: Unit):
    """Yield what stands in the body of a function, what stands in a function inside of it apart."""
    body = unit.node.body
    waiting = list(body) if isinstance(body, list) else [body]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node
            waiting += ast.iter_child_nodes(node)


def guards(unit: Unit) -> list[ast.Try]:
    """Return the `try` blocks of a function that note a bug of ours and go on, in order."""
    tries = [node for node in own_nodes(unit) if isinstance(node, ast.Try) and any(map(_notes, node.handlers))]
    return sorted(tries, key=lambda node: node.lineno)


def _notes(handler: ast.ExceptHandler) -> bool:
    if handler.type is None or ast.unparse(handler.type) != "Exception":
        return False
    return any(isinstance(one, ast.Call) and ast.unparse(one.func).endswith("fault") for one in ast.walk(handler))


def is_guard(unit: Unit) -> bool:
    """Tell whether all of a body, but what is said of it, is a `try` that lets no Exception out."""
    body = unit.node.body if isinstance(unit.node.body, list) else []
    said = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    rest = [one for one in said if "__tracebackhide__" not in ast.unparse(one)]
    return bool(rest) and all(isinstance(one, ast.Try) and any(map(swallows, one.handlers)) for one in rest)


def swallows(handler: ast.ExceptHandler) -> bool:
    is_all = handler.type is not None and ast.unparse(handler.type) == "Exception"
    return is_all and not any(isinstance(one, ast.Raise) for one in ast.walk(handler))


_DUE = "1 // (not __import__('sys')._llmcost_due())"


def _with_fault(unit: Unit, guard: int | None) -> CodeType:
    """Compile the file of a function, with a fault at its start or at that of one of its guards."""
    tree = ast.parse(Path(unit.key[0]).read_text(encoding="utf-8"))
    (node,) = (node for node in ast.walk(tree) if _is(node, unit.node))
    if isinstance(node, ast.Lambda):
        due = _at(ast.parse(_DUE, mode="eval").body, node.body)
        pair = ast.copy_location(ast.Tuple([due, node.body], ast.Load()), node.body)
        node.body = ast.copy_location(ast.Subscript(pair, ast.Constant(1), ast.Load()), node.body)
    else:
        place: Any = node if guard is None else guards(unit._replace(node=node))[guard]
        due = _at(ast.parse(_DUE).body[0], place.body[0])
        place.body.insert(0, due)
    ast.fix_missing_locations(tree)
    return compile(tree, unit.key[0], "exec", dont_inherit=True)


def _is(node: ast.AST, other: Any) -> bool:
    return type(node) is type(other) and (node.lineno, node.col_offset) == (other.lineno, other.col_offset)  # type: ignore[attr-defined]


def _at(node: Any, place: Any) -> Any:
    for one in ast.walk(node):
        ast.copy_location(one, place)
    return node


def _codes(code: CodeType):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def loaded() -> dict[Key, list[FunctionType]]:
    """Return the functions of ours that are loaded."""
    found: dict[Key, list[FunctionType]] = {}
    for function in gc.get_objects():
        if type(function) is FunctionType and function.__code__.co_filename.startswith(OURS):
            found.setdefault(key_of(function.__code__), []).append(function)
    return found


class Faulty:
    """A function of which one place raises when it is due.

    Args:
        unit: the function.
        known: what is loaded, as `loaded()` says.
        guard: the number of one of its guards, which raises at its start whoever calls the function; None for the start
            of the function itself, which raises where the one that calls it does.
    """

    def __init__(self, unit: Unit, known: dict[Key, list[FunctionType]], guard: int | None = None) -> None:
        made = {key_of(code): code for code in _codes(_with_fault(unit, guard))}
        functions = [(key, function) for key in unit.chain for function in known.get(key, ())]
        self._changes = [(function, function.__code__, made[key]) for key, function in functions]
        self._is_always = guard is not None
        self.file = Path(unit.key[0]).name

    @contextmanager
    def called_by(self, caller: Key | None):
        """Let it raise when this function calls it."""

        def due() -> bool:
            return self._is_always or _caller(sys._getframe(1)) == caller

        sys._llmcost_due = due
        for function, _, code in self._changes:
            function.__code__ = code
        try:
            yield
        finally:
            for function, code, _ in self._changes:
                function.__code__ = code


def _caller(frame: Any) -> Key | None:
    """Return which function of ours has called a frame; None where something else has."""
    caller = frame.f_back
    while caller is not None and caller.f_code.co_filename.endswith(_PASSED_OVER):
        caller = caller.f_back
    if caller is None or not caller.f_code.co_filename.startswith((OURS, *_HOOKS)):
        return None
    return key_of(caller.f_code)


@cache
def _start(code: CodeType) -> int:
    """Return where a function starts: a generator that goes on is called, too."""
    return next(one.offset for one in dis.get_instructions(code) if one.opname == "RESUME" and not one.arg & 3)


class Reached:
    """What scenes reach without any fault: by key of a function and of its caller (None: none of ours) the scenes."""

    def __init__(self) -> None:
        self.calls: dict[Key, dict[Key | None, dict[str, None]]] = {}
        self._scene = ""

    @contextmanager
    def during(self, scene: str):
        """Watch a scene, in all of its threads."""
        self._scene = scene
        before = sys.gettrace()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before)  # type: ignore[arg-type]

    def _trace(self, frame: Any, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(OURS) and frame.f_lasti <= _start(code):
            found = self.calls.setdefault(key_of(code), {})
            found.setdefault(_caller(frame), {})[self._scene] = None
