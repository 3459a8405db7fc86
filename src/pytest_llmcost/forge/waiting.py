"""When to ask a forge again, and how long to wait before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_SECONDS = 90.0
"""Seconds that one command waits for a forge, all failed tries together."""

SECONDARY_SECONDS = 60.0
"""Seconds to wait for a limit that does not say how long: GitHub asks for a minute at least."""

LIMITED = frozenset({403, 429})
FIRST_FAULT = 500


class Patience:
    """What is left of the time that may be spent on a forge that does not answer."""

    def __init__(self, sleep: Callable[[float], object]) -> None:
        self._sleep = sleep
        self.left = MOST_SECONDS
        self.faults = 0
        """Failed tries up to now; they are not forgotten when a try succeeds, so that the tries stay few."""
        self.limits = 0
        """Limits met up to now that did not say how long they hold."""

    def spend(self, seconds: float) -> None:
        """Count the seconds that a failed try took."""
        self.left -= max(0.0, seconds)

    def wait(self, seconds: float) -> bool:
        """Wait, and say True; False, at once, when that would be too long."""
        if seconds > self.left:
            return False
        self.left -= seconds
        self._sleep(seconds)
        return True

    def pause_after_fault(self) -> float:
        """Return how many seconds to wait after a dropped connection or a fault of the server: 1, then 2, then 4."""
        self.faults += 1
        return float(2 ** (self.faults - 1))

    def pause_after_limit(self) -> float:
        """Return how many seconds to wait for a limit that does not say how long it holds: 60, then 120."""
        self.limits += 1
        return SECONDARY_SECONDS * float(2 ** (self.limits - 1))


def pause(status: int, headers: Mapping[str, str], text: str, *, patience: Patience, now: float) -> float | None:
    """Return the seconds to wait before an answer is asked for again; None when it is the forge's last word.

    `now` is in seconds since 1970, as `x-ratelimit-reset` is. A 403 that names no limit is a missing permission.
    """
    if status < FIRST_FAULT and status not in LIMITED:
        return None
    told = _seconds(headers.get("retry-after"))
    if told is not None:
        return max(1.0, told)
    if status >= FIRST_FAULT:
        return patience.pause_after_fault()
    reset = _seconds(_limit(headers, "reset"))
    if _limit(headers, "remaining") == "0" and reset is not None:
        return max(1.0, reset - now + 1)
    return patience.pause_after_limit() if status != 403 or _names_a_limit(text) else None  # noqa: PLR2004 - forbidden


def _limit(headers: Mapping[str, str], name: str) -> str | None:
    """Return GitHub's header, or GitLab's."""
    return headers.get(f"x-ratelimit-{name}", headers.get(f"ratelimit-{name}"))


def _names_a_limit(text: str) -> bool:
    small = text.lower()
    return "rate limit" in small or "abuse detection" in small


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isascii() and text.isdecimal() and len(text) <= 15 else None  # noqa: PLR2004 - no overflow
