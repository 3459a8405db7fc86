"""`llmcost diff BASE RUN`: what changed between two runs, why, and what it costs a month."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost import config
from pytest_llmcost.cli import FAILED, PASSED
from pytest_llmcost.cli.drawing import FORMATS, in_term, width
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.core.against import Against
from pytest_llmcost.core.assignment import Recalled
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage import collector, run_base, run_file, run_report, run_settings
from pytest_llmcost.storage.run_baseline import of_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

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
    root = Path.cwd()
    limits = config.load(options.config, root)
    with collector.paused():  # half of the time otherwise
        base = run_base.read(options.base, configured=limits.baseline, root=root)
        data = run_file.read(options.run)
        head = run_report.report(data)
        report = _compared(base, head, data, limits)
        emit(_drawn(report, options, _diffs(base, head, data)), options.output)
    return FAILED if options.check and report.verdict is Verdict.FAIL else PASSED


def _compared(base: run_base.Base, head: Report, data: Mapping[str, object], limits: Settings) -> Report:
    """Judge the run of a file against another base, with the traffic and the prices that the file states."""
    if head.run is None:
        raise RunFileError("the run file does not say which tests ran: write a new one with pytest --llmcost")
    from pytest_llmcost.pricing import PriceBook

    settings = replace(
        run_settings.settings(data),
        max_increase_percent=limits.max_increase_percent,
        max_increase_usd=limits.max_increase_usd,
        ignore_below_usd=limits.ignore_below_usd,
        fail_on=tuple(group for group in limits.fail_on if group in _OF_TWO),
    )
    prices = PriceBook(as_of=run_settings.prices_date(data), models=settings.models, prices=settings.prices)
    book = Book(price=prices, prices=replace(head.prices, source=prices.source, version=prices.version))
    against = Against(base.baseline, f"Compared with {base.baseline.source}.")
    return build_report(replace(head.run, findings=()), settings, against, book, Recalled(head.calls))


def _diffs(base: run_base.Base, head: Report, data: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
    """Yield what changed in the texts of prompts, where both files have kept them."""
    if not base.texts or head.run is None or not head.run.texts:
        return
    from pytest_llmcost.render.prompt_diff import Side, prompt_diffs

    after = Side(calls=of_report(head, data, source=""), texts=head.run.texts)
    yield from prompt_diffs(Side(calls=base.baseline, texts=base.texts), after)


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
