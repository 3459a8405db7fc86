"""What a forge answered, and how its JSON is read without trusting its shape."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_llmcost.forge.failure import DeniedError, DownError, ForgeError, MissingError, TooLongError

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_MOST_SHOWN = 200
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, read to its end."""

    asked: str
    """The method and the path, for messages; without a query, which may be foreign text."""
    status: int
    # A server can send back what it was sent, and a repr ends up in a traceback.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the forge did what it was asked."""
        return self.status in range(200, 300)

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


def value(answer: Answer) -> Any:
    """Return the JSON of a good answer, None when it is empty. Raises ForgeError for any other answer."""
    if not answer.is_good:
        raise failure(answer)
    if not answer.body:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ForgeError(f"{answer.asked} was not answered with JSON: is the URL that of the API?") from None


def failure(answer: Answer) -> ForgeError:
    """Return the error that an answer stands for, in one line."""
    said = f"{answer.asked} was answered with {answer.status}{words(answer)}"
    if answer.status == 401:  # noqa: PLR2004 - unauthorized
        return DeniedError(f"{said}, so the token is wrong or has expired")
    if answer.status == 403:  # noqa: PLR2004 - forbidden
        return DeniedError(said)
    if answer.status in {404, 410}:
        return MissingError(said)
    if answer.status in {400, 413, 422} and "too long" in answer.text.lower():
        return TooLongError(said)
    if answer.status in range(300, 400):
        return ForgeError(f"{said}, which is not followed: is the URL of the API right, or was the repository renamed?")
    return DownError(said) if answer.status == 429 or answer.status in range(500, 600) else ForgeError(said)  # noqa: PLR2004 - limits


def data(answer: Answer) -> Shape:
    """Return the data of a GraphQL answer, whose status is good also when nothing was done. Raises ForgeError."""
    found = Shape(value(answer), f"the answer to {answer.asked}")
    if "errors" not in found:
        return found.part("data")
    said = f"{answer.asked} was refused{words(answer)}"
    kinds = {one.get("type") for one in found.items("errors") if isinstance(one, dict)}
    raise (
        DeniedError(said) if "FORBIDDEN" in kinds else MissingError(said) if "NOT_FOUND" in kinds else ForgeError(said)
    )


def words(answer: Answer) -> str:
    """Return what the forge said about a failure, as the end of a sentence; empty when it said nothing."""
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    errors = found.get("errors")
    more = [one.get("message") for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    parts = [found.get("message") or found.get("error"), *more]
    said = [part if isinstance(part, str) else json.dumps(part) for part in parts if part]
    return f" ({line('; '.join(said))})" if said else ""


def line(text: str) -> str:
    """Return foreign text as a part of one line: nothing unseen, at most 200 characters."""
    plain = _UNSEEN.sub(" ", text).strip()
    return plain if len(plain) <= _MOST_SHOWN else plain[: _MOST_SHOWN - 1] + "…"


class Shape:
    """A JSON object of a forge, read key by key; what is wrong is named, and never quoted.

    `about` says in a message what the object is, as in "the answer of the forge".
    """

    __slots__ = ("_about", "_fields")

    def __init__(self, fields: Any, about: str) -> None:
        self._about = about
        if not isinstance(fields, dict):
            raise ForgeError(f"{about} is not what it should be: it has no fields")
        self._fields: dict[str, Any] = fields

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def part(self, key: str) -> Shape:
        """Return an object in this one. Raises ForgeError when there is none."""
        return Shape(self._fields.get(key), f"{key} of {self._about}")

    def part_or_none(self, key: str) -> Shape | None:
        """Return an object in this one, None for null or nothing. Raises ForgeError for anything else."""
        return None if self._fields.get(key) is None else self.part(key)

    def items(self, key: str) -> list[Any]:
        """Return a list. Raises ForgeError when there is none."""
        found = self._fields.get(key)
        if not isinstance(found, list):
            raise self._wrong(key, "a list")
        return found

    def text(self, key: str) -> str:
        """Return a text of one line, as names are. Raises ForgeError when there is none, or an empty one."""
        found = self._fields.get(key)
        if not isinstance(found, str) or not found or _UNSEEN.search(found):
            raise self._wrong(key, "a text of one line")
        return found

    def text_or_none(self, key: str) -> str | None:
        """Return a text as `text` does, None for null or nothing."""
        return None if self._fields.get(key) is None else self.text(key)

    def body(self, key: str) -> str:
        """Return a text of any form, empty for null or nothing. Raises ForgeError for what is no text."""
        found = self._fields.get(key)
        if found is not None and not isinstance(found, str):
            raise self._wrong(key, "a text")
        return found or ""

    def number(self, key: str) -> int:
        """Return an integer above zero. Raises ForgeError when there is none."""
        found = self._fields.get(key)
        if type(found) is not int or found < 1 or found.bit_length() > 63:  # noqa: PLR2004 - what a forge can count to
            raise self._wrong(key, "a whole number above zero")
        return found

    def count(self, key: str) -> int:
        """Return an integer, zero or above. Raises ForgeError when there is none."""
        return 0 if self._fields.get(key) == 0 and type(self._fields[key]) is int else self.number(key)

    def flag(self, key: str) -> bool:
        """Return true or false, false for nothing. Raises ForgeError for anything else."""
        found = self._fields.get(key, False)
        if not isinstance(found, bool):
            raise self._wrong(key, "true or false")
        return found

    def commit(self, key: str) -> str:
        """Return the full hash of a commit, in small letters. Raises ForgeError when there is none."""
        found = self._fields.get(key)
        if not isinstance(found, str) or not _HASH.fullmatch(found):
            raise self._wrong(key, "the full hash of a commit")
        return found

    def _wrong(self, key: str, wanted: str) -> ForgeError:
        return ForgeError(f"{key} of {self._about} is not {wanted}")


def is_hash(text: str) -> bool:
    """Say whether a text is the full hash of a commit."""
    return _HASH.fullmatch(text) is not None
