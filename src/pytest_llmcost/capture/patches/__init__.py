"""HTTP libraries: one file each, a patch that undoes itself."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MARK = "_llmcost_patch_of"


@contextmanager
def replaced(target: Any, name: str, wrapper: Callable[..., Any], by: object) -> Iterator[None]:
    """Put `wrapper` in the place of a function; put the original back if ours still stands there.

    A module can be imported under two names, and be imported again: what carries the mark of the same recorder is left.
    The wrapper must have been made with `functools.wraps` of the function that stands there now.
    """
    original = target.__dict__[name]
    if getattr(original, _MARK, None) is by:
        yield
        return
    setattr(wrapper, _MARK, by)
    setattr(target, name, wrapper)
    try:
        yield
    finally:
        if target.__dict__.get(name) is wrapper:
            setattr(target, name, original)
