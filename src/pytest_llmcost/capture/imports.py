"""Patch a library when it is imported; never import it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Hook = Callable[[ModuleType], None]


def _unheard(error: Exception) -> None:
    """Let an error of ours go by."""
    del error


@contextmanager
def on_import(hooks: Mapping[str, Hook], fault: Callable[[Exception], None] = _unheard) -> Iterator[None]:
    """Call each hook with its module: now when it is loaded already, else right after it is executed.

    A module that is executed anew (reloaded, or purged and imported again) is given to its hook again. Hooks must not
    raise: they would fail the user's import. `fault` is told of our own errors on the way.
    """
    finder = _Finder(hooks, fault)
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
    """Finds nothing itself: asks the other finders, and follows the loader that one of them gives."""

    def __init__(self, hooks: Mapping[str, Hook], fault: Callable[[Exception], None]) -> None:
        self._hooks = hooks
        self._fault = fault

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Follow the protocol of `sys.meta_path`."""
        __tracebackhide__ = True
        hook = self._hooks.get(name)
        if hook is None:
            return None
        for finder in sys.meta_path:
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(name, path, target) if find else None
            if spec is not None:
                try:
                    if hasattr(spec.loader, "exec_module"):
                        spec.loader = _Loader(spec.loader, hook)  # type: ignore[assignment] # stands in until it is used
                except Exception as error:
                    self._fault(error)
                return spec
        return None


class _Loader:
    """Stands in for a loader until the module is executed; the module never sees it."""

    def __init__(self, loader: Any, hook: Hook) -> None:
        self._loader = loader
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        """Give the real loader its place back, let it execute the module, then call the hook."""
        __tracebackhide__ = True
        for holder, name in ((module.__spec__, "loader"), (module, "__loader__")):
            if getattr(holder, name, None) is self:
                setattr(holder, name, self._loader)
        self._loader.exec_module(module)
        self._hook(module)
