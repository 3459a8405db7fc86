"""HTTP libraries: one file each, a patch that undoes itself."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder

    Depart = Callable[[Recorder, Any, tuple[Any, ...], dict[str, Any]], Flight | None]
    """Looks at the arguments of a call, its `self` apart; None when it is not to be recorded.

    It must not raise once the call has departed: what is in flight and never lands hides the calls that follow it.
    """
    Read = Callable[[Flight, Any], None]
    """Takes from a reply what must be taken at once."""
    Raised = Callable[[Flight, BaseException], None]
    """Takes from an exception what it tells of a reply."""

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
    wrapper.__signature__ = inspect.signature(original)  # type: ignore[attr-defined] # for those who do not unwrap
    setattr(target, name, wrapper)
    try:
        yield
    finally:
        if target.__dict__.get(name) is wrapper:
            setattr(target, name, original)


def around(
    original: Callable[..., Any], recorder: Recorder, depart: Depart, read: Read, raised: Raised | None = None
) -> Callable[..., Any]:
    """Wrap a method that sends. All that is ours is guarded here: nothing but the spend limit gets out."""

    @wraps(original)
    def send(sender: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = None
        try:
            flight = depart(recorder, sender, args, kwargs)
        except Exception as error:
            recorder.fault(error)
        if flight is None:
            return original(sender, *args, **kwargs)
        try:
            response = original(sender, *args, **kwargs)
        except BaseException as error:
            failed(recorder, flight, error, raised)
            raise
        try:
            recorder.land(flight, read, response)
        except Exception as error:
            flight.landed = True  # whatever broke: what stays in flight hides the calls that follow it
            recorder.fault(error)
        return response

    return send


def around_async(original: Callable[..., Any], recorder: Recorder, depart: Depart, read: Read) -> Callable[..., Any]:
    """Wrap a coroutine method that sends, as `around()` does."""

    @wraps(original)
    async def send(sender: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = None
        try:
            flight = depart(recorder, sender, args, kwargs)
        except Exception as error:
            recorder.fault(error)
        if flight is None:
            return await original(sender, *args, **kwargs)
        try:
            response = await original(sender, *args, **kwargs)
        except BaseException as error:
            failed(recorder, flight, error)
            raise
        try:
            recorder.land(flight, read, response)
        except Exception as error:
            flight.landed = True  # whatever broke: what stays in flight hides the calls that follow it
            recorder.fault(error)
        return response

    return send


def failed(recorder: Recorder, flight: Flight, error: BaseException, raised: Raised | None = None) -> None:
    """End the recording of a call whose client raised; a bug of ours is noted."""
    try:
        if raised is not None:
            raised(flight, error)
    except Exception as fault:
        recorder.fault(fault)
    try:
        recorder.fail(flight, error)
    except Exception as fault:
        flight.landed = True  # as in `around()`
        recorder.fault(fault)
