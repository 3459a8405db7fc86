"""Guard: what goes wrong in a hook of ours is noted, and pytest goes on."""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.capture.owner import Owner
    from pytest_llmcost.capture.recorder import Recorder
    from pytest_llmcost.plugin.session import Session


def guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """Wrap a hook method of the session: an Exception becomes a fault, which the report shows as `internal`."""

    @functools.wraps(hook)
    def guard(session: Session, *args: Any, **kwargs: Any) -> None:
        try:
            hook(session, *args, **kwargs)
        except Exception as error:
            session.recording.recorder.fault(error)

    return guard


@contextmanager
def charging(recorder: Recorder, owner: Callable[[], Owner]) -> Iterator[None]:
    """Charge what is called in the block to an owner; with a bug of ours, to whoever was charged before."""
    charge = ExitStack()
    try:
        charge.enter_context(recorder.owners.during(owner()))
    except Exception as error:
        recorder.fault(error)
    try:
        yield
    finally:
        try:
            charge.close()
        except Exception as error:
            recorder.fault(error)
