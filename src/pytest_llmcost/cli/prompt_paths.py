"""The prompt files that were named on a command line: files, folders, globs and standard input, each once."""

from __future__ import annotations

import glob
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.phrases import plural
from pytest_llmcost.storage.prompt_texts import LARGEST, SUFFIXES, PromptText, decoded, files_below, read

if TYPE_CHECKING:
    from collections.abc import Iterable

STANDARD_INPUT = "-"

_WILDCARDS = "*?["


class Named(NamedTuple):
    """A text, known by its path as typed; `in_project` is its path from the root, None where it lies outside."""

    text: PromptText
    in_project: str | None


def found(arguments: Iterable[str], root: Path) -> tuple[list[Named], list[str]]:
    """Return the texts in the order of the arguments, and a line for each argument that names none.

    A text that cannot be read is among the texts, with its problem.
    """
    texts: dict[str, Named] = {}
    problems: list[str] = []
    for argument in arguments:
        if argument == STANDARD_INPUT:
            texts.setdefault(argument, Named(decoded(sys.stdin.buffer.read(LARGEST + 1), "standard input"), None))
            continue
        paths, problem = _paths(argument)
        problems += [problem] if problem else []
        for path in paths:
            whole = os.path.realpath(path)
            if whole not in texts:
                texts[whole] = Named(read(path, path.as_posix()), _in_project(path, root))
    return list(texts.values()), problems


def _paths(argument: str) -> tuple[list[Path], str]:
    """Return the files that an argument stands for, or why there is none. What is there is no glob."""
    path = Path(argument)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError):  # a name that is too long, or has a null character: reading it tells
        is_folder, exists = False, True
    if is_folder:
        every = list(files_below(path))
        kept = [one for one in every if one.suffix.lower() in SUFFIXES]
        left = plural(len(every), "file")
        return kept, "" if kept else f"{argument} has no prompt file among its {left}: name the file itself"
    if not exists and any(mark in argument for mark in _WILDCARDS):
        matched = [one for name in sorted(_expanded(argument)) if (one := Path(name)).is_file()]
        return matched, "" if matched else f"{argument} matches no file"
    return [path], ""


def _expanded(pattern: str) -> list[str]:
    # As a shell expands it, absolute patterns included, which those of Path may not be.
    return glob.glob(pattern, recursive=True)  # noqa: PTH207


def _in_project(path: Path, root: Path) -> str | None:
    """Return the path from the root; a link counts as where it stands, not as what it leads to."""
    try:
        return Path(os.path.abspath(path)).relative_to(root).as_posix()  # noqa: PTH100
    except ValueError:
        return None
