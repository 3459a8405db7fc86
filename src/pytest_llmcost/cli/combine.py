"""`llmcost combine RUN…`: the run files of shards and matrix jobs as one, judged once."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost import config
from pytest_llmcost.cli import PASSED
from pytest_llmcost.cli.output import emit
from pytest_llmcost.cli.placed import placed
from pytest_llmcost.core.combined_checks import Here, combined
from pytest_llmcost.core.combining import combine
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.parts import parts_of
from pytest_llmcost.core.phrases import plural
from pytest_llmcost.core.settings import fingerprint
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage import collector, run_file, run_report, run_settings, sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.add_argument(
        "runs", type=Path, metavar="RUN", nargs="+", help="files that pytest --llmcost --llmcost-report=json wrote"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("llmcost.json"), help="default: llmcost.json"
    )
    parser.add_argument("--config", type=Path, metavar="PATH", help="read [tool.llmcost] from another TOML file")
    parser.add_argument(
        "--baseline", metavar="SOURCE", help="a file, git:REF, git:merge-base:REF or none; default: as pytest has it"
    )
    parser.add_argument("--scenario", metavar="NAME", help="the headline scenario")


def run(options: argparse.Namespace) -> int:
    """Write the combined run file and say what is in it; the status is 0, for the verdict is that of check."""
    with collector.paused():  # half of the time otherwise; what is large is gone when it goes on
        emit(_combined(options, Path.cwd()), None)
    return PASSED


class _Given(NamedTuple):
    """The run files: what was recorded, and the days of their prices."""

    runs: list[Run]
    days: list[date]


def _combined(options: argparse.Namespace, root: Path) -> str:
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.render import run_json
    from pytest_llmcost.render.run_config import declared

    settings = config.headline(config.load(options.config, root), options.scenario, "--scenario")
    given = _read(options.runs)
    against = _against(options.baseline, settings, root)
    run = combine(given.runs)
    price = PriceBook(
        as_of=_day(run, given), models=settings.models, prices=settings.prices, discounts=settings.discounts
    )
    prices = price.prices
    here = Here(
        settings=fingerprint(settings),
        prices=f"{prices.source} {prices.version}",
        baseline=None if options.baseline else against.name,
    )
    run = replace(run, findings=(*run.findings, *combined(run, here)))
    report = build_report(run, settings, against, Book(price=price, prices=prices, claims=price.claims))
    report = placed(report, against.baseline, root, settings.baseline)
    run_file.write(options.output, run_json.chunks(report, declared(settings)))
    return _sentence(options, given.runs, report)


def _against(source: str | None, settings: Settings, root: Path) -> Against:
    """Read the baseline as pytest does, what the change itself proposes included."""
    found = sources.read_baseline(source, configured=settings.baseline, root=root, environ=os.environ)
    return sources.with_work_tree(found, configured=settings.baseline, root=root, environ=os.environ)


def _read(paths: Iterable[Path]) -> _Given:
    """Read all files; RunFileError with one line for each that cannot be."""
    given, problems = _Given([], []), []
    for path in paths:
        try:
            data = run_file.read(path)
            given.runs.append(run_report.run(data))
            given.days.append(run_settings.prices_date(data))
        except RunFileError as error:
            told = str(error)
            problems.append(told if str(path) in told else f"{path}: {told}")
    if problems:
        raise RunFileError("\n".join(problems))
    return given


def _day(run: Run, given: _Given) -> date:
    """Return the day whose prices hold: the earliest, where the files have several."""
    days = [date.fromisoformat(part.as_of) for part in run.parts if part.as_of]
    return min([*days, *given.days])


def _sentence(options: argparse.Namespace, runs: Sequence[Run], report: Report) -> str:
    run = report.run
    assert run is not None  # it was made of one
    tests = len({test.test for test in run.tests})
    times = Counter(part.id for one in runs for part in parts_of(one))
    twice = sum(count > 1 for count in times.values())
    odd = sorted({finding.rule for finding in report.findings if finding.rule.startswith("combined-")})
    files, there = plural(len(runs), "file"), plural(len(run.parts), "run")
    told = [
        f"{there} of {files} combined into {options.output}: {plural(tests, 'test')}, {plural(len(run.calls), 'call')}",
        *([f"{plural(twice, 'run')} given more than once, counted once"] if twice else []),
        *([f"{plural(len(run.missing), 'test')} not run"] if run.missing else []),
        *([f"see {', '.join(odd)} in llmcost check {options.output}"] if odd else []),
    ]
    return f"{'; '.join(told)}\n"
