"""What GitHub Actions says about the run of a workflow: from an environment to checked, frozen values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from pytest_llmcost.forge.address import checked_repository, checked_url
from pytest_llmcost.forge.answers import Shape, is_hash
from pytest_llmcost.forge.failure import ForgeError

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT = "the event of this run (GITHUB_EVENT_PATH)"
_WORKFLOW = re.compile(r"[^@]*/\.github/workflows/([^/@]+)@.*")
_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The run that a `workflow_run` event is about; what it uploaded is not to be trusted when it ran a fork's code."""

    run: int
    workflow: int
    event: str
    """What that run was started by, such as "pull_request"."""
    conclusion: str | None
    head: str
    """Full hash of its commit: the pull request's own."""
    branch: str | None
    repository: str | None
    """`owner/name` of the repository that has the branch; None when the fork is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One run of a GitHub workflow. Names of branches are foreign text, of one line."""

    name: str
    repository: str
    """`owner/name`"""
    api_url: str
    server_url: str
    run: int | None
    attempt: int | None
    workflow: str | None
    """File name of the workflow."""
    number: int | None = None
    """Of the pull request."""
    head: str | None = None
    """Full hash of the commit that was tested: the pull request's own, not GitHub's merge of it."""
    head_branch: str | None = None
    head_repository: str | None = None
    """`owner/name` of the repository that has the branch; None when it is not known, as for a fork that is gone."""
    base: str | None = None
    """Name of the branch that it is to be merged into."""
    base_sha: str | None = None
    """Full hash of that branch's commit when the event happened; for a push, that of the commit before."""
    trigger: Trigger | None = None

    @property
    def run_url(self) -> str | None:
        """Where people see this run."""
        return None if self.run is None else f"{self.server_url}/{self.repository}/actions/runs/{self.run}"

    @property
    def files_url(self) -> str | None:
        """Where people see the files of the commit tested; ends with a slash."""
        return None if self.head is None else f"{self.server_url}/{self.repository}/blob/{self.head}/"

    @property
    def is_fork(self) -> bool:
        """Whether the code that is tested comes from another repository, or one that nobody knows."""
        is_about_pull = self.number is not None or self.trigger is not None
        return is_about_pull and (self.head_repository or "").lower() != self.repository.lower()


def github_event(environ: Mapping[str, str], text: str) -> Event | None:
    """Return what GitHub Actions says about this run; None outside of it.

    `text` is that of the file GITHUB_EVENT_PATH. Raises ForgeError, in one line, for what cannot be.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    name = environ.get("GITHUB_EVENT_NAME", "")
    sha = environ.get("GITHUB_SHA", "")
    event = Event(
        name=name,
        repository=checked_repository(environ.get("GITHUB_REPOSITORY", "")),
        api_url=checked_url(environ.get("GITHUB_API_URL") or "https://api.github.com"),
        server_url=checked_url(environ.get("GITHUB_SERVER_URL") or "https://github.com"),
        run=positive(environ, "GITHUB_RUN_ID"),
        attempt=positive(environ, "GITHUB_RUN_ATTEMPT"),
        workflow=_workflow(environ.get("GITHUB_WORKFLOW_REF", "")),
    )
    read = _READERS.get(name)
    return replace(event, head=sha if is_hash(sha) else None) if read is None else read(_parsed(text), event)


def positive(environ: Mapping[str, str], name: str) -> int | None:
    """Return a whole number above zero from the environment, None when it is not set. Raises ForgeError."""
    text = environ.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,17}", text):
        raise ForgeError(f"{name} is {text[:100]!r}: it has to be a whole number above zero")
    return int(text)


def _workflow(ref: str) -> str | None:
    """Return the file name in `owner/name/.github/workflows/ci.yml@refs/heads/main`."""
    found = _WORKFLOW.fullmatch(ref)
    return found[1] if found else None


def _parsed(text: str) -> Shape:
    try:
        return Shape(json.loads(text, parse_constant=_no_constant), ABOUT)
    except (ValueError, RecursionError):
        raise ForgeError(f"{ABOUT} is not JSON: run this in a step of a workflow") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _of_pull_request(fields: Shape, event: Event) -> Event:
    pull = fields.part("pull_request")
    head, base = pull.part("head"), pull.part("base")
    return replace(
        event,
        number=pull.number("number"),
        head=head.commit("sha"),
        head_branch=head.text("ref"),
        head_repository=_repository(head.part_or_none("repo")),
        base=base.text("ref"),
        base_sha=base.commit("sha"),
    )


def _of_push(fields: Shape, event: Event) -> Event:
    after, before = fields.commit("after"), fields.commit("before")
    branch = fields.text("ref")
    return replace(
        event,
        head=None if set(after) == {"0"} else after,
        head_branch=branch.removeprefix(_BRANCH) if branch.startswith(_BRANCH) else None,
        head_repository=event.repository,
        base_sha=None if set(before) == {"0"} else before,
    )


def _of_merge_group(fields: Shape, event: Event) -> Event:
    group = fields.part("merge_group")
    return replace(
        event,
        head=group.commit("head_sha"),
        head_branch=group.text("head_ref").removeprefix(_BRANCH),
        head_repository=event.repository,
        base=group.text("base_ref").removeprefix(_BRANCH),
        base_sha=group.commit("base_sha"),
    )


def _of_workflow_run(fields: Shape, event: Event) -> Event:
    run = fields.part("workflow_run")
    trigger = Trigger(
        run=run.number("id"),
        workflow=run.number("workflow_id"),
        event=run.text("event"),
        conclusion=run.text_or_none("conclusion"),
        head=run.commit("head_sha"),
        branch=run.text_or_none("head_branch"),
        repository=_repository(run.part_or_none("head_repository")),
    )
    return replace(
        event,
        head=trigger.head,
        head_branch=trigger.branch,
        head_repository=trigger.repository,
        trigger=trigger,
    )


def _repository(found: Shape | None) -> str | None:
    return None if found is None else checked_repository(found.text("full_name"))


_READERS = {
    "pull_request": _of_pull_request,
    "pull_request_target": _of_pull_request,
    "push": _of_push,
    "merge_group": _of_merge_group,
    "workflow_run": _of_workflow_run,
}
