"""What an image costs in tokens: its size, read from the first bytes of the file, and the providers' formulas.

Sources, of November 2026: OpenAI "Images and vision" (tiles and patches), Anthropic "Vision", Google "Understand and
count tokens"; corrected where the usage that providers reported says otherwise (patches of gpt-5, crops of Gemini 2).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SIZE = (640, 480)
"""Pixels assumed for an image whose size is unknown (a URL, an uploaded file, another format): the median of the
images in the recorded requests. A larger one of 1024 x 1024 stays below the bound."""

# Of the markers C0 to CF, three mean something else.
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WEBP_HEADER = 30
"""Bytes up to the end of the size, in the longest of the three forms."""
_SMALL = 384
"""Pixels of a side up to which Gemini does not cut an image."""
_VIEW = 258
"""Tokens for which Gemini sees an image or a piece of one."""


def size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of a PNG, JPEG, GIF or WebP file; None for anything else."""
    try:
        found = _png(data) or _gif(data) or _webp(data) or _jpeg(data)
    except (struct.error, IndexError):
        return None
    return found if found and all(found) else None


def _png(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> tuple[int, int] | None:
    if not data.startswith((b"GIF87a", b"GIF89a")):
        return None
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _webp(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"RIFF") or data[8:12] != b"WEBP" or len(data) < _WEBP_HEADER:
        return None
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _jpeg(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\xff\xd8"):
        return None
    for marker, at in _segments(data):
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield marker and position of the segments of a JPEG file."""
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - starts every marker
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - padding
            at += 1
            continue
        yield marker, at
        (length,) = struct.unpack_from(">H", data, at + 2)
        at += 2 + length


@dataclass(frozen=True, slots=True)
class Tiles:
    """OpenAI: fit into 2048 x 2048, shorter side to 768, then `base` and `tile` tokens per 512-pixel square."""

    base: int
    tile: int

    def tokens(self, width: int, height: int, detail: str | None) -> int:
        """Return the tokens of an image; detail `low` costs the base only."""
        if detail == "low":
            return self.base
        width, height = _fit(width, height, 2048)
        shrink = min(1.0, 768 / min(width, height))
        return self.base + self.tile * _cells(width * shrink, height * shrink, 512)


@dataclass(frozen=True, slots=True)
class Patches:
    """OpenAI: squares of 32 pixels, at most `budget` of them, times a factor in thousandths."""

    budget: int
    permille: int
    longest: int | None = None
    """Pixels that the longer side is first fitted into; None for no such step."""

    def tokens(self, width: int, height: int, detail: str | None) -> int:
        """Return the tokens of an image. With detail `low` it is first fitted into 512 pixels."""
        limit = 512 if detail == "low" else self.longest
        if limit:
            width, height = _fit(width, height, limit)
        patches = _cells(width, height, 32)
        if patches > self.budget:
            patches = _cells(*self._shrunk(width, height), 32)
        return -(-min(patches, self.budget) * self.permille // 1000)

    def _shrunk(self, width: int, height: int) -> tuple[float, float]:
        """Shrink to the budget, then a little more so that a whole number of patches fits one side exactly."""
        shrink = float((32 * 32 * self.budget / (width * height)) ** 0.5)
        across, down = width * shrink / 32, height * shrink / 32
        shrink *= min(max(int(across), 1) / across, max(int(down), 1) / down)
        # Rounded, because the next step must not see 33.0000001 patches.
        return round(width * shrink, 6), round(height * shrink, 6)


@dataclass(frozen=True, slots=True)
class Grid:
    """Anthropic and others: squares of `side` pixels, after fitting into `longest` pixels, at most `most` tokens."""

    side: int
    longest: int
    most: int

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - no such setting
        """Return the tokens of an image."""
        return min(_cells(*_fit(width, height, self.longest), self.side), self.most)


@dataclass(frozen=True, slots=True)
class Rows:
    """Mistral and Nova 2: squares of `side` pixels, and one more token for the end of each row.

    Source: mistral-common's image encoder; for Nova 2 measured, with `extra` tokens and sides rounded to the nearest.
    """

    side: int
    longest: int
    most: int
    extra: int = 0

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - no such setting
        """Return the tokens of an image."""
        width, height = _fit(width, height, self.longest)
        if self.extra:
            columns, rows = max(1, round(width / self.side)), max(1, round(height / self.side))
        else:
            columns, rows = -(-width // self.side), -(-height // self.side)
        return min(rows * (columns + 1) + self.extra, self.most)


@dataclass(frozen=True, slots=True)
class Views:
    """Llama 4: a view of `each` tokens for every square of `side` pixels, at most `most`, and one of the whole.

    Measured; the squares are those of the shape of the image.
    """

    side: int
    most: int
    each: int
    base: int

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - no such setting
        """Return the tokens of an image."""
        views = _cells(width, height, self.side)
        if views > self.most:
            shrink = (self.most / (width * height)) ** 0.5
            views = min(max(1, round(width * shrink)) * max(1, round(height * shrink)), self.most)
        return self.base + self.each * (views + 1 if views > 1 else 1)


@dataclass(frozen=True, slots=True)
class Squares:
    """Gemini 2.5: 258 tokens for a small image, else for each 768-pixel square."""

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - no such setting
        """Return the tokens of an image."""
        small = width <= _SMALL and height <= _SMALL
        return _VIEW if small else _VIEW * _cells(width, height, 768)


@dataclass(frozen=True, slots=True)
class Crops:
    """Gemini 1 and 2.0: a larger image is seen whole, and cut into squares of two thirds of its shorter side."""

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - no such setting
        """Return the tokens of an image."""
        if width <= _SMALL and height <= _SMALL:
            return _VIEW
        side = max(256, min(768, int(min(width, height) / 1.5)))
        return _VIEW * (1 + _cells(width, height, side))


@dataclass(frozen=True, slots=True)
class Flat:
    """The same for every size: Gemini 3 by its level of detail, and models whose formula is not published."""

    default: int
    low: int | None = None
    high: int | None = None

    def tokens(self, width: int, height: int, detail: str | None) -> int:  # noqa: ARG002 - the size has no influence
        """Return the tokens of an image."""
        level = {"low": self.low, "high": self.high}.get(detail or "")
        return self.default if level is None else level


ImageRule = Tiles | Patches | Grid | Rows | Views | Squares | Crops | Flat


def _fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """Shrink to at most `longest` pixels on the longer side, keeping the shape."""
    shrink = min(1.0, longest / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _cells(width: float, height: float, side: int) -> int:
    """Return how many squares of this side cover an image."""
    return int(-(-width // side) * -(-height // side))
