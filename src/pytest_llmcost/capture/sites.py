"""Where in the project a call was made: the innermost frame that is no library."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

_LIBRARY, _PROJECT, _EDGE = range(3)
_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - a string
_RUNNER = os.path.join("_pytest", "python.py")  # noqa: PTH118 - compared with code file names, which are strings
_NOTHING = "(?!)"


class Sites:
    """Classifies code files once each, then walks stacks cheaply.

    Args:
        root: the project's root folder.
        evaluation: files (globs from the root) or packages whose calls judge the product.
    """

    def __init__(self, root: str, evaluation: Iterable[str] = ()) -> None:
        self._root = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - see _RUNNER
        patterns = tuple(evaluation)
        self._evaluates = bool(patterns)
        self._judge_files = re.compile("|".join(translate(glob) for glob in patterns if _is_path(glob)) or _NOTHING)
        self._judge_packages = tuple(
            f"{os.sep}{name.replace('.', os.sep)}{os.sep}" for name in patterns if not _is_path(name)
        )
        self._kinds: dict[str, int] = {}
        self._judging: dict[str, bool] = {}

    def find(self, frame: FrameType | None) -> tuple[str | None, bool]:
        """Return `path:line` (from the root, `/`) of the call made at `frame`, and whether it is an evaluation.

        The innermost frame of the project wins; a test that calls the model itself is its own call site. None when no
        frame of the project is on the stack (a bare thread, a task without its creator).
        """
        judged = self._evaluates and self._judged(frame)
        kinds = self._kinds
        while frame is not None:
            name = frame.f_code.co_filename
            kind = kinds.get(name)
            if kind is None:
                kind = kinds[name] = self._classify(name)
            if kind == _EDGE:
                return None, judged
            if kind == _PROJECT:
                return self._draw(frame), judged
            frame = frame.f_back
        return None, judged

    def _judged(self, frame: FrameType | None) -> bool:
        while frame is not None:
            if self._judges(frame.f_code.co_filename):
                return True
            frame = frame.f_back
        return False

    def _draw(self, frame: FrameType) -> str:
        path = os.path.realpath(frame.f_code.co_filename)
        return f"{path.removeprefix(self._root).replace(os.sep, '/')}:{frame.f_lineno}"

    def _classify(self, name: str) -> int:
        if name.endswith(_RUNNER):
            return _EDGE
        path = os.path.realpath(name)
        inside = path.startswith(self._root) and not path.startswith(_OWN_FOLDER)
        return _PROJECT if inside and not _is_installed(path.removeprefix(self._root)) else _LIBRARY

    def _judges(self, name: str) -> bool:
        known = self._judging.get(name)
        if known is None:
            path = os.path.realpath(name)
            inside = path.removeprefix(self._root).replace(os.sep, "/")
            by_file = path.startswith(self._root) and self._judge_files.match(inside)
            known = self._judging[name] = bool(by_file) or any(package in path for package in self._judge_packages)
        return known


def _is_path(pattern: str) -> bool:
    return "/" in pattern or pattern.endswith(".py")


def _is_installed(inside: str) -> bool:
    """Tell whether a path below the root is installed code: an environment inside the project, or no file at all."""
    parts = inside.split(os.sep)  # noqa: PTH206 - code file names are strings, and not always paths
    return "site-packages" in parts or "dist-packages" in parts or inside.startswith("<")
