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
        option: `--llmcost-baseline`: a baseline or a run file (relative to the working folder, as all of the command
            line), `git:REF`, `git:merge-base:REF`, `none`; None for the default, as for a file that says that there is
            nothing to compare with yet.
        configured: the `baseline` key of the configuration, relative to `root`; None for `llmcost-baseline.json`.
        root: the folder of the configuration.
        environ: tells whether this is a pull request, and against which branch.

    Raises:
        BaselineError, RunFileError: what was asked for is not there, or is no baseline, nor a run file.
        GitError: the ref that was asked for cannot be read. On a pull request without a source asked for, this is a
            baseline of None and its sentence instead.
    """
    name = configured or DEFAULT_NAME
    if option is None:
        return _by_default(name, root, environ)
    if option == "none":
        return Against(None, "No comparison: the baseline is switched off.")
    if option.startswith("git:"):
        return _at_ref(option.removeprefix("git:"), name, root)
    from pytest_llmcost.storage import no_base

    try:
        return _of_file(option)
    except no_base.NoBaseError as error:
        found = _by_default(name, root, environ)
        return found if found.baseline is not None else Against(None, f"{error} {found.sentence}")


def _by_default(name: str, root: Path, environ: Mapping[str, str]) -> Against:
    branch = _base_branch(environ)
    if branch is not None:
        return _of_pull_request(branch, name, root)
    if _absent(root / name):
        return Against(None, f"No baseline yet: --llmcost-update-baseline writes {name}.")
    return Against(_read(root / name, name), f"Compared with {name}.")


def _of_file(option: str) -> Against:
    """Read the file that was asked for, of whichever kind it is."""
    from pytest_llmcost.storage import collector, run_base

    if _absent(Path(option)):
        raise BaselineError(f"{option} does not exist: name a baseline or a run file, git:REF or none")
    with collector.paused():
        return Against(run_base.of_file(option).baseline, f"Compared with {option}.")


def _base_branch(environ: Mapping[str, str]) -> str | None:
    """Return the branch that a pull request is to be merged into; None where this is none."""
    return next((environ[key] for key in _BASE_BRANCH if environ.get(key)), None)


def at_fork_point(commit: str, branch: str, *, configured: str | None, root: Path) -> Against:
    """Read the committed baseline where a change that is not checked out has left a branch, and say how old it is.

    The work tree proposes nothing here: it is that of the branch. Raises BaselineError for what is no baseline, and
    GitError where the clone does not have the commit.
    """
    name = configured or DEFAULT_NAME
    found = _at_commit(commit, f"{_FORK_POINT}{branch}", name, root)
    return found if found.baseline is None else found._replace(behind=_behind(found, name, root))


def beside(against: Against, ref: str, fork: str, root: Path) -> str:
    """Say how far the commit of a run file is from the fork point, where a change left `ref`.

    Empty where it is that commit, or where git cannot tell.
    """
    from pytest_llmcost.storage import git

    commit = (against.baseline.header.commit if against.baseline is not None else None) or ""
    try:
        apart = git.apart(commit, fork, root=root)
    except GitError:
        return ""
    ahead, behind = apart or (0, 0)
    parts = [
        f"{count:,} commit{'' if count == 1 else 's'} {word}"
        for count, word in ((behind, "behind"), (ahead, "ahead of"))
        if count
    ]
    where = f"the merge base with {ref} ({fork[:7]})"
    return f"base data of {commit[:7]}, {' and '.join(parts)} {where}" if parts else ""


def with_work_tree(against: Against, *, configured: str | None, root: Path, environ: Mapping[str, str]) -> Against:
    """Add what the work tree and the history say about a baseline; nothing else changes.

    Of one that was read at a commit: what the work tree proposes instead, and how old it was there. Of a run file, on
    a pull request: how far its commit is from the fork point, and what the change has written into its own baseline.

    Takes the same `configured`, `root` and `environ` as `read_baseline`, whose result `against` is. Never raises for a
    file that cannot be read: `unread` says why, and the comparison goes on without it.
    """
    if against.baseline is None:
        return against
    name = configured or DEFAULT_NAME
    if against.commit is None:
        branch, made_at = _base_branch(environ), against.baseline.header.commit
        return _with_change(against, branch, name, root) if branch and made_at else against
    found = against._replace(behind=_behind(against, name, root))
    try:
        return found._replace(proposed=_proposed(against.baseline, against.commit, name, root))
    except (BaselineError, GitError) as error:
        return found._replace(unread=str(error))


def _with_change(against: Against, branch: str, name: str, root: Path) -> Against:
    """Add to a run file what the baseline file says that a change may have written: what is accepted, and by it."""
    try:
        ref, fork = _fork_point(branch, root)
    except GitError:
        return against
    found = against._replace(behind=beside(against, ref, fork, root))
    try:
        before = _at_commit(fork, ref, name, root).baseline
        if before is None:
            return found if _absent(root / name) else found._replace(proposed=_read(root / name, name))
        if found.baseline is not None:
            found = found._replace(baseline=replace(found.baseline, accepted=before.accepted))
        return found._replace(proposed=_proposed(before, fork, name, root))
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
        return _at_merge_base(branch, name, root)
    from pytest_llmcost.storage import git

    return _at_commit(git.commit(ref, root=root), ref, name, root)


def _of_pull_request(branch: str, name: str, root: Path) -> Against:
    try:
        ref, commit = _fork_point(branch, root)
        return _at_commit(commit, f"{_FORK_POINT}{ref}", name, root)
    except GitError as error:
        return Against(None, f"No comparison: {error}.")


def _fork_point(branch: str, root: Path) -> tuple[str, str]:
    """Return a branch as this clone knows it, and where what is checked out left it; GitError where it knows none."""
    from pytest_llmcost.storage import git

    try:
        return (ref := f"origin/{branch}"), git.merge_base(ref, root)
    except GitError as first:
        try:
            return branch, git.merge_base(branch, root)
        except GitError:
            raise first from None


def _at_merge_base(branch: str, name: str, root: Path) -> Against:
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
