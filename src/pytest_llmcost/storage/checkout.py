"""The checkout: what GitHub Actions tells a step, and where a project lies in its repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of GitHub Actions.

    Attributes:
        summary: the file of its job summary; None when there is none.
        workspace: the folder that repositories are checked out into; None when it is not said.
    """

    summary: Path | None
    workspace: Path | None


def step(environ: Mapping[str, str]) -> Step | None:
    """Return the step that this process is a part of; None outside of GitHub Actions."""
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    return Step(summary=_path(environ, "GITHUB_STEP_SUMMARY"), workspace=_path(environ, "GITHUB_WORKSPACE"))


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def prefix(root: Path, workspace: Path | None = None) -> str:
    """Return where `root` lies in its repository, as `services/shop/`; empty at its top, and outside of any.

    Without a repository around it (an archive, a copy), `workspace` is taken for the top. Raises OSError.
    """
    here = Path(os.path.realpath(root))
    top = next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    if top is None and workspace is not None:
        top = Path(os.path.realpath(workspace))
    if top is None or not here.is_relative_to(top) or here == top:
        return ""
    return f"{here.relative_to(top).as_posix()}/"
