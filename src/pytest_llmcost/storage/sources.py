"""Where the baseline of a run comes from: a file, a git ref, the fork point of a pull request, or nowhere."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.core.against import Against
from pytest_llmcost.errors import BaselineError, GitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.baseline import Baseline

DEFAULT_NAME = "llmcost-baseline.json"

_FORK_POINT = "merge-base:"
_BASE_BRANCH = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")


def read_baseline(option: str | None, *, configured: str | None, root: Path, environ: Mapping[str, str]) -> Against:
    """Find and read the baseline.

    Args:
        option: `--llmcost-baseline`: a file (relative to the working folder, as all of the command line), `git:REF`,
            `git:merge-base:REF`, `none`; None for the default.
        configured: the `baseline` key of the configuration, relative to `root`; None for `llmcost-baseline.json`.
        root: the folder of the configuration.
        environ: tells whether this is a pull request, and against which branch.

    Raises:
        BaselineError: what was asked for is not there, or what is there is no baseline.
        GitError: the ref that was asked for cannot be read. On a pull request without a source asked for, this is a
            baseline of None and its sentence instead.
    """
    name = configured or DEFAULT_NAME
    if option == "none":
        return Against(None, "No comparison: the baseline is switched off.")
    if option is not None and option.startswith("git:"):
        return _at_ref(option.removeprefix("git:"), name, root)
    if option is not None:
        return Against(_read(Path(option)), f"Compared with {option}.")
    branch = next((environ[key] for key in _BASE_BRANCH if environ.get(key)), None)
    if branch is not None:
        return _of_pull_request(branch, name, root)
    if _absent(root / name):
        return Against(None, f"No baseline yet: --llmcost-update-baseline writes {name}.")
    return Against(_read(root / name, name), f"Compared with {name}.")


def with_work_tree(against: Against, *, configured: str | None, root: Path) -> Against:
    """Add what the work tree and the history say about a baseline that was read at a commit; nothing else changes.

    Takes the same `configured` and `root` as `read_baseline`, whose result `against` is. Never raises for a file that
    cannot be read: `unread` says why, and the comparison goes on without it.
    """
    if against.baseline is None or against.commit is None:
        return against
    name = configured or DEFAULT_NAME
    found = against._replace(behind=_behind(against, name, root))
    try:
        return found._replace(proposed=_proposed(against.baseline, against.commit, name, root))
    except (BaselineError, GitError) as error:
        return found._replace(unread=str(error))


def _proposed(known: Baseline, commit: str, name: str, root: Path) -> Baseline | None:
    """Return the file of the work tree; None where it holds the same as the one at the commit."""
    from pytest_llmcost.storage import git

    with suppress(OSError, ValueError):
        if (root / name).read_bytes() == git.show(commit, name, root=root):
            return None
    found = _read(root / name, name)
    same = (found.tests, found.accepted, replace(found.header, commit=known.header.commit))
    return None if same == (known.tests, known.accepted, known.header) else found


def _behind(against: Against, name: str, root: Path) -> str:
    from pytest_llmcost.storage import git

    try:
        written = git.last_written(against.commit or "", name, root=root)
    except GitError:
        return ""
    if written is None or not written[1]:
        return ""
    commit, since = written
    where = against.sentence.removeprefix("Compared with ").removesuffix(".")
    return f"{where} was last written {since:,} commit{'' if since == 1 else 's'} earlier ({commit[:7]})"


def _read(path: Path, source: str | None = None) -> Baseline:
    """Read a file. The reader is loaded here: without a baseline, a run starts faster."""
    from pytest_llmcost.storage import baseline

    return baseline.read(path, source=source)


def _absent(path: Path) -> bool:
    """Tell a file that is not there from one that cannot be read, about which the user has to hear."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _at_ref(ref: str, name: str, root: Path) -> Against:
    branch = ref.removeprefix(_FORK_POINT)
    if not branch:
        raise BaselineError(f"--llmcost-baseline=git:{ref} lacks a ref: write git:main or git:merge-base:main")
    if branch != ref:
        return _at_fork_point(branch, name, root)
    from pytest_llmcost.storage import git

    return _at_commit(git.commit(ref, root=root), ref, name, root)


def _of_pull_request(branch: str, name: str, root: Path) -> Against:
    try:
        return _at_fork_point(f"origin/{branch}", name, root)
    except GitError as first:
        try:
            return _at_fork_point(branch, name, root)
        except GitError:
            return Against(None, f"No comparison: {first}.")


def _at_fork_point(branch: str, name: str, root: Path) -> Against:
    from pytest_llmcost.storage import git

    return _at_commit(git.merge_base(branch, root), f"{_FORK_POINT}{branch}", name, root)


def _at_commit(commit: str, ref: str, name: str, root: Path) -> Against:
    """Read the file `name` at a commit that the user knows as `ref`."""
    from pytest_llmcost.storage import baseline, git

    place = f"{ref.replace(_FORK_POINT, 'the merge base with ')} ({commit[:7]})"
    try:
        text = git.show(commit, name, root=root)
    except git.NotInRefError:
        return Against(None, f"No baseline at {place} yet: commit {name} there.")
    found = baseline.loads(text, source=f"git:{ref}")
    header = found.header if found.header.commit else replace(found.header, commit=commit)
    return Against(replace(found, header=header), f"Compared with {name} at {place}.", commit)
