"""The job summary of GitHub Actions: a file that the steps of a job append Markdown to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1024 * 1024 - 2
"""Bytes of a whole summary. GitHub drops a larger one; at 1 MiB or a byte less it does so without a word."""


def append(path: Path, text: str) -> bool:
    """Add Markdown to a job summary, apart from what is there by an empty line.

    False when the whole would be too large, or when the file cannot be written; what is there stays. Never raises.
    """
    try:
        if path.exists() and not path.is_file():
            return False
        held = path.stat().st_size if path.exists() else 0
        data = ("\n" if held else "").encode() + text.encode("utf-8", "backslashreplace")
        data += b"" if data.endswith(b"\n") else b"\n"
        if held + len(data) > LIMIT:
            return False
        with path.open("ab") as stream:
            stream.write(data)
    except (OSError, ValueError):
        return False
    return True
