"""Where a reply came from: a socket to the world, a socket to this machine, or no socket at all."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from pytest_llmcost.core.call import Origin


@lru_cache(maxsize=1024)
def is_loopback(url: str) -> bool:
    """Return True when the host of `url` is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def origin(url: str, *, live: bool, fake: bool = False) -> Origin:
    """Classify a call by its address and by whether a real socket carried it, or a fake stood in for all of it."""
    if fake:
        return Origin.FAKE
    if not live:
        return Origin.REPLAYED
    return Origin.LOCAL if is_loopback(url) else Origin.LIVE
