"""A JSON document of ours: its text parsed, its format and version checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_llmcost.errors import LlmCostError

VERSION = 1
"""Of both formats: baseline and run file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of our formats, in the words that an error about it needs."""

    format: str
    noun: str
    """With its article: `a baseline`."""
    renew: str
    """How to make a new one, as an order."""
    error: type[LlmCostError]


def parse(text: str | bytes, *, source: str, kind: Kind) -> dict[str, object]:
    """Return the document. Raises the error of its kind, one sentence with `source` and the fix, for anything else."""
    return headed(_json(_decoded(text, source, kind), source, kind), source=source, kind=kind)


def headed(found: object, *, source: str, kind: Kind) -> dict[str, object]:
    """Return what was parsed if it is a document of this kind; raises as `parse` does for another format or version."""
    if not isinstance(found, dict) or found.get("format") != kind.format:
        raise kind.error(f"{source} is not {kind.noun} of pytest-llmcost: name another file, or {kind.renew}")
    version = found.get("version")
    if type(version) is int and version > VERSION:
        raise kind.error(
            f"{source} has format version {version}, and {VERSION} is the newest known: upgrade pytest-llmcost"
        )
    if type(version) is not int or version < VERSION:
        raise kind.error(f"{source} has no format version that can be read, only {VERSION} can: {kind.renew}")
    return found


def _decoded(text: str | bytes, source: str, kind: Kind) -> str:
    try:
        # Some editors put a byte order mark in front.
        return text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise kind.error(f"{source} is not UTF-8 text (byte {error.start}): {kind.renew}") from None


def _json(text: str, source: str, kind: Kind) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        if text.startswith("<<<<<<<") or "\n<<<<<<<" in text:
            raise kind.error(f"{source} holds git conflict markers: resolve the merge, or {kind.renew}") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise kind.error(f"{source} is not JSON ({where}: {error.msg}): {kind.renew}") from None
    except RecursionError:
        raise kind.error(f"{source} is nested too deeply to be {kind.noun}: {kind.renew}") from None
    except ValueError as error:
        # A key twice, or a number of thousands of digits.
        raise kind.error(f"{source} cannot be read ({error}): {kind.renew}") from None


def row(text: str) -> object:
    """Return one JSON value, as strictly as `parse` reads it within a document. Raises ValueError."""
    return json.loads(text, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a key that a merge left in twice: JSON would silently take the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found
