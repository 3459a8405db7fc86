"""Compaction: indented JSON inside a text, and the same text with that JSON written compactly."""

from __future__ import annotations

import json
import re

_OPENING = re.compile(r"(?:\{\r?\n\s+\"|\[\r?\n\s+[\"{\[\dtfn-])")
"""How indented JSON begins: a bracket, a line end, and a key or a value on the next line."""
_FEW = 100
"""Brackets up to which each is looked at to find one that ends a line; for more, Python's own search is quicker."""
_FAILURES = 50
"""Openings that lead to no JSON after which a text is something else: each costs as much as the text is long."""
_DECODER = json.JSONDecoder()
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def compacted(text: str) -> str | None:
    """Return the text with every indented JSON value in it written on one line; None when there is none."""
    if not any(_ends_line(bracket, text) for bracket in "{["):
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


def _ends_line(bracket: str, text: str) -> bool:
    """Tell whether a line ends with this bracket, as in any text with an opening. Most have none: this is quick."""
    if text.count(bracket) > _FEW:
        return f"{bracket}\n" in text or f"{bracket}\r" in text
    return any(after[:1] in {"\n", "\r"} for after in text.split(bracket)[1:])
