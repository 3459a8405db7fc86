"""What GitLab says about the run of a job: from an environment to checked, frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.forge.address import checked_url
from pytest_llmcost.forge.answers import is_hash, line
from pytest_llmcost.forge.event import positive
from pytest_llmcost.forge.failure import ForgeError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeEvent:
    """One job of a GitLab pipeline. Names of branches are foreign text, of one line."""

    api_url: str
    project: str
    """Number of the project."""
    number: int | None
    """Of the merge request, in its project; None in other pipelines."""
    head: str | None
    """Full hash of the commit that was tested: the merge request's own, not GitLab's merge of it."""
    base: str | None
    """Name of the branch that it is to be merged into."""
    base_sha: str | None
    """Full hash of the commit where the two branches parted."""
    run_url: str | None
    """Where people see this job."""
    files_url: str | None
    """Where people see the files of the commit tested; ends with a slash."""
    is_fork: bool
    """Whether the code that is tested comes from another project."""


def gitlab_event(environ: Mapping[str, str]) -> MergeEvent | None:
    """Return what GitLab says about this job; None outside of it.

    Raises ForgeError, in one line, for what cannot be.
    """
    if environ.get("GITLAB_CI") != "true":
        return None
    project, source = positive(environ, "CI_PROJECT_ID"), positive(environ, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    if project is None:
        raise ForgeError("CI_PROJECT_ID is not set: run this in a job of a GitLab pipeline")
    # The first is set where GitLab tests its own merge of the two branches, which CI_COMMIT_SHA is then.
    head = _hash(environ, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or _hash(environ, "CI_COMMIT_SHA")
    files = _url(environ, "CI_MERGE_REQUEST_SOURCE_PROJECT_URL") or _url(environ, "CI_PROJECT_URL")
    return MergeEvent(
        api_url=checked_url(environ.get("CI_API_V4_URL", "")),
        project=str(project),
        number=positive(environ, "CI_MERGE_REQUEST_IID"),
        head=head,
        base=line(environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")) or None,
        base_sha=_hash(environ, "CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        run_url=_url(environ, "CI_JOB_URL"),
        files_url=f"{files}/-/blob/{head}/" if files and head else None,
        is_fork=source is not None and source != project,
    )


def _hash(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "")
    return text if is_hash(text) else None


def _url(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "")
    return checked_url(text) if text else None
