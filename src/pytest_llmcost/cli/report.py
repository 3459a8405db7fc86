"""`llmcost report RUN`: the report of a run file, drawn again; the verdict does not change the exit status."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import FORMATS, RunFile, add_run, in_json, in_markdown, in_term, read_run, root, width
from pytest_llmcost.cli.output import emit
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    from pytest_llmcost.core.report import Report

_ABOUT = """\
Draws the report of a run file again; the exit status is 0 whatever the verdict.

html is a page of its own, sarif the findings for GitHub code scanning, badge the JSON that a shields.io endpoint badge
shows.
"""

_FORMATS = (*FORMATS, "html", "sarif", "badge")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_run(parser, _FORMATS)
    parser.add_argument(
        "--explain",
        action="append",
        default=[],
        metavar="FEATURE",
        help="unfold the month of a feature into its amounts, rates and layers; term and markdown; repeatable",
    )


def run(options: argparse.Namespace) -> int:
    """Draw the report; the status is always 0."""
    run = read_run(options.run)
    names = [feature.name for feature in run.report.features]
    if unknown := next((name for name in options.explain if name not in names), None):
        from pytest_llmcost.config.problems import suggestion

        raise LlmCostError(f"--explain {unknown}: no such feature; {suggestion(unknown, names, what='features')}")
    emit(_drawn(run, options), options.output)
    return 0


def _drawn(run: RunFile, options: argparse.Namespace) -> str:
    if options.format == "json":
        return in_json(run)
    if options.format == "markdown":
        return in_markdown(run, options.explain)
    if options.format in {"html", "sarif", "badge"}:
        return _for_others(run.report, options.format)
    from pytest_llmcost.render.terminal import lines

    return in_term(
        lines(run.report, width=width(options.output), detail="features", explain=options.explain), options.output
    )


def _for_others(report: Report, kind: str) -> str:
    if kind == "html":
        from pytest_llmcost.render.html import html

        return html(report)
    if kind == "badge":
        from pytest_llmcost.render.badge import badge

        return badge(report)
    from pytest_llmcost.render.sarif import sarif
    from pytest_llmcost.storage.checkout import prefix

    return sarif(report, prefix(root()))
