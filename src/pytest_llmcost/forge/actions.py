"""GitHub Actions: the pull request of a commit, the artifacts of a run, and the newest one of the base branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_llmcost.forge.address import checked_repository
from pytest_llmcost.forge.answers import Shape, is_hash
from pytest_llmcost.forge.failure import DeniedError, ForgeError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.forge.api import Api

RUNS = 30
"""Runs of the base branch that are looked at, the newest ones."""

TRIED = 5
"""Of those, the runs whose artifacts are asked for: the newest ones may have uploaded none."""

PERMISSION = "give the job the permission `actions: read`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """An open pull request. All of it but the number was chosen by its author, or can be a name like any other."""

    number: int
    head: str
    """Full hash of its newest commit."""
    base: str
    """Name of the branch that it is to be merged into."""
    base_sha: str
    """Full hash of that branch's commit, as the pull request knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that a run has uploaded, and that has not expired."""

    number: int
    name: str
    size: int
    """Bytes, zipped."""
    run: int
    """The number of the run."""
    head: str | None
    """Full hash of the commit that the run was for; None when an older server does not say."""
    created_at: str
    """As the forge writes times: ISO 8601, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How two commits stand to each other."""

    merge_base: str
    """Full hash of the commit where they parted."""
    ahead: int
    """Commits that the second has, and the first has not."""
    behind: int
    """Commits that the first has, and the second has not."""


class Actions:
    """What a job may read about its own repository. Every method raises ForgeError, in one line."""

    def __init__(self, api: Api, repository: str) -> None:
        self._api = api
        self._repository = checked_repository(repository)
        self._path = f"/repos/{repository}"

    def find_pull_request(self, *, repository: str, branch: str, head: str, base: str | None = None) -> Pull:
        """Return the one open pull request whose newest commit is `head`, on `branch` of `repository`.

        `base` keeps those into that branch only. Raises ForgeError when there is none, or more than one: then nobody
        can tell which one a run was for.
        """
        owner = checked_repository(repository).partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{branch}"} | ({"base": base} if base else {})
        found = self._api.pages(f"{self._path}/pulls", query)
        # The owner's other repositories have branches of that name too, and a fork can be gone already.
        pulls = [_pull(one) for one in found if _is_from(one, repository, branch)]
        fitting = [one for one in pulls if one.head == head and base in {None, one.base}]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            numbers = ", ".join(f"#{one.number}" for one in fitting)
            raise ForgeError(
                f"{len(fitting)} open pull requests have the commit {head[:7]} ({numbers}): which is meant?"
            )
        why = "a newer commit was pushed" if pulls else "it was closed, or the branch is gone"
        raise ForgeError(f"no open pull request of {self._repository} ends at {head[:7]}: {why}")

    def artifacts(self, run: int, *, name: str) -> tuple[Artifact, ...]:
        """Return the artifacts of that name that a run uploaded, the newest first; expired ones are left out."""
        try:
            found = list(self._api.pages(f"{self._path}/actions/runs/{run}/artifacts", {"name": name}, key="artifacts"))
        except DeniedError as error:
            raise _needing(error) from None
        alive = [one for one in map(_artifact, found) if one is not None and one.name == name and one.run == run]
        return tuple(sorted(alive, key=lambda one: (one.created_at, one.number), reverse=True))

    def download(self, artifact: Artifact, *, at_most: int) -> bytes:
        """Return an artifact, zipped. Raises ForgeError when it has more bytes than `at_most`, which are not read."""
        if artifact.size > at_most:
            raise ForgeError(
                f"the artifact {artifact.name!r} has {artifact.size:,} bytes, {at_most:,} are allowed: it is not read"
            )
        try:
            return self._api.download(f"{self._path}/actions/artifacts/{artifact.number}/zip", at_most=at_most)
        except DeniedError as error:
            raise _needing(error) from None
        except MissingError:
            raise MissingError(f"the artifact {artifact.name!r} is gone: it has expired, or was deleted") from None

    def base_artifact(self, *, workflow: int | str, branch: str, name: str, prefer: str | None = None) -> Artifact:
        """Return the newest artifact that a push to a branch left, that of the commit `prefer` where there is one.

        `workflow` is the number or the file name of the workflow. Runs for forks do not count: their branches can have
        any name. Raises MissingError when there is none.
        """
        runs = list(self._pushes(workflow, branch, {}))
        if prefer is not None and prefer not in {head for head, _ in runs}:
            runs = [*self._pushes(workflow, branch, {"head_sha": prefer}), *runs]
        runs.sort(key=lambda one: one[0] != prefer)
        for _, run in runs[:TRIED]:
            found = self.artifacts(run, name=name)
            if found:
                return found[0]
        raise MissingError(
            f"no push to {branch!r} has left an artifact {name!r} in its last runs of {workflow}: "
            "run the workflow on that branch, and upload it there"
        )

    def workflow_of(self, run: int) -> int:
        """Return the number of the workflow that a run belongs to."""
        try:
            return Shape(self._api.get(f"{self._path}/actions/runs/{run}"), "the run").number("workflow_id")
        except DeniedError as error:
            raise _needing(error) from None

    def compared(self, base: str, head: str) -> Compared:
        """Return where two commits parted, and how far they are from there; both are full hashes or branch names.

        A commit that was made in a fork is known here once it is in a pull request.
        """
        path = f"{self._path}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        found = Shape(self._api.get(path, {"per_page": "1", "page": "1"}), "the comparison")
        return Compared(
            merge_base=found.part("merge_base_commit").commit("sha"),
            ahead=found.count("ahead_by"),
            behind=found.count("behind_by"),
        )

    def _pushes(self, workflow: int | str, branch: str, more: dict[str, str]) -> Iterator[tuple[str, int]]:
        """Yield commit and number of the good runs for pushes to a branch of this repository, the newest first."""
        wanted = {"branch": branch, "event": "push", "status": "success"}
        query = {**wanted, "exclude_pull_requests": "true", "per_page": str(RUNS), **more}
        path = f"{self._path}/actions/workflows/{quote(str(workflow), safe='')}/runs"
        try:
            found = Shape(self._api.get(path, query), "the list of runs").items("workflow_runs")
        except DeniedError as error:
            raise _needing(error) from None
        return self._good(found, branch)

    def _good(self, runs: Iterable[Any], branch: str) -> Iterator[tuple[str, int]]:
        # Looked at once more: a server that knows fewer filters ignores them.
        for one in runs:
            run = Shape(one, "a run")
            repository = run.part_or_none("head_repository")
            is_own = repository is not None and _is_same(repository.text("full_name"), self._repository)
            is_push = run.text_or_none("head_branch") == branch and run.text_or_none("event") == "push"
            if is_own and is_push and run.text_or_none("conclusion") == "success":
                yield run.commit("head_sha"), run.number("id")


def _pull(found: Any) -> Pull:
    fields = Shape(found, "a pull request")
    base = fields.part("base")
    return Pull(
        number=fields.number("number"),
        head=fields.part("head").commit("sha"),
        base=base.text("ref"),
        base_sha=base.commit("sha"),
    )


def _is_from(found: Any, repository: str, branch: str) -> bool:
    fields = Shape(found, "a pull request")
    head = fields.part("head")
    origin = head.part_or_none("repo")
    is_there = origin is not None and _is_same(origin.text("full_name"), repository)
    return is_there and head.text("ref") == branch and fields.text_or_none("state") in {None, "open"}


def _artifact(found: Any) -> Artifact | None:
    fields = Shape(found, "an artifact")
    run = fields.part_or_none("workflow_run")
    head = run.text_or_none("head_sha") if run else None
    if fields.flag("expired") or run is None:
        return None
    return Artifact(
        number=fields.number("id"),
        name=fields.text("name"),
        size=fields.count("size_in_bytes"),
        run=run.number("id"),
        head=head if head is not None and is_hash(head) else None,
        created_at=fields.text_or_none("created_at") or "",
    )


def _is_same(one: str, other: str) -> bool:
    """Say whether two names of repositories mean the same one: GitHub does not look at their case."""
    return one.lower() == other.lower()


def _needing(error: DeniedError) -> DeniedError:
    return DeniedError(f"{error}: {PERMISSION}")
