"""`llmcost report RUN`: the report of a run file, drawn again; the verdict does not change the exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import RunFile, add_run, in_json, in_markdown, in_term, read_run, width
from pytest_llmcost.cli.output import emit

if TYPE_CHECKING:
    import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    add_run(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the report; the status is always 0."""
    run = read_run(options.run)
    emit(_drawn(run, options), options.output)
    return 0


def _drawn(run: RunFile, options: argparse.Namespace) -> str:
    if options.format == "json":
        return in_json(run)
    if options.format == "markdown":
        return in_markdown(run)
    from pytest_llmcost.render.terminal import lines

    return in_term(lines(run.report, width=width(options.output), detail="features"), options.output)
