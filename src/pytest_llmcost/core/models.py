"""Models: which of two names is billed, the one that was asked for or the one that answered."""

from __future__ import annotations

import re

_SNAPSHOT = re.compile(r"(?:-(?:latest|preview|exp))?(?:[-@:](?:\d{8}|\d{3,4}|\d{2}-\d{2}|\d{2}-\d{4}|v\d+(?::\d+)?))*")
"""What follows a model's name in the name of one of its versions: a channel, then dates and numbers."""
_DATED = re.compile(rf"(?:{_SNAPSHOT.pattern})$")
_PREFIX = re.compile(r"^(?:models|publishers/[^/]+/models)/")


def billed_model(requested: str | None, replied: str | None, *, live: bool) -> str:
    """Return the name to price.

    A live reply knows best. A recorded one may be older than its request: its name counts only where it is a snapshot
    of the requested model, or where the request names an alias that says nothing by itself.
    """
    if not requested or not replied:
        return _PREFIX.sub("", requested or replied or "unknown")
    if live or is_snapshot(requested, replied) or _says_nothing(requested):
        return _PREFIX.sub("", replied)
    return _PREFIX.sub("", requested)


def _says_nothing(name: str) -> bool:
    """Tell whether a name stands for whatever model its owner has chosen: an alias, or a resource at Amazon."""
    return name.endswith(("latest", "auto")) or name.startswith("arn:")


def is_snapshot(requested: str, replied: str) -> bool:
    """Tell whether `replied` is `requested`, or a dated or numbered version of it."""
    one, other = (_PREFIX.sub("", name.lower()) for name in (requested, replied))
    return other.startswith(one) and _SNAPSHOT.fullmatch(other, len(one)) is not None


def undated(name: str) -> str:
    """Return the name of a model without the channel, date and number of its version."""
    return _PREFIX.sub("", _DATED.sub("", name.lower()))
