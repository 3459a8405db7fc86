"""Guard: what goes wrong in a hook of ours is noted, and pytest goes on."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

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
