"""The texts in a project's files that could be prompts: whole files, strings in Python, tool definitions."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.errors import GitError
from pytest_llmcost.storage import git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.baseline import Baseline

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

LARGEST = 200_000
"""Bytes above which a file is no prompt."""
MOST = 1_000
"""Files that are looked at."""

_SUFFIXES = (".py", ".md", ".txt", ".prompt", ".j2", ".jinja", ".jinja2", ".mustache", ".tmpl", ".rst", ".xml", ".html")
_SHORTEST = 20
"""Characters below which a string in Python is no prompt."""


class SourceText(NamedTuple):
    """A text, or a tool definition as compact JSON, and where it stands."""

    path: str
    line: int
    text: str = ""
    definition: str = ""


def since(root: Path, baseline: Baseline | None, name: str) -> Iterator[SourceText]:
    """Yield the texts of files that have changed since a baseline, which the project keeps under `name`."""
    return texts(root, candidates(root, baseline.header.commit if baseline is not None else None, name))


def candidates(root: Path, commit: str | None, baseline: str) -> list[str]:
    """Return the files, relative to `root`, that may hold what is new since the baseline.

    Those that git knows to have changed since `commit`, or since the baseline file was committed; without git, all.
    """
    try:
        since = commit or git.last_commit_of(baseline, root=root)
        found: Iterable[str] = git.changed_since(since, root=root) if since else _every_file(root)
    except GitError:
        found = _every_file(root)
    return [path for path, _ in zip((path for path in found if path.endswith(_SUFFIXES)), range(MOST), strict=False)]


def _every_file(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in FOREIGN)
        inside = Path(folder).relative_to(root)
        yield from ((inside / name).as_posix() for name in sorted(files))


FOREIGN = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


def texts(root: Path, paths: Iterable[str]) -> Iterator[SourceText]:
    """Yield what stands in some files; one that cannot be read or parsed has nothing."""
    for path in paths:
        file = root / path
        try:
            if file.stat().st_size > LARGEST:
                continue
            text = file.read_bytes().decode()
        except (OSError, ValueError):
            continue
        if path.endswith(".py"):
            yield from _in_python(path, text)
        else:
            yield SourceText(path, 1, text.replace("\r\n", "\n"))


def _in_python(path: str, source: str) -> Iterator[SourceText]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) >= _SHORTEST:
            yield SourceText(path, node.lineno, node.value)
        elif isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant) and key.value in _KEYS for key in node.keys
        ):
            try:
                yield SourceText(path, node.lineno, definition=_compact(ast.literal_eval(node)))
            except (ValueError, TypeError, RecursionError, MemoryError):
                continue


_KEYS = ("name", "function")
"""What a tool definition has one of, at its top."""
