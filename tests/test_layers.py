"""Who imports whom, and how big files are: proved from the syntax trees, with no list of exceptions."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import pytest_llmcost

PACKAGE = "pytest_llmcost"
ROOT = Path(pytest_llmcost.__file__).parent

MIDDLE = ("config", "capture", "tokens", "pricing", "storage", "render")
MAY_IMPORT = {
    "errors": set(),
    "core": {"errors"},
    **{room: {"errors", "core"} for room in MIDDLE},
    "forge": {"errors"},
    "process": {"errors", "core", "capture", "tokens", "pricing", "storage"},
    "plugin": {"errors", "core", "process", *MIDDLE},
    "cli": {"errors", "core", *MIDDLE, "forge"},
    "__main__": {"cli"},
    "__init__": set(),
}
"""Room -> the other rooms that it may import; a room is a folder or a file right under the package."""

PURE = {
    "__future__", "collections", "dataclasses", "decimal", "enum", "fractions", "functools", "hashlib", "itertools",
    "math", "operator", "re", "string", "typing",
}  # fmt: skip
"""What core may import: nothing that knows the time, a file, the environment, the network or chance."""

OF_ONE_ROOM = {"genai_prices": "pricing", "tiktoken": "tokens", "ctok": "tokens", "mistral_common": "tokens"}
"""Libraries that belong to one room."""

PATCHED = {"httpx", "httpx2", "requests", "aiohttp", "botocore", "openai", "anthropic", "google", "litellm"}
"""What capture waits for and never loads."""

IMPURE_NAMES = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
IMPURE_METHODS = {"now", "today", "utcnow"}

ALLOWED_LINES = 300


@dataclass(frozen=True)
class Import:
    """One import: the module named, as far as it can be told, and whether it runs when the file is loaded."""

    module: str
    line: int
    at_load: bool
    only_typing: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]

    @property
    def room(self) -> str | None:
        """The room of ours that is imported; None for what is not ours."""
        first, _, rest = self.module.partition(".")
        name = rest.partition(".")[0]
        is_room = (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()
        return None if first != PACKAGE else name if name and is_room else "__init__"


@dataclass(frozen=True)
class Source:
    path: Path
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        first = self.path.relative_to(ROOT).parts[0]
        return first.removesuffix(".py")

    @property
    def imports(self) -> tuple[Import, ...]:
        return tuple(imports(self.tree))

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()


def imports(node: ast.AST, at_load: bool = True, only_typing: bool = False) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_load, only_typing) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            # `from package import room` imports the room: name it.
            names = [f"{child.module}.{alias.name}" for alias in child.names] if child.module == PACKAGE else []
            module = "." * child.level + (child.module or "")
            yield from (Import(name, child.lineno, at_load, only_typing) for name in names or [module])
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for statement in child.body:
                yield from imports(ast.Module([statement], []), at_load=False, only_typing=True)
            for statement in child.orelse:
                yield from imports(ast.Module([statement], []), at_load, only_typing)
        else:
            yield from imports(child, at_load and not inside, only_typing)


@cache
def sources() -> tuple[Source, ...]:
    paths = sorted(ROOT.rglob("*.py"))
    texts = [(path, path.read_text(encoding="utf-8")) for path in paths]
    return tuple(Source(path, ast.parse(text), len(text.splitlines())) for path, text in texts)


def of(room: str) -> list[Source]:
    return [source for source in sources() if source.room == room]


def where(source: Source, found: Import) -> str:
    return f"{source}:{found.line} imports {found.module}"


def test_every_way_to_import_is_seen():
    text = """
from __future__ import annotations
import os.path as p, re
from pytest_llmcost import __version__, core
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import tiktoken
else:
    import json
try:
    from . import sibling
except ImportError:
    from pytest_llmcost.render.text import draw
class A:
    import socket
    def method(self):
        with self:
            from pytest_llmcost.capture import origin
            return lambda: __import__("x")
"""
    found = {(one.module, one.room, one.at_load, one.only_typing) for one in imports(ast.parse(text))}
    assert found == {
        ("__future__", None, True, False),
        ("os.path", None, True, False),
        ("re", None, True, False),
        ("pytest_llmcost.__version__", "__init__", True, False),
        ("pytest_llmcost.core", "core", True, False),
        ("typing", None, True, False),
        ("tiktoken", None, False, True),
        ("json", None, True, False),
        (".", None, True, False),
        ("pytest_llmcost.render.text", "render", True, False),
        ("socket", None, True, False),
        ("pytest_llmcost.capture", "capture", False, False),
    }


def test_the_trees_are_those_of_the_whole_package():
    assert {source.room for source in sources()} >= {"errors", "core", "plugin", "cli", "__init__", *MIDDLE}
    assert len(sources()) > 80
    assert sum(len(source.imports) for source in sources()) > 300


def test_every_room_is_known_and_imports_only_the_rooms_that_it_may():
    wrong = [
        where(source, found)
        for source in sources()
        for found in source.imports
        if found.room is not None and found.room not in (MAY_IMPORT[source.room] | {source.room, "__init__"})
    ]
    assert wrong == []


def test_the_package_itself_imports_no_room_when_it_is_loaded():
    assert [where(source, found) for source in of("__init__") for found in source.imports if found.room] == []


@pytest.mark.parametrize("room", MIDDLE)
def test_the_six_rooms_in_the_middle_never_import_each_other(room):
    assert not MAY_IMPORT[room] & set(MIDDLE)
    others = set(MIDDLE) - {room}
    assert [where(source, found) for source in of(room) for found in source.imports if found.room in others] == []


def test_plugin_and_command_never_import_each_other():
    assert [where(source, found) for source in of("plugin") for found in source.imports if found.room == "cli"] == []
    assert [where(source, found) for source in of("cli") for found in source.imports if found.room == "plugin"] == []


def test_the_forge_never_sees_a_report():
    assert [where(source, found) for source in of("forge") for found in source.imports if found.room == "core"] == []


def test_imports_are_absolute():
    """A relative import would hide from the rules above."""
    wrong = [where(source, found) for source in sources() for found in source.imports if found.module.startswith(".")]
    assert wrong == []


def test_modules_that_are_imported_by_name_are_of_the_same_room():
    """`import_module` is only given names that begin with the importing module's own."""
    calls = [
        (source, call)
        for source in sources()
        for call in ast.walk(source.tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("import_module", "__import__"))
    ]
    assert calls
    wrong = [f"{source}:{call.lineno}" for source, call in calls if "f'{__name__}." not in ast.unparse(call.args[0])]
    assert wrong == []


def test_core_imports_only_the_pure_part_of_the_standard_library():
    # The types of `datetime` may be named; its clock may not be read (see below).
    pure = PURE | {PACKAGE}
    wrong = [
        where(source, found)
        for source in of("core")
        for found in source.imports
        if found.top not in pure and not (found.only_typing and found.module == "datetime")
    ]
    assert wrong == []
    assert pure - {PACKAGE} <= sys.stdlib_module_names


def test_core_reads_no_clock_and_no_file_and_prints_nothing():
    names = [
        f"{source}:{node.lineno} {node.id}"
        for source in of("core")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in IMPURE_NAMES
    ]
    methods = [
        f"{source}:{node.lineno} {node.func.attr}"
        for source in of("core")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS
    ]
    assert names + methods == []


def test_no_function_of_core_rebinds_what_is_outside_of_it():
    wrong = [
        f"{source}:{node.lineno}"
        for source in of("core")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Global | ast.Nonlocal)
    ]
    assert wrong == []


def test_only_the_plugin_imports_something_foreign_when_it_is_loaded_and_only_pytest():
    at_load = {
        (source.room, found.top): where(source, found)
        for source in sources()
        for found in source.imports
        if found.at_load and found.top != PACKAGE and found.top not in sys.stdlib_module_names
    }
    assert at_load.keys() <= {("plugin", "pytest")}, at_load
    assert at_load


@pytest.mark.parametrize(("library", "room"), OF_ONE_ROOM.items())
def test_a_library_is_imported_in_its_room_only(library, room):
    users = {source.room for source in sources() for found in source.imports if found.top == library}
    assert users == {room}


def test_capture_never_imports_what_it_patches():
    wrong = [
        where(source, found)
        for source in of("capture")
        for found in source.imports
        if found.top in PATCHED and not found.only_typing
    ]
    assert wrong == []


def test_pytest_is_imported_in_the_plugin_only():
    tops = {"pytest", "_pytest", "pluggy", "xdist"}
    assert {source.room for source in sources() for found in source.imports if found.top in tops} <= {"plugin"}


@pytest.mark.parametrize("source", sources(), ids=str)
def test_a_file_says_in_one_sentence_what_it_is_and_is_not_long(source):
    first, _, rest = (ast.get_docstring(source.tree) or "").partition("\n")
    assert first.endswith("."), "the docstring begins with a sentence on one line"
    assert not rest or rest.startswith("\n"), "what else there is to say stands in a paragraph of its own"
    assert source.lines <= ALLOWED_LINES
