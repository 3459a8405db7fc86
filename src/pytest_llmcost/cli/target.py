"""Where a comment goes, and what it can link to: from the environment of a CI job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.forge.event import github_event
from pytest_llmcost.forge.merge_event import gitlab_event
from pytest_llmcost.render.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llmcost.forge.actions import Actions, Pull
    from pytest_llmcost.forge.api import Api, Dialect
    from pytest_llmcost.forge.event import Event, Trigger
    from pytest_llmcost.forge.merge_event import MergeEvent
    from pytest_llmcost.forge.thread import Thread

GITHUB_TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
GITLAB_TOKEN = "LLMCOST_GITLAB_TOKEN"  # noqa: S105 - as above


class NothingError(Exception):
    """There is nothing to comment on, or nothing to say: why, as a sentence without a full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The run file that the run of another job has uploaded; that job ran code that nobody here has looked at.

    Attributes:
        read: downloads the artifact of this name, as the zip archive that it is.
        fork_point: full hash of the commit at which the change left its base branch; None where GitHub does not tell.
    """

    read: Callable[[str], bytes]
    fork_point: Callable[[], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a comment goes.

    Attributes:
        place: what it can link to.
        thread: opens the pull request.
        head: full hash of the commit that the pull request must still have; None when nobody knows.
        outside: where the run file comes from, in a job that runs after the one that has measured.
    """

    place: Place
    thread: Callable[[], Thread]
    head: str | None = None
    outside: Outside | None = None


def of_environment(forge: str | None, environ: Mapping[str, str]) -> Target | None:
    """Return the target of a job of `github` or of `gitlab`; for None, of GitHub in its own jobs, and else None.

    Raises NothingError for a job without a pull request, and LlmCostError, one line, outside of a job of this forge.
    """
    if forge == "gitlab":
        return _gitlab(environ)
    if forge == "github" or environ.get("GITHUB_ACTIONS") == "true":
        return _github(environ)
    return None


def _github(environ: Mapping[str, str]) -> Target:
    event = github_event(environ, _event_text(environ))
    if event is None:
        raise LlmCostError(
            "--github needs a job of GitHub Actions (GITHUB_ACTIONS is not true): use --dry-run elsewhere"
        )
    if event.trigger is not None:
        return _after(event, event.trigger, environ)
    if event.number is None:
        raise NothingError(f"the event {event.name!r} is not about a pull request")
    return Target(
        place=_place(event),
        thread=_pull_request(event, event.number, environ),
        head=event.head,
    )


def _place(event: Event | MergeEvent) -> Place:
    return Place(
        head=event.head,
        base=event.base,
        files=event.files_url,
        run=event.run_url,
        is_verified=not event.is_fork,
    )


def _event_text(environ: Mapping[str, str]) -> str:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise LlmCostError(
            "GITHUB_EVENT_PATH names no file that can be read: run this in a step of a workflow"
        ) from None


def _pull_request(event: Event, number: int, environ: Mapping[str, str]) -> Callable[[], Thread]:
    def opened() -> Thread:
        from pytest_llmcost.forge.github import PullRequest

        return PullRequest(_github_api(event, environ), event.repository, number)

    return opened


def _github_api(event: Event, environ: Mapping[str, str]) -> Api:
    from pytest_llmcost.forge.api import GITHUB

    return _api(event.api_url, GITHUB_TOKEN, environ, GITHUB)


def _api(url: str, name: str, environ: Mapping[str, str], dialect: Dialect) -> Api:
    from pytest_llmcost.forge.api import Api, Token

    return Api(url, Token(environ.get(name, "")), dialect)


def _after(event: Event, trigger: Trigger, environ: Mapping[str, str]) -> Target:
    """A job that runs after the one that has measured: it finds the pull request itself, whatever that one says."""
    from pytest_llmcost.forge.actions import Actions
    from pytest_llmcost.forge.failure import ForgeError

    if trigger.event != "pull_request":
        raise NothingError(f"the run before this one is for the event {trigger.event!r}, not for a pull request")
    if trigger.repository is None or trigger.branch is None:
        raise NothingError("the repository or the branch of the pull request is gone")
    actions = Actions(_github_api(event, environ), event.repository)
    try:
        pull = actions.find_pull_request(repository=trigger.repository, branch=trigger.branch, head=trigger.head)
    except ForgeError as error:
        raise NothingError(str(error)) from None
    return Target(
        place=replace(
            _place(event), base=pull.base, run=f"{event.server_url}/{event.repository}/actions/runs/{trigger.run}"
        ),
        thread=_pull_request(event, pull.number, environ),
        head=trigger.head,
        outside=Outside(
            read=lambda name: _downloaded(actions, trigger, name),
            fork_point=lambda: _fork_point(actions, pull),
        ),
    )


def _downloaded(actions: Actions, trigger: Trigger, name: str) -> bytes:
    from pytest_llmcost.forge.failure import ForgeError
    from pytest_llmcost.storage.artifact import LARGEST

    try:
        found = actions.artifacts(trigger.run, name=name)
        if not found:
            raise NothingError(f"run {trigger.run} has no artifact {name!r}: it may have ended before pytest did")
        return actions.download(found[0], at_most=LARGEST)
    except ForgeError as error:
        raise NothingError(str(error)) from None


def _fork_point(actions: Actions, pull: Pull) -> str | None:
    from pytest_llmcost.forge.failure import ForgeError

    try:
        return actions.compared(pull.base_sha, pull.head).merge_base
    except ForgeError:  # the base branch as it is checked out is not far from it
        return None


def _gitlab(environ: Mapping[str, str]) -> Target:
    event = gitlab_event(environ)
    if event is None:
        raise LlmCostError("--gitlab needs a job of GitLab CI (GITLAB_CI is not true): use --dry-run elsewhere")
    if event.number is None:
        raise NothingError("this is no pipeline of a merge request (CI_MERGE_REQUEST_IID is not set)")
    return Target(
        place=_place(event),
        thread=_merge_request(event, event.number, environ),
        head=event.head,
    )


def _merge_request(event: MergeEvent, number: int, environ: Mapping[str, str]) -> Callable[[], Thread]:
    def opened() -> Thread:
        from pytest_llmcost.forge.api import GITLAB
        from pytest_llmcost.forge.gitlab import MergeRequest

        return MergeRequest(_api(event.api_url, GITLAB_TOKEN, environ, GITLAB), event.project, number)

    return opened
