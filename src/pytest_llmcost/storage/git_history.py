"""Git history: the commits that touched one file, and the file as each has it, in a handful of git processes."""

from __future__ import annotations

import os
import posixpath
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.core.lineage import Commit
from pytest_llmcost.errors import GitError
from pytest_llmcost.storage.git import command, commit, environment, run, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT = 120
"""Seconds for a walk over all history: git looks at about 50,000 commits a second."""

_FORMAT = "%H%x00%P%x00%aI%x00%aN%x00%s"
_FIELDS = 5
_RENAMES = 16
"""Earlier names that are looked for at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHistory:
    """The commits that touched a file.

    Attributes:
        commits: newest first, children before parents; their parents are commits among them.
        names: the file's name from the top of the repository, then its earlier ones.
        ends: commits at which a shallow clone ends; empty for a whole one.
    """

    commits: tuple[Commit, ...]
    names: tuple[str, ...]
    ends: frozenset[str]


def file_history(path: str, *, root: Path, first_parent: bool = False) -> FileHistory:
    """Return the commits from what is checked out that touched a file, under all its names.

    As `git log` does, it follows only the side of a merge whose file the merge took unchanged; a merge is listed when
    its file differs from that of every side. With `first_parent` only the mainline is followed, and a merge is listed
    when it brought a change.

    Args:
        path: of the file, relative to `root`.
        root: any folder of the repository.
        first_parent: see above.

    Raises:
        GitError: no repository, no commit in it that has the file, or a git that cannot run.
    """
    name, ends = _place(path, root)
    options = ["--first-parent"] if first_parent else []
    names = [name]
    while True:
        commits = tuple(_commits(_log(root, options, names, f"--format={_FORMAT}"), first_parent=first_parent))
        earlier = _earlier(root, options, names) if commits and len(names) <= _RENAMES else None
        if earlier is None:
            break
        names.append(earlier)
    if not commits:
        rest = ": the clone is shallow, so fetch the whole history" if ends else ""
        raise GitError(f"{path} was never committed{rest or ': commit it, or set `baseline` to the file that was'}")
    return FileHistory(commits=commits, names=tuple(names), ends=ends)


def since(ref: str, *, root: Path) -> frozenset[str]:
    """Return the full hashes of all commits since a ref: those that it does not hold. Raises GitError."""
    found = run(root, "rev-list", f"{commit(ref, root=root)}..HEAD", timeout=TIMEOUT)
    if found.returncode:
        raise GitError(f"git cannot list the commits since {ref!r}: {words(found.stderr)}")
    return frozenset(found.stdout.decode("ascii").split())


@contextmanager
def contents(history: FileHistory, *, root: Path) -> Iterator[Callable[[str], tuple[str, bytes] | None]]:
    """Give a function that returns the file's name and bytes at a commit; None where the file is not there.

    One git process answers all questions.
    """
    asked = command(root, "cat-file", "--batch")
    pipe = subprocess.PIPE
    with subprocess.Popen(asked, env=environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as git:  # noqa: S603
        try:
            yield lambda name: _found(git, name, history.names)
        finally:
            git.kill()


def _found(git: subprocess.Popen[bytes], commit: str, names: tuple[str, ...]) -> tuple[str, bytes] | None:
    assert git.stdin is not None
    assert git.stdout is not None
    for name in names:
        try:
            git.stdin.write(f"{commit}:{name}\n".encode("utf-8", "surrogateescape"))
            git.stdin.flush()
        except OSError as error:
            raise GitError(f"git cannot read {name}: it ended early ({error.strerror})") from None
        answer = git.stdout.readline().split()
        if len(answer) < 3 or not answer[-1].isdigit():  # noqa: PLR2004 - object, type and size
            if not answer:
                raise GitError(f"git cannot read {name} at {commit[:7]}: it ended early")
            continue
        data = git.stdout.read(int(answer[-1]) + 1)[:-1]
        if answer[1] == b"blob":
            return name, data
    return None


def _place(path: str, root: Path) -> tuple[str, frozenset[str]]:
    """Return the file's name from the top of the repository, and where a shallow clone ends."""
    done = run(root, "rev-parse", "--is-inside-work-tree", "--show-prefix", "--git-path", "shallow")
    lines = done.stdout.decode("utf-8", "surrogateescape").split("\n")
    if b"not a git repository" in done.stderr:
        raise GitError(f"{root.resolve()} is not in a git repository, which would hold the history: run this in one")
    if done.returncode or lines[0] != "true":
        raise GitError(f"git has no history to show: {words(done.stderr) if done.stderr else 'there is no work tree'}")
    inside = os.path.relpath(root / path, root).replace(os.sep, "/")
    name = posixpath.normpath(posixpath.join(lines[1], inside))
    if name.startswith("../") or "\n" in name:
        raise GitError(f"{path} is outside of the git repository: move it into it, or name another `baseline`")
    try:
        ends = frozenset((root / lines[2]).read_text(encoding="ascii").split())
    except OSError:  # a whole clone has no such file
        ends = frozenset()
    return name, ends


def _log(root: Path, options: list[str], names: list[str], *more: str) -> list[str]:
    """Run `git log` on the file under some names; return the fields that it prints."""
    paths = [f":(top,literal){name}" for name in names]
    fixed = ["-z", "--no-follow", "--no-color", "--no-show-signature", "--no-notes", "--encoding=UTF-8"]
    done = run(root, "log", "--date-order", "--parents", *fixed, *options, *more, "HEAD", "--", *paths, timeout=TIMEOUT)
    if done.returncode:
        if b"bad revision" in done.stderr or b"unknown revision" in done.stderr:
            raise GitError("nothing is committed yet: commit the baseline first")
        raise GitError(f"git cannot list the commits: {words(done.stderr)}")
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _commits(fields: list[str], *, first_parent: bool) -> Iterator[Commit]:
    for start in range(0, len(fields), _FIELDS):
        name, parents, at, author, subject = fields[start : start + _FIELDS]
        sides = tuple(parents.split())
        yield Commit(
            hash=name,
            parents=sides[:1] if first_parent else sides,
            is_merge=len(sides) > 1,
            authored_at=at,
            author=author,
            subject=subject,
        )


def _earlier(root: Path, options: list[str], names: list[str]) -> str | None:
    """Return one more name that the file had before a commit renamed it; None when there is none."""
    added = _log(root, options, names, "--format=%H", "--diff-filter=A")
    if not added:
        return None
    asked = ["diff-tree", "--stdin", "--no-commit-id", "-r", "-z", "-M", "--diff-filter=R", "--name-status"]
    found = run(root, *asked, given="".join(f"{name}\n" for name in added).encode("ascii"), timeout=TIMEOUT)
    fields = found.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    renames = zip(fields[1::3], fields[2::3], strict=True)
    return next((old for old, new in renames if new in names and old not in names), None)
