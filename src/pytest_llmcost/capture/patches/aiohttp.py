"""aiohttp, below other clients: litellm puts it under httpx, and only its connector knows of the real socket."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.patches import replaced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from pytest_llmcost.capture.recorder import Recorder


@contextmanager
def witness(module: ModuleType, recorder: Recorder) -> Iterator[None]:
    """Mark the call in flight as live when a connector of `aiohttp.connector` (given as `module`) connects."""
    original = module.BaseConnector.connect

    @functools.wraps(original)
    async def connect(connector: Any, /, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        flight = in_flight()
        if flight is not None:
            flight.live = True
        return await original(connector, *args, **kwargs)

    with replaced(module.BaseConnector, "connect", connect, recorder):
        yield
