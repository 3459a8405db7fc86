"""Where in the project a call was made: the innermost frame that is no library."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from typing import TYPE_CHECKING

from pytest_llmcost.capture.owner import NOWHERE, Place, making

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - a string
_STANDARD_LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep  # noqa: PTH120 - as above
_EDGES = tuple(os.path.join("_pytest", *parts) for parts in (("runner.py",), ("config", "__init__.py")))  # noqa: PTH118
"""Files of pytest that run tests: what lies beyond them on a stack is the command that started pytest."""
_LOOP = os.path.join("asyncio", "events.py")  # noqa: PTH118 - as above
"""A frame of this file runs a step of a task; what lies beyond it has started the loop, and not the task."""
_NOTHING = "(?!)"
_NEAR = 8
"""Frames between the code that makes a task and the loop that does: `gather`, `wait_for` and the like."""


class Sites:
    """Classifies code files once each, then walks stacks cheaply.

    Args:
        root: the project's root folder.
        evaluation: files (globs from the root) or packages whose calls judge the product.

    Attributes:
        evaluates: True when any such file or package is known.
    """

    def __init__(self, root: str, evaluation: Iterable[str] = ()) -> None:
        self._root = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - as above
        patterns = tuple(evaluation)
        self.evaluates = bool(patterns)
        self._judge_files = re.compile("|".join(translate(glob) for glob in patterns if _is_path(glob)) or _NOTHING)
        self._judge_packages = tuple(
            f"{os.sep}{name.replace('.', os.sep)}{os.sep}" for name in patterns if not _is_path(name)
        )
        self._paths: dict[str, str | None] = {}
        """By the file name of a code object: its path in the project, empty for a library, `_LOOP`, None at an edge."""
        self._judges: dict[str, bool | None] = {}
        """By the file name of a code object: whether it judges, None at an edge."""

    def find(self, frame: FrameType | None) -> Place:
        """Return `path:line` (from the root, `/`) of the call made at `frame`, and whether it is an evaluation.

        The innermost frame of the project wins; a test that calls the model itself is its own call site. None when no
        frame of the project is on the stack (a bare thread, a task without its creator).
        """
        judged = self.evaluates and self._is_judged(frame)
        paths = self._paths
        while frame is not None:
            name = frame.f_code.co_filename
            if name not in paths:
                paths[name] = None if name.endswith(_EDGES) else self._path(name)
            path = paths[name]
            if path:
                if path is not _LOOP:
                    return Place(f"{path}:{frame.f_lineno}", judged)
                made = making()
                if made is not None and made.site is not None:
                    return Place(made.site, judged or made.judged)
            if path is None:
                break
            frame = frame.f_back
        return Place(None, judged=True) if judged else NOWHERE

    def near(self, frame: FrameType | None) -> str | None:
        """Return `path:line` of the frame of the project that is `frame` or a few steps outward; None for none."""
        paths = self._paths
        for _ in range(_NEAR):
            if frame is None:
                return None
            name = frame.f_code.co_filename
            if name not in paths:
                paths[name] = None if name.endswith(_EDGES) else self._path(name)
            path = paths[name]
            if path:
                return None if path is _LOOP else f"{path}:{frame.f_lineno}"
            frame = frame.f_back
        return None

    def _is_judged(self, frame: FrameType | None) -> bool:
        judges = self._judges
        while frame is not None:
            name = frame.f_code.co_filename
            if name not in judges:
                judges[name] = None if name.endswith(_EDGES) else self._is_judge(name)
            if judges[name] is not False:
                return judges[name] is True
            frame = frame.f_back
        return False

    def shown(self, path: str) -> str:
        """Return a path from the root, with `/`; one that is relative or lies outside as it is."""
        return path.removeprefix(self._root).replace(os.sep, "/")

    def _path(self, name: str) -> str:
        path = os.path.realpath(name)
        if path.endswith(_LOOP) and path.startswith(_STANDARD_LIBRARY):
            return _LOOP
        if name.startswith("<") or not path.startswith(self._root):  # no file: made by exec
            return ""
        inside = path.removeprefix(self._root).replace(os.sep, "/")
        return "" if _is_library(path, inside) else inside

    def _is_judge(self, name: str) -> bool:
        path = os.path.realpath(name)
        inside = path.removeprefix(self._root).replace(os.sep, "/") if path.startswith(self._root) else ""
        return self._judge_files.match(inside) is not None or any(part in path for part in self._judge_packages)


def _is_path(pattern: str) -> bool:
    return "/" in pattern or pattern.endswith(".py")


def _is_library(path: str, inside: str) -> bool:
    """Tell whether a file below the root is installed code: an environment can lie inside the project."""
    parts = inside.split("/")
    installed = "site-packages" in parts or "dist-packages" in parts
    return installed or path.startswith((_STANDARD_LIBRARY, _OWN_FOLDER))
