"""The address of a forge's API: https, or http on this machine, and nothing else."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from pytest_llmcost.forge.failure import ForgeError

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")


def checked_url(url: str) -> str:
    """Return the URL without a slash at its end.

    Raises ForgeError unless it is https, or http on the loopback, with a host and a path and no more.
    """
    parts = _split(url)
    if parts is None or not is_safe(url) or parts.query or parts.fragment or parts.username is not None:
        raise ForgeError(
            f"{_shown(url)} is not the URL of an API: it has to be https://host/path (http only on the loopback)"
        )
    return url.rstrip("/")


def is_safe(url: str) -> bool:
    """Say whether what is sent to a URL can be read on the way by nobody else."""
    parts = _split(url)
    if parts is None or not parts.hostname or not url.isascii() or not url.isprintable() or set(url) & set(" \\"):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def checked_repository(name: str) -> str:
    """Return the name of a repository. Raises ForgeError unless it is `owner/name`."""
    if not _REPOSITORY.fullmatch(name):
        raise ForgeError(f"{_shown(name)} is not a repository: it has to be owner/name")
    return name


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _shown(text: str) -> str:
    """Quote a wrong text, without what may be a password in it."""
    return repr(re.sub(r"//[^/]*@", "//***@", text)[:100])
