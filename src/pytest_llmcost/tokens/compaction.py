"""Compaction: indented JSON inside a text, and the same text with that JSON written compactly."""

from __future__ import annotations

import json
import re

_OPENING = re.compile(r"(?:\{\r?\n\s+\"|\[\r?\n\s+[\"{\[\dtfn-])")
"""How indented JSON begins: a bracket, a line end, and a key or a value on the next line."""
_MARKS = ("{\n", "[\n", "{\r", "[\r")
"""One of these is in any text with an opening; most texts have none, and this is told in a tenth of the time."""
_FAILURES = 50
"""Openings that lead to no JSON after which a text is something else: each costs as much as the text is long."""
_DECODER = json.JSONDecoder()
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def compacted(text: str) -> str | None:
    """Return the text with every indented JSON value in it written on one line; None when there is none."""
    if not any(mark in text for mark in _MARKS):
        return None
    found, end, failures = [], 0, 0
    while failures < _FAILURES and (opening := _OPENING.search(text, end)):
        start = opening.start()
        try:
            value, stop = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            failures += 1
            found.append(text[end : start + 1])
            end = start + 1
            continue
        found += [text[end:start], _COMPACT(value)]
        end = stop
    shorter = "".join([*found, text[end:]])
    return shorter if len(shorter) < len(text) else None
