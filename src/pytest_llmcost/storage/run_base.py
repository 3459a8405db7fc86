"""What a run is compared with: a run file, a baseline file, or the baseline that is committed at a git ref."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage import baseline as baseline_file
from pytest_llmcost.storage import no_base, run_file
from pytest_llmcost.storage.run_baseline import baseline
from pytest_llmcost.storage.run_row import Row
from pytest_llmcost.storage.run_session import texts
from pytest_llmcost.storage.sources import read_baseline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.baseline import Baseline

_BASELINE = f'"{baseline_file.FORMAT}"'.encode()
_RUN = f'"{run_file.FORMAT}"'.encode()
_HEAD = 4096
"""Bytes in which a file of ours says what it is."""


class Base(NamedTuple):
    """What a run is compared with."""

    baseline: Baseline
    texts: Mapping[str, str]
    """By fingerprint; empty unless a run file has kept them."""


def read(source: str, *, configured: str | None, root: Path) -> Base:
    """Read a base.

    Args:
        source: a file, `git:REF` or `git:merge-base:REF`.
        configured: the `baseline` key of the configuration; None for the default name.
        root: the folder of the configuration, in which git looks.

    Raises:
        BaselineError, RunFileError, GitError: it is not there, or is neither of the two.
    """
    if source.startswith("git:"):
        against = read_baseline(source, configured=configured, root=root, environ={})
        if against.baseline is None:
            raise BaselineError(against.sentence)
        return Base(against.baseline, {})
    return of_file(source)


def of_file(source: str) -> Base:
    """Read a base from a file, whichever of the two kinds it is.

    Raises:
        NoBaseError: the file says that there is nothing to compare with yet, and why.
        BaselineError, RunFileError: it cannot be read, or is neither of the two.
    """
    text = run_file.content(Path(source))
    if _RUN not in text[:_HEAD]:
        no_base.look(text[:_HEAD], source=source)
        if _BASELINE in text:
            return Base(baseline_file.loads(text, source=source), {})
    data = run_file.loads(text, source=source)
    return Base(baseline(data, source=source), texts(Row(data)))
