"""`llmcost check RUN`: every finding of a run file and its verdict, which is the exit status."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from pytest_llmcost.cli import FAILED, PASSED
from pytest_llmcost.cli.drawing import add_run, in_json, in_markdown, in_term, read_run
from pytest_llmcost.cli.output import emit
from pytest_llmcost.cli.workflow import tell
from pytest_llmcost.core.finding import Finding, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.terminal import Line

_STYLES = {Severity.ERROR: ("red",), Severity.WARNING: ("yellow",), Severity.NOTICE: ()}


_ABOUT = """\
Prints every finding of a run file, then its verdict, which is also the exit status: 0 for pass, 1 for fail.

In a step of GitHub Actions it also annotates the code with at most 10 findings, and adds the report to the job summary.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_run(parser)


def run(options: argparse.Namespace) -> int:
    """Print the findings and the verdict (json, markdown: the whole report); 1 when the verdict is fail, else 0."""
    run = read_run(options.run)
    if options.format == "term":
        text = in_term(_lines(run.report), options.output)
    else:
        text = in_json(run) if options.format == "json" else in_markdown(run)
    emit(text, options.output)
    tell(run.report, os.environ, apart=options.format != "term" and options.output is None)
    return FAILED if run.report.verdict is Verdict.FAIL else PASSED


def _lines(report: Report) -> Iterator[Line]:
    """Yield all findings, also those that a drawn report only counts."""
    from pytest_llmcost.render.sentences import verdict
    from pytest_llmcost.render.terminal import Line
    from pytest_llmcost.render.text import clean

    for finding in report.findings:
        yield Line(clean(_sentence(finding)), _STYLES[finding.severity])
    yield Line(clean(verdict(report)), ("bold", "green" if report.verdict is Verdict.PASS else "red"))


def _sentence(finding: Finding) -> str:
    where = f"  ({finding.location})" if finding.location not in (None, finding.subject) else ""
    return f"{finding.severity.value.upper()} {finding.rule} {finding.subject}: {finding.message}{where}"
