"""Prompt files: the texts of a project's files by pattern, or what keeps each from being read as text."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.prompt_files import strength
from pytest_llmcost.storage.source_texts import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LARGEST = 20_000_000
"""Bytes above which a file is no prompt: more than any model reads at once."""

SUFFIXES = (
    *(".md", ".markdown", ".txt", ".rst", ".prompt", ".prompty", ".xml", ".html", ".yaml", ".yml", ".json", ".toml"),
    *(".j2", ".jinja", ".jinja2", ".mustache", ".hbs", ".handlebars", ".liquid", ".tmpl", ".tpl"),
)
"""What a file that may be a prompt ends with; for folders, where nobody has named the file itself."""

_BINARY = "\0"


class PromptText(NamedTuple):
    """The text of a file, with plain line ends; or why there is none, as a phrase, and then the text is empty."""

    path: str
    text: str
    problem: str = ""


def matching(root: Path, patterns: Iterable[str]) -> list[str]:
    """Return the files below `root` that any pattern claims, with `/`, in order.

    Folders that begin with a dot and those of other people's packages are left out, unless a pattern names them.
    """
    found: set[str] = set()
    for pattern in patterns:
        found.update(path for path in _candidates(root, pattern) if strength(pattern, path) is not None)
    return sorted(found)


def _candidates(root: Path, pattern: str) -> Iterator[str]:
    """Yield the files that may match: below the folder that a pattern names before its first wildcard."""
    literal, wildcard = re.match(r"([^*?]*)(.?)", pattern, re.DOTALL).groups()  # type: ignore[union-attr]
    start = root / (literal.rpartition("/")[0] if wildcard else literal)
    for path in files_below(start) if start.is_dir() else [start] if start.exists() else []:
        yield path.relative_to(root).as_posix()


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file in a folder and below, in order, without what is hidden or foreign."""
    for inside, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in FOREIGN)
        yield from (Path(inside) / name for name in sorted(files))


def read(path: Path, name: str) -> PromptText:
    """Read a file that people know as `name`. Nothing raises, and what is no plain file is never opened."""
    try:
        if path.is_dir():
            return PromptText(name, "", "is a folder")
        if not path.is_file():
            return PromptText(
                name, "", "is no plain file" if path.exists() else "does not exist: name a file or a folder that does"
            )
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a null character in a name is a ValueError
        return PromptText(name, "", f"cannot be read: {getattr(error, 'strerror', None) or 'no such name'}")
    return decoded(data, name)


def decoded(data: bytes, name: str) -> PromptText:
    """Return the text of some bytes."""
    if len(data) > LARGEST:
        return PromptText(name, "", f"has more than {LARGEST:,} bytes, which no model reads at once")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return PromptText(name, "", f"is not UTF-8 text (byte {error.start:,})")
    if _BINARY in text:
        return PromptText(name, "", "is a binary file")
    return PromptText(name, text.replace("\r\n", "\n"))
