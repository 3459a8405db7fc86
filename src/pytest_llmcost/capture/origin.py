"""Where a reply came from: a socket to the world, a socket to this machine, or no socket at all."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from pytest_llmcost.core.call import Origin

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, not bound to


@lru_cache(maxsize=1024)
def is_loopback(url: str) -> bool:
    """Return True when the host of `url` is this machine."""
    host = urlsplit(url).hostname or ""
    return host.startswith(_LOOPBACK) or host.endswith(".localhost")


def origin(url: str, *, live: bool) -> Origin:
    """Classify a call by its address and by whether a real socket carried it."""
    if not live:
        return Origin.REPLAYED
    return Origin.LOCAL if is_loopback(url) else Origin.LIVE
