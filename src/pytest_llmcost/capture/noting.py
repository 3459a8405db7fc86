"""A witness before a function: it notes that the function is called, and changes nothing about the call."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder

    Note = Callable[[Any, tuple[Any, ...], dict[str, Any]], None]
    """Given `self` and the arguments of a call; what it raises is a fault of ours."""


@contextmanager
def noted(module: ModuleType, methods: tuple[str, ...], note: Note, recorder: Recorder) -> Iterator[None]:
    """Call `note` before each of these methods, named `Class.method`; one that this version has not is left out."""
    with ExitStack() as stack:
        for path in methods:
            name, _, method = path.partition(".")
            kind = getattr(module, name, None)
            original = vars(kind).get(method) if isinstance(kind, type) else None
            if original is not None:
                stack.enter_context(replaced(kind, method, _noting(original, note, recorder), recorder))
        yield


def _noting(original: Callable[..., Any], note: Note, recorder: Recorder) -> Callable[..., Any]:
    if iscoroutinefunction(original):

        @wraps(original)
        async def wait(sender: Any, /, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                note(sender, args, kwargs)
            except Exception as error:
                recorder.fault(error)
            return await original(sender, *args, **kwargs)

        return wait

    @wraps(original)
    def call(sender: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            note(sender, args, kwargs)
        except Exception as error:
            recorder.fault(error)
        return original(sender, *args, **kwargs)

    return call
