"""The first line of every comment of ours, by which it is found again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from pytest_llmcost.forge.failure import ForgeError

_ID = r"[A-Za-z0-9._-]{1,100}"
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_LINE = re.compile(rf"<!-- pytest-llmcost id=({_ID})(?: at=(\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ))? -->", re.ASCII)
# GitLab obeys a line such as `/close` in a note, whoever wrote the text in it.
_COMMAND = re.compile(r"^([ \t]*)/(?=[A-Za-z])", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """What the first line says."""

    id: str
    at: datetime | None
    """When the run began, UTC, whole seconds; None when it is not said."""


def checked_id(text: str) -> str:
    """Return the name of a comment. Raises ForgeError for what cannot stand in a marker."""
    if not re.fullmatch(_ID, text):
        raise ForgeError(f"{text[:100]!r} cannot name a comment: use letters, digits, '.', '_' and '-'")
    return text


def whole_seconds(at: datetime) -> datetime:
    """Return a time as a marker can hold it. Raises ForgeError for one without a time zone."""
    if at.tzinfo is None:
        raise ForgeError("the time of the run has no time zone")
    return at.astimezone(UTC).replace(microsecond=0)


def with_marker(body: str, *, id: str, at: datetime) -> str:  # noqa: A002 - the word of the option
    """Return a comment as it is sent. Raises ForgeError as `checked_id` and `whole_seconds` do."""
    text = body.encode("utf-8", "replace").decode().replace("\0", "")
    quiet = _COMMAND.sub("\\1\u200b/", text)
    return f"<!-- pytest-llmcost id={checked_id(id)} at={whole_seconds(at).strftime(_FORM)} -->\n{quiet}"


def marker_of(text: str) -> Marker | None:
    """Read the first line of a comment; None when it is no marker."""
    found = _LINE.fullmatch(_lines(text)[0])
    return None if found is None else Marker(id=found[1], at=_time(found[2]))


def body_of(text: str) -> str:
    """Return a comment without its first line, to be compared: forges change line ends and trailing space."""
    return "\n".join(_lines(text)[1:]).rstrip()


def same(one: str, other: str) -> bool:
    """Say whether two comments are equal, marker included."""
    return "\n".join(_lines(one)).rstrip() == "\n".join(_lines(other)).rstrip()


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n")]


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.strptime(text, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
