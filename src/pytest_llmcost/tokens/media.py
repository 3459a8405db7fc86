"""Tokens of images, documents, sounds and films, as far as their bytes tell, and how wrong that may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.tokens.durations import seconds
from pytest_llmcost.tokens.images import DEFAULT_SIZE, size

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.core.prompt import Part
    from pytest_llmcost.tokens.family import Family

ASSUMED_SECONDS = {"audio": 5, "video": 10, "page": 60}
"""Of a sound and of a film whose length is not known: an address, another format; of a film on a page of YouTube."""
_BYTES_A_SECOND = {"audio": 16_000, "video": 150_000}
"""Of a sound and of a film in a format whose length is not read: MP3 at 128 kbit/s, small films."""

# Thousandths of the counted tokens; from the recorded requests, where 95 in 100 stay below.
_MEASURED = 1250
_ASSUMED_IMAGE = 4000
_ASSUMED_LENGTH = 2500
_ASSUMED_OTHER = 10_000

_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_READ = 20_000_000
"""Bytes of a document that are searched for pages, or read as text."""


def media_tokens(part: Part, family: Family, measure: Callable[[str], int]) -> int:
    """Return the tokens of a part that is not text: by formula where its size is known, else by a stated default.

    Args:
        part: an image, a document, a sound or a film.
        family: of the model.
        measure: number of the model's tokens in a text.
    """
    kind, data = part.kind, part.data
    if kind == "image":
        return family.image.tokens(*(_size(part) or DEFAULT_SIZE), part.detail)
    if kind == "document":
        text = plain(data)
        return family.page * pages(data) if text is None else measure(text)
    length = _seconds(part) or _assumed(part)
    if kind == "video":
        return family.video + max(1, round(length * family.video_second))
    return max(1, round(length * family.audio_second))


def media_bound_permille(part: Part, family: Family) -> int:
    """Return the upper bound per counted token, in thousandths."""
    if part.kind == "image":
        return _MEASURED if _size(part) else _ASSUMED_IMAGE
    if part.kind == "document" and part.data:
        return family.page_permille if plain(part.data) is None else _MEASURED
    if _seconds(part) or (part.kind == "video" and not family.video_second):
        return _MEASURED
    return _ASSUMED_LENGTH if part.data else _ASSUMED_OTHER


def plain(data: bytes | None) -> str | None:
    """Return the text of a document that is plain text; None for any other."""
    if not data or b"\0" in data[:4096] or data.startswith(b"%PDF"):
        return None
    try:
        return data[:_READ].decode()
    except UnicodeDecodeError:
        return None


def pages(data: bytes | None) -> int:
    """Return the pages of a PDF as far as it tells them in the open; 1 for any other document."""
    if not data or not data.startswith(b"%PDF"):
        return 1
    return len(_PAGE.findall(data, 0, _READ)) or 1


def _assumed(part: Part) -> float:
    if part.data:
        return len(part.data) / _BYTES_A_SECOND.get(part.kind, 16_000)
    return ASSUMED_SECONDS["page" if "youtu" in part.text[:30] else part.kind]


def _seconds(part: Part) -> float | None:
    return seconds(part.data) if part.data else None


def _size(part: Part) -> tuple[int, int] | None:
    return size(part.data) if part.data else None
