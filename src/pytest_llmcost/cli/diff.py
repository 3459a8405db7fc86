"""`llmcost diff BASE RUN`: what changed between two runs, why, and what it costs a month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost import config
from pytest_llmcost.cli import FAILED, PASSED, judged
from pytest_llmcost.cli.drawing import FORMATS, in_term, width
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.cli.placed import placed
from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Recalled
from pytest_llmcost.core.compose import Earlier, build_report
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.storage import collector, run_base

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pytest_llmcost.cli.judged import JudgedRun
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings

_OF_TWO = ("regression", "unpriced", "unsampled")
"""What can fail a comparison; the other rules are about one run alone."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.add_argument("base", metavar="BASE", help="a run file, a baseline, git:REF or git:merge-base:REF")
    parser.add_argument("run", type=Path, metavar="RUN", help="a file that pytest --llmcost-report=json wrote")
    parser.add_argument("--check", action="store_true", help="exit with 1 when the increase is more than is allowed")
    parser.add_argument("--config", type=Path, metavar="PATH", help="read limits from this file, not pyproject.toml")
    parser.add_argument("--format", choices=FORMATS, default="term", help="term (default), json or markdown")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the comparison; the status is 0, with `--check` that of its verdict."""
    with collector.paused():  # half of the time otherwise; what is large is gone when it goes on
        text, verdict = _compared(options, Path.cwd())
    emit(text, options.output)
    return FAILED if options.check and verdict is Verdict.FAIL else PASSED


def _compared(options: argparse.Namespace, root: Path) -> tuple[str, Verdict]:
    limits = config.load(options.config, root)
    base = run_base.read(options.base, configured=limits.baseline, root=root)
    run = judged.read(options.run)
    report = placed(_judged(run, base, limits), base.baseline, root, limits.baseline)
    return _drawn(report, options, _diffs(base, run)), report.verdict


def _judged(head: JudgedRun, base: run_base.Base, limits: Settings) -> Report:
    """Judge the run of a file against another base, with the traffic and the prices that the file states."""
    settings = replace(
        head.settings,
        max_increase_percent=limits.max_increase_percent,
        max_increase_usd=limits.max_increase_usd,
        ignore_below_usd=limits.ignore_below_usd,
        fail_on=tuple(group for group in limits.fail_on if group in _OF_TWO),
    )
    against = Against(base.baseline, f"Compared with {base.baseline.source}.")
    earlier = Earlier(assignment=Recalled(head.report.calls), advice=head.report.advice)
    return build_report(replace(head.run, findings=()), settings, against, judged.book(head.prices()), earlier)


def _diffs(base: run_base.Base, head: JudgedRun) -> Iterator[tuple[str, ...]]:
    """Yield what changed in the texts of prompts, where both files have kept them."""
    if not base.texts or not head.run.texts:
        return
    from pytest_llmcost.render.prompt_diff import Side, prompt_diffs

    calls = renew(None, head.run, head.report, head.settings, estimator=head.run.estimator)
    before, after = Side(calls=base.baseline, texts=base.texts), Side(calls=calls, texts=head.run.texts)
    yield from prompt_diffs(before, after)


def _drawn(report: Report, options: argparse.Namespace, diffs: Iterator[tuple[str, ...]]) -> str:
    if options.format == "json":
        from pytest_llmcost.render import diff_json

        return "".join(diff_json.chunks(report))
    from pytest_llmcost.render import prompt_diff

    if options.format == "markdown":
        from pytest_llmcost.render.markdown import markdown

        return markdown(report) + prompt_diff.in_markdown(diffs)
    from pytest_llmcost.render.terminal import lines

    *drawn, verdict = lines(report, width=width(options.output), detail="changes")
    return in_term([*drawn, *prompt_diff.in_term(diffs), verdict], options.output)
