"""Shapes: what in a text varies from call to call by its nature, such as a time or an id, and the rest of it."""

from __future__ import annotations

import re

from pytest_llmcost.tokens.fingerprints import fingerprint

_LONGEST = 20_000
"""Characters above which a text has no shape: nobody puts a clock into a text of that size alone."""

_REACH = 32
"""Characters around a digit in which the rest of a date or an id begins: `Wednesday, September 23rd, 2026`."""
_DIGITS = b"0123456789"
_SPACE = re.compile(r"\s")

_MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    *("january", "february", "march", "april", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH = "|".join(sorted(_MONTHS, reverse=True))  # the longer name first
_AFTER_MONTH = "|".join(rf"(?<=\b{month}{dot}\s[0-9])" for month in _MONTHS for dot in ("", r"\."))
_DAY = "mon|tue|wed|thu|fri|sat|sun"

_SUSPECT = re.compile(
    rf"""
    [0-9](?:
        [0-9A-Za-z_-]{{3}}
        | :[0-9]{{2}}
        | [./][0-9]{{1,2}}[./][0-9]{{2}}
        | (?:st|nd|rd|th)?\.?\s(?=[adfjmnosADFJMNOS])(?i:{_MONTH})\b
        | (?<=[A-Za-z.]\s[0-9])(?i:{_AFTER_MONTH})
    )
    """,
    re.VERBOSE,
)
"""A digit in each time and in each id, and few others: looked for first, because the patterns below are slow."""

_TIME = re.compile(
    rf"""
    \b\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]\d{{2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?
    | \b\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\b\.?)?
    | \b\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}\b
    | \b(?:(?:{_DAY})[a-z]*,?\s+)?(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?\b
    | \b(?:(?:{_DAY})[a-z]*,?\s+)?\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:{_MONTH})\b\.?(?:,?\s\d{{4}})?
    | \b1\d{{9}}(?:\d{{3}})?(?:\.\d+)?\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""Dates and times of day, with and without zone; seconds and milliseconds since 1970."""

_ID = re.compile(
    r"""
    \b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b
    | \b(?=[A-Za-z_-]*\d)(?=\d*[A-Za-z_-])[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*\d[A-Za-z0-9_-]{3,}\b
    | \b\d{6,}\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""UUIDs, words with digits in them of some length (`req_9f3c2a`, `FB-20417`), long numbers."""


def _windows(text: str) -> list[tuple[int, int]]:
    """Return where times and ids may be, each place with the words around it; places that touch are one."""
    found: list[tuple[int, int]] = []
    end = 0
    for suspect in _SUSPECT.finditer(text):
        first = suspect.start()
        if first < end:
            continue
        start = max(text.rfind(" ", 0, max(first - _REACH, 0)), text.rfind("\n", 0, max(first - _REACH, 0))) + 1
        blank = _SPACE.search(text, first + _REACH)
        end = blank.start() if blank else len(text)
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _has_digit(text: str) -> bool:
    """Tell whether a text has a digit; a regular expression takes twenty times as long to see that."""
    raw = text.encode("ascii", "ignore")
    return len(raw.translate(None, _DIGITS)) != len(raw)


def shape(text: str) -> str:
    """Return `time:`, `id:` or `time+id:` and a fingerprint of the rest; empty for a text without either.

    Two texts of one shape differ in nothing but times and ids.
    """
    if len(text) > _LONGEST or not _has_digit(text):
        return ""
    kept, times, ids, at = [], 0, 0, 0
    for start, end in _windows(text):
        window, found = _TIME.subn("\0time\0", text[start:end])
        times += found
        window, found = _ID.subn("\0id\0", window)
        ids += found
        kept += [text[at:start], window]
        at = end
    rest = "".join([*kept, text[at:]])
    varies = "+".join(name for name, number in (("time", times), ("id", ids)) if number)
    return f"{varies}:{fingerprint('shape', '', rest)}" if varies else ""
