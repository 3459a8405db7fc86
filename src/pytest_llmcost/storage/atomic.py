"""Writing a file so that a reader sees the old text or the new one, never a part."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file that takes the place of `path` when the block ends well; missing folders are made.

    A link keeps pointing to what it points to, and a file keeps its permissions. What is no file (a pipe, `/dev/null`)
    is written to as it is. A lone surrogate becomes its escape, which JSON reads back. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not `tempfile`: its files are private to the user, and a committed file must not become so.
    fresh = target.with_name(f".llmcost-{os.getpid()}-{os.urandom(4).hex()}.tmp")
    try:
        with fresh.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
        if target.exists():
            fresh.chmod(target.stat().st_mode)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def obstacle(path: Path) -> str | None:
    """Say why `path` cannot be written, None when it can. Leaves nothing behind."""
    try:
        if _exists(path):
            if path.is_dir():
                return "it is a folder"
            if not path.is_file():
                return None if os.access(path, os.W_OK) else "permission denied"
        folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
        with tempfile.TemporaryFile(dir=folder):
            return None
    except (OSError, ValueError) as error:
        return reason(error)


def _exists(path: Path) -> bool:
    """Like `Path.exists`, but a name that is too long or leads through a file is an OSError."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


def reason(error: Exception) -> str:
    """Return what the operating system says, in lower case and without its number."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
