"""How long a sound or a film is, read from the file: WAV, MP3 (ISO 11172-3) and MP4 (ISO 14496-12)."""

from __future__ import annotations

import struct

_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Kilobits a second by index, of MPEG 1 layer III."""
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""The same of MPEG 2 and 2.5."""
_ID3 = 10
"""Bytes of the header before tags."""
_LONGEST = 24 * 3600
"""Seconds above which a file says nonsense."""


def seconds(data: bytes) -> float | None:
    """Return the length in seconds of a WAV, MP3 or MP4 file; None for anything else."""
    try:
        found = _wav(data) or _mp4(data) or _mp3(data)
    except (struct.error, IndexError, ZeroDivisionError):
        return None
    return found if found and 0 < found < _LONGEST else None


def _wav(data: bytes) -> float | None:
    at = data.find(b"fmt ") if data.startswith(b"RIFF") and data[8:12] == b"WAVE" else -1
    if at < 0:
        return None
    (rate,) = struct.unpack_from("<I", data, at + 16)
    return float(len(data) / rate)


def _mp4(data: bytes) -> float | None:
    at = data.find(b"mvhd") if data[4:8] == b"ftyp" else -1
    if at < 0:
        return None
    form, start = (">IQ", 24) if data[at + 4] else (">II", 16)
    scale, length = struct.unpack_from(form, data, at + start)
    return float(length / scale)


def _mp3(data: bytes) -> float | None:
    at = 0
    if data.startswith(b"ID3"):
        size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
        at = _ID3 + size
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:  # noqa: PLR2004 - eleven bits that start every frame
        return None
    rates = _RATES if data[at + 1] & 0x18 == 0x18 else _RATES_2  # noqa: PLR2004 - both bits: MPEG 1
    return (len(data) - at) * 8 / (rates[data[at + 2] >> 4] * 1000)
