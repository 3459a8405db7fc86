"""Git, read only: a file at a ref, the fork point of a branch, and what is checked out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.errors import GitError

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

TIMEOUT = 15
"""Seconds for one git command: they take milliseconds, except where a partial clone has to fetch."""

SHALLOW = (
    "the clone is shallow: fetch the whole history (fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 on GitLab, "
    "git fetch --unshallow elsewhere)"
)
# Set inside git hooks, where they would lead away from the repository that holds the project.
_OF_HOOKS = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


class NotInRefError(GitError):
    """The ref exists, and the file is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is checked out."""

    commit: str
    branch: str | None
    """None when the head is detached, as on most pull request runners."""
    dirty: bool
    """True when tracked files differ from the commit."""


def commit(ref: str, *, root: Path) -> str:
    """Return the full hash of the commit that a ref stands for.

    Raises GitError for a ref that git does not know, a folder outside any repository, and a git that cannot run.
    """
    done = run(root, "rev-parse", "--verify", "--quiet", f"{_plain(ref)}^{{commit}}")
    if done.returncode == 0:
        return _line(done.stdout)
    if done.stderr:
        raise GitError(f"git cannot look up {ref!r}: {words(done.stderr)}")
    if _shallow(root):
        raise GitError(f"git does not know {ref!r}, and {SHALLOW}")
    raise GitError(f"git does not know {ref!r}: fetch it, or name another branch, tag or commit")


def show(ref: str, path: str, *, root: Path) -> bytes:
    """Return a file as it is at a ref; `path` is relative to `root`, which may be any folder of the repository.

    Raises NotInRefError when the ref has no such file, and GitError as `commit` does.
    """
    inside = _inside(path, root)
    done = run(root, "cat-file", "blob", f"{_plain(ref)}:{inside}")
    if done.returncode == 0:
        return done.stdout
    found = run(root, "rev-parse", "--verify", "--quiet", f"{commit(ref, root=root)}:{inside}")
    if found.returncode and not found.stderr:
        raise NotInRefError(f"{path} does not exist at {ref!r}: commit it there, or name another ref")
    raise GitError(f"git cannot read {path} at {ref!r}: {words(found.stderr or done.stderr)}")


def merge_base(ref: str, root: Path) -> str:
    """Return the full hash of the commit at which what is checked out forked off from a ref.

    Raises GitError as `commit` does, and when the two have no common history in this clone.
    """
    done = run(root, "merge-base", _plain(ref), "HEAD")
    if done.returncode == 0:
        return _line(done.stdout)
    commit(ref, root=root)
    commit("HEAD", root=root)
    if _shallow(root):
        raise GitError(f"the fork point from {ref!r} is not in this clone, and {SHALLOW}")
    raise GitError(f"{ref!r} and what is checked out have no common history: name another ref")


def last_commit_of(path: str, *, root: Path) -> str | None:
    """Return the full hash of the last commit that changed a file; None when no commit has it.

    Raises GitError outside a repository, and where git cannot run.
    """
    done = run(root, "log", "-1", "--format=%H", "--", path)
    if done.returncode:
        raise GitError(f"git cannot tell who changed {path}: {words(done.stderr)}")
    return _line(done.stdout) or None


def changed_since(ref: str, *, root: Path) -> list[str]:
    """Return the files under `root`, relative to it, that differ from a commit or are not tracked yet.

    Raises GitError as `commit` does.
    """
    changed = run(root, "diff", "--name-only", "--relative", "--no-renames", "-z", commit(ref, root=root))
    new = run(root, "ls-files", "--others", "--exclude-standard", "-z")
    if changed.returncode or new.returncode:
        raise GitError(f"git cannot tell what has changed since {ref!r}: {words(changed.stderr or new.stderr)}")
    names = (changed.stdout + new.stdout).decode("utf-8", "surrogateescape").split("\0")
    return sorted(filter(None, names))


def head(root: Path) -> Head | None:
    """Return what is checked out; None outside a repository, before the first commit, and where git cannot run."""
    try:
        done = run(root, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    except GitError:
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    oid, branch = facts.get("branch.oid"), facts.get("branch.head")
    if done.returncode or oid is None or oid == "(initial)":
        return None
    dirty = any(not line.startswith("#") for line in lines)
    return Head(commit=oid, branch=None if branch == "(detached)" else branch, dirty=dirty)


def last_written(at: str, path: str, *, root: Path) -> tuple[str, int] | None:
    """Return the commit that last changed a file before or at a commit, and how many commits came between the two.

    None when git cannot tell: in a shallow clone the commit may be missing. Raises GitError when git cannot run.
    """
    done = run(root, "--literal-pathspecs", "rev-list", "-1", _plain(at), "--", _inside(path, root))
    last = _line(done.stdout)
    if done.returncode or not last:
        return None
    count = _line(run(root, "rev-list", "--count", f"{last}..{at}").stdout)
    return None if not count.isdecimal() or _shallow(root) else (last, int(count))


def apart(one: str, other: str, *, root: Path) -> tuple[int, int] | None:
    """Return how many commits are in `one` and not in `other`, and the other way round.

    None when git cannot tell: in a shallow clone commits may be missing. Raises GitError when git cannot run.
    """
    done = run(root, "rev-list", "--left-right", "--count", f"{_plain(one)}...{_plain(other)}", "--")
    counts = _line(done.stdout).split()
    if done.returncode or _shallow(root):
        return None
    ours, theirs = map(int, counts)
    return ours, theirs


def author(root: Path) -> str:
    """Return the name that commits made here would bear, as `user.name` has it; empty when there is none."""
    try:
        done = run(root, "config", "user.name")
    except GitError:
        return ""
    return "" if done.returncode else " ".join(done.stdout.decode("utf-8", "replace").split())


def _inside(path: str, root: Path) -> str:
    """Return a path as git wants it: from the folder where it runs, with slashes."""
    return f"./{os.path.relpath(root / path, root).replace(os.sep, '/')}"


def _plain(ref: str) -> str:
    """Refuse what git would read as an option."""
    if not ref or ref.startswith("-") or "\0" in ref:
        raise GitError(f"{ref!r} is not a git ref: name a branch, a tag or a commit")
    return ref


def _shallow(root: Path) -> bool:
    return _line(run(root, "rev-parse", "--is-shallow-repository").stdout) == "true"


def command(root: Path, *arguments: str) -> list[str]:
    """Return the command line of git in a folder."""
    return ["git", "--no-pager", "-C", str(root), *arguments]


def environment() -> dict[str, str]:
    """Return the environment for a git that only reads, asks nothing, and speaks English."""
    environ = {name: value for name, value in os.environ.items() if name not in _OF_HOOKS}
    # Without optional locks `status` does not refresh the index: we only read.
    return environ | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def run(root: Path, *arguments: str, given: bytes = b"", timeout: int | None = None) -> CompletedProcess[bytes]:
    """Run git in a folder and wait for it; `given` is its standard input, `timeout` in seconds, TIMEOUT when None.

    Raises GitError when it cannot run or does not end; what it answers is for the caller to judge.
    """
    import subprocess

    seconds = timeout or TIMEOUT
    try:
        return subprocess.run(  # noqa: S603 - no shell, and refs that look like options were refused
            command(root, *arguments),
            env=environment(),
            capture_output=True,
            input=given,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed: install it, or name a baseline file instead of a ref") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {seconds} seconds: name a baseline file instead of a ref") from None
    except (OSError, ValueError) as error:
        raise GitError(f"git cannot be run ({error}): name a baseline file instead of a ref") from None


def _line(output: bytes) -> str:
    return output.decode("ascii", "replace").strip()


def words(stderr: bytes) -> str:
    """Turn what git says into the second half of one sentence, with the fix where it is a known one."""
    text = stderr.decode("utf-8", "replace")
    if "not a git repository" in text:
        return "the project is not in a git repository, so name a baseline file instead of a ref"
    if "dubious ownership" in text:
        return "the repository belongs to another user: git config --global --add safe.directory <its folder>"
    lines = text.strip().splitlines() or ["no reason given"]
    return lines[0].removeprefix("fatal: ").removeprefix("error: ")
