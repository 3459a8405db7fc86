"""`llmcost base`: the newest run that CI has measured on the base branch, to compare a pull request with."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.cli.output import emit
from pytest_llmcost.errors import GitError, LlmCostError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.forge.actions import Actions, Artifact
    from pytest_llmcost.forge.event import Event, Trigger

DEFAULT_OUTPUT = "llmcost-base.json"

_ABOUT = """\
The newest run file that a push to the base branch has uploaded, that of the merge base where there is one.

For jobs of GitHub Actions, with the token in GITHUB_TOKEN, which needs the permission `actions: read`. Afterwards:

  pytest --llmcost --llmcost-baseline=llmcost-base.json

Where nothing was uploaded yet, or it cannot be read, one line says so, and the file that is written lets pytest take
the committed baseline. The exit status is 0 all the same.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--artifact", default="llmcost-report", metavar="NAME", help="that the runs upload; default: llmcost-report"
    )
    parser.add_argument("--workflow", metavar="FILE", help="that uploads it; default: the one that this job is part of")
    parser.add_argument(
        "--output", type=Path, default=Path(DEFAULT_OUTPUT), metavar="FILE", help=f"default: {DEFAULT_OUTPUT}"
    )


def run(options: argparse.Namespace) -> int:
    """Write the file, and say in one line what it holds; the status is 0 also where nothing was found."""
    from pytest_llmcost.forge.event import github_event
    from pytest_llmcost.forge.failure import ForgeError
    from pytest_llmcost.storage import no_base, run_file

    event = github_event(os.environ, _event_text(os.environ))
    if event is None:
        raise LlmCostError("llmcost base is for jobs of GitHub Actions: elsewhere, name a file with --llmcost-baseline")
    try:
        actions = _actions(event, os.environ)
        artifact, text = _found(actions, _wanted(event, actions, options.workflow), options.artifact)
        commit = f" of {artifact.head[:7]}" if artifact.head else ""
        said = f"base data{commit} (run {artifact.run}) written to {options.output}"
    except (ForgeError, RunFileError) as error:
        text = no_base.dumps("No run of the base branch to compare with yet.")
        said = f"no base data: {error}; {options.output} lets pytest take the committed baseline"
    run_file.write(options.output, (text,))
    emit(f"{said}\n", None)
    return 0


class _Wanted(NamedTuple):
    """Which run is looked for."""

    branch: str
    fork_point: str | None
    """Full hash of the commit whose run is the best one."""
    workflow: str | int
    """File name or number."""


def _event_text(environ: Mapping[str, str]) -> str:
    path = environ.get("GITHUB_EVENT_PATH")
    try:
        return Path(path).read_text(encoding="utf-8") if path else ""
    except (OSError, ValueError):
        raise LlmCostError("GITHUB_EVENT_PATH cannot be read: run this in a step of a workflow") from None


def _actions(event: Event, environ: Mapping[str, str]) -> Actions:
    from pytest_llmcost.forge.actions import Actions
    from pytest_llmcost.forge.api import Api, Token

    return Actions(Api(event.api_url, Token(environ.get("GITHUB_TOKEN", ""))), event.repository)


def _wanted(event: Event, actions: Actions, workflow: str | None) -> _Wanted:
    if event.trigger is not None:
        return _wanted_after(event.trigger, actions, workflow)
    branch, known = event.base or event.head_branch, workflow or event.workflow
    if branch is None:
        raise RunFileError(f"the event {event.name!r} names no base branch: it has to be pull_request or push")
    if known is None and event.run is None:
        raise RunFileError("this job does not know its workflow: name its file with --workflow")
    return _Wanted(branch, _fork_point(event), known or actions.workflow_of(event.run or 0))


def _wanted_after(trigger: Trigger, actions: Actions, workflow: str | None) -> _Wanted:
    """Find the pull request of the run before this job: GitHub does not tell it where it is one of a fork."""
    if trigger.repository is None or trigger.branch is None:
        raise RunFileError("the branch of the pull request is gone: nothing is compared")
    pull = actions.find_pull_request(repository=trigger.repository, branch=trigger.branch, head=trigger.head)
    fork_point = actions.compared(pull.base_sha, trigger.head).merge_base
    return _Wanted(pull.base, fork_point, workflow or trigger.workflow)


def _fork_point(event: Event) -> str | None:
    """Return the commit at which the pull request left its base, as git has it; that of the event in a clone of one."""
    from pytest_llmcost.storage import git

    try:
        return event.base_sha if event.base is None else git.merge_base(f"origin/{event.base}", Path.cwd())
    except GitError:
        return event.base_sha


def _found(actions: Actions, wanted: _Wanted, name: str) -> tuple[Artifact, str]:
    """Return the artifact and the run file in it. Raises ForgeError or RunFileError, one line."""
    from pytest_llmcost.storage import run_baseline, run_file
    from pytest_llmcost.storage.artifact import LARGEST, unpacked

    found = actions.base_artifact(workflow=wanted.workflow, branch=wanted.branch, name=name, prefer=wanted.fork_point)
    text = unpacked(actions.download(found, at_most=LARGEST))
    # What pytest is to read must be readable: it would end the run otherwise.
    run_baseline.baseline(run_file.loads(text, source="its file"), source="its file")
    return found, text.decode("utf-8-sig")
