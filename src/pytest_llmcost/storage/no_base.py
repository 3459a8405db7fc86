"""The file that stands for a base that was not found: whoever is told to read it takes the default instead."""

from __future__ import annotations

import json

from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.document import Kind, parse

FORMAT = "pytest-llmcost/no-base"

_KIND = Kind(
    format=FORMAT, noun="base data", renew="write it anew with llmcost base, or name a baseline", error=BaselineError
)
_FORMAT = f'"{FORMAT}"'.encode()
_LONGEST = 300


class NoBaseError(BaselineError):
    """There is nothing to compare with yet; the sentence says why."""


def dumps(sentence: str) -> str:
    """Return the file that says in one sentence why there is nothing to compare with."""
    return json.dumps({"format": FORMAT, "version": 1, "sentence": sentence}, indent=1) + "\n"


def look(text: bytes, *, source: str) -> None:
    """Raise NoBaseError with the sentence of such a file, BaselineError for a damaged one; any other file passes."""
    if _FORMAT not in text:
        return
    sentence = parse(text, source=source, kind=_KIND).get("sentence")
    if not isinstance(sentence, str) or not sentence.isprintable() or len(sentence) > _LONGEST:
        raise BaselineError(f"{source} does not say why there is no base: {_KIND.renew}")
    raise NoBaseError(sentence)
