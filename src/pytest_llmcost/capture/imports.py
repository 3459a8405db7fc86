"""Patch a library when it is imported; never import it."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType


@contextmanager
def on_import(hooks: Mapping[str, Callable[[ModuleType], None]]) -> Iterator[None]:
    """Call each hook with its module: now when it is loaded already, else right after it is first executed.

    A reload executes the module again and calls its hook again.
    """
    finder = _Finder(hooks)
    sys.meta_path.insert(0, finder)
    try:
        for name, hook in hooks.items():
            module = sys.modules.get(name)
            if module is not None:
                hook(module)
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)


class _Finder:
    """Finds nothing itself: lets the other finders find, and wraps the loader's last step."""

    def __init__(self, hooks: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._hooks = hooks
        self._busy: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Follow the protocol of `sys.meta_path`."""
        del path, target
        if name not in self._hooks or name in self._busy:
            return None
        self._busy.add(name)
        try:
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.loader is not None:
                self._follow(spec.loader, self._hooks[name])
        except Exception:
            return None  # the other finders raise what there is to raise
        else:
            return spec
        finally:
            self._busy.discard(name)

    @staticmethod
    def _follow(loader: Any, hook: Callable[[ModuleType], None]) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            hook(module)

        loader.exec_module = exec_module
