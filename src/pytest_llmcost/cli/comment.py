"""`llmcost comment RUN`: the report as one comment on a pull request, or on a merge request."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_llmcost.cli.drawing import read_run, root
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.cli.target import NothingError, Target, of_environment
from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.post import Action, Behaviour, Outcome, Post, marked, post
from pytest_llmcost.render.place import Place
from pytest_llmcost.storage.checkout import prefix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.report import Report

_ABOUT = """\
The report of a run as one comment on its pull request, brought up to date by each run.

In a job of GitHub Actions it goes to the pull request that the job is for, with the token in GITHUB_TOKEN, which needs
the permission `pull-requests: write`. With --gitlab it goes to the merge request of the pipeline, with the token in
LLMCOST_GITLAB_TOKEN, which needs the scope `api`. Where the token may not write, the report goes to the job summary and
one line says so; the exit status is 0 all the same. Elsewhere, and with --dry-run or --format, the comment is printed.

In a job for the event `workflow_run`, without RUN, the run file is the artifact of the run before: it is read strictly
and judged again, with the configuration, the prices and the baseline that are checked out.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "run", type=Path, nargs="?", metavar="RUN", help="a file that pytest --llmcost-report=json or combine wrote"
    )
    forges = parser.add_mutually_exclusive_group()
    for name, about in (("github", "pull request; the default in GitHub Actions"), ("gitlab", "merge request")):
        forges.add_argument(f"--{name}", dest="forge", action="store_const", const=name, help=f"comment on the {about}")
    parser.add_argument(
        "--behavior",
        choices=[one.value for one in Behaviour],
        default=Behaviour.UPDATE.value,
        metavar="WHAT",
        help="what becomes of the comment of an earlier run: update (default) replaces its text, new leaves it,"
        " delete-and-new and hide-and-new (GitHub only) put a new one at the end",
    )
    parser.add_argument("--id", default="default", metavar="NAME", help="one for each suite, where there are several")
    parser.add_argument(
        "--skip-unchanged", action="store_true", help="write no first comment while nothing has changed"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the comment with its marker, write nothing")
    parser.add_argument("--artifact", default="llmcost-report", metavar="NAME", help="where there is no RUN: its name")
    parser.add_argument("--config", type=Path, metavar="PATH", help="for an artifact: read [tool.llmcost] from there")
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="for an artifact: compare with this file, such as that of llmcost base",
    )
    parser.add_argument("--format", choices=("markdown", "json"), help="print the comment, or its data, write nothing")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Write the comment, or print it; the status is 0 whatever the verdict, and where the token may not write."""
    try:
        target = of_environment(options.forge, os.environ)
        report = _report(options, target)
    except NothingError as nothing:
        emit(f"no comment: {nothing}\n", options.output)
        return 0
    emit(_text(report, target, options), options.output)
    return 0


def _text(report: Report, target: Target | None, options: argparse.Namespace) -> str:
    """Return what is printed: the comment, its data, or what came of writing it."""
    place = _place(report, target)
    if options.format == "json":
        from pytest_llmcost.render.comment_json import comment_json

        return comment_json(report, place)
    wanted = _post(report, place, target, options)
    if options.format:
        return wanted.body
    if options.dry_run or target is None:
        return marked(wanted)
    return f"{_written(wanted, target, report)}\n"


def _place(report: Report, target: Target | None) -> Place:
    """Return what can be linked to. Locations are relative to the project's folder, links to the repository's."""
    place = target.place if target else Place()
    files = f"{place.files}{quote(prefix(root()))}" if place.files else None
    return replace(place, head=place.head or report.origins.commit, files=files)


def _report(options: argparse.Namespace, target: Target | None) -> Report:
    """Return the report of the run file, or of what the run before this job has uploaded."""
    if options.run is not None:
        return read_run(options.run).report
    if target is None or target.outside is None:
        raise LlmCostError("RUN is missing: name the file that pytest --llmcost --llmcost-report=json wrote")
    from pytest_llmcost.cli.fork import Origin, judged_again
    from pytest_llmcost.storage.artifact import unpacked

    text = unpacked(target.outside.read(options.artifact))
    origin = Origin(
        at=datetime.now(UTC),
        head=target.head,
        branch=target.place.base or "",
        fork_point=target.outside.fork_point(),
        base=options.baseline,
    )
    return judged_again(text, origin, root(), options.config)


def _post(report: Report, place: Place, target: Target | None, options: argparse.Namespace) -> Post:
    from pytest_llmcost.render.comment import comment, is_unchanged

    return Post(
        body=comment(report, place),
        id=options.id,
        at=_began(report, target),
        head=target.head if target else None,
        behaviour=Behaviour(options.behavior),
        skip_new=options.skip_unchanged and is_unchanged(report),
    )


def _began(report: Report, target: Target | None) -> datetime:
    """Return when the run began; now for a run from outside, which could say anything."""
    now = datetime.now(UTC)
    if target is not None and target.outside is not None:
        return now
    try:
        began = datetime.fromisoformat(report.created_at)
    except ValueError:
        return now
    return began if began.tzinfo else began.replace(tzinfo=UTC)


def _written(wanted: Post, target: Target, report: Report) -> str:
    """Write the comment, and say in one line what came of it; the job summary takes what the forge does not."""
    try:
        thread = target.thread()
    except ForgeError as error:  # a job of a fork has no token
        outcome = Outcome(action=Action.REFUSED, url=None, reason=str(error))
    else:
        outcome = post(thread, wanted)
    if outcome.action not in (Action.REFUSED, Action.FAILED):
        return f"{outcome.reason}{f': {outcome.url}' if outcome.url else ''}"
    return f"no comment: {outcome.reason}{_instead(report, os.environ)}"


def _instead(report: Report, environ: Mapping[str, str]) -> str:
    """Put the report into the job summary, and say so; nothing where there is none."""
    path = environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return ""
    from pytest_llmcost.render.summary import summary
    from pytest_llmcost.storage.step_summary import append

    return "; the report is in the job summary" if append(Path(path), summary(report)) else ""
