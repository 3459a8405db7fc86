"""`llmcost accept RUN --reason TEXT`: the baseline of a run, with who accepts its increase, why and until when."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.cli.output import emit
from pytest_llmcost.core.baseline import Acceptance
from pytest_llmcost.errors import LlmCostError, RunFileError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.report import Report

LONGEST = 300
"""Characters of a reason."""

_NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories: control characters, lone surrogates, ends of lines."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a file that pytest --llmcost-report=json wrote")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why the increase is right: one line")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="the last day on which it is accepted; for ever if unset")
    parser.add_argument("--config", type=Path, metavar="PATH", help="read [tool.llmcost] from another TOML file")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="the file to write; default: as configured")


def run(options: argparse.Namespace) -> int:
    """Write the baseline and say what was accepted; the status is always 0."""
    from pytest_llmcost import config
    from pytest_llmcost.core.acceptance import accept
    from pytest_llmcost.storage import baseline, git, run_file, run_report
    from pytest_llmcost.storage.sources import DEFAULT_NAME

    today = datetime.now(UTC).date()
    reason, until = _reason(options.reason), _until(options.until, today)
    data = run_file.read(options.run)
    report = run_report.report(data)
    settings = config.load(options.config, Path.cwd())
    path: Path = options.baseline or Path(settings.baseline or DEFAULT_NAME)
    old = baseline.read(path) if path.exists() else None
    said = Acceptance(
        on=today.isoformat(), by=git.author(Path.cwd()), reason=reason, before_usd=None, after_usd=None, until=until
    )
    made = accept(report, old.accepted if old is not None else (), said)
    if made is None:
        raise LlmCostError(
            f"{options.run} is compared with no baseline, so there is no increase to accept:"
            " write the first one with pytest --llmcost --llmcost-update-baseline"
        )
    new = _renewed(options.run, data, report, old)
    baseline.write(path, replace(new, accepted=(*new.accepted, made)))
    emit(_sentence(made, report, path), None)
    return 0


def _renewed(path: Path, data: Mapping[str, object], report: Report, old: Baseline | None) -> Baseline:
    """Return the baseline that the run leaves behind; RunFileError for a file that does not hold the whole run."""
    from pytest_llmcost.core.renewal import renew
    from pytest_llmcost.storage.run_settings import settings

    if report.run is None:
        raise RunFileError(f"{path} does not say which tests ran: write a new one with pytest --llmcost")
    return renew(old, report.run, report, settings(data), estimator=report.run.estimator)


def _reason(text: str) -> str:
    if any(unicodedata.category(char) in _NOT_IN_A_LINE for char in text):
        raise LlmCostError("--reason has a control character in it: give one line of text")
    reason = " ".join(text.split())
    if not reason:
        raise LlmCostError("--reason is empty: say why the increase is right, for whoever reads the baseline later")
    if len(reason) > LONGEST:
        raise LlmCostError(f"--reason has {len(reason)} characters, and {LONGEST} are the most: link to the rest")
    return reason


def _until(text: str | None, today: date) -> str | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise LlmCostError(f"--until {text!r} is no day: write it as in {today.isoformat()}") from None
    if day < today:
        raise LlmCostError(f"--until {day.isoformat()} is past, and today is {today.isoformat()}: name a later day")
    return day.isoformat()


def _sentence(made: Acceptance, report: Report, path: Path) -> str:
    from pytest_llmcost.render.text import clean

    per, draw = report.comparison.per if report.comparison is not None else "run", report.currency.draw
    until = f" until {made.until}" if made.until else ""
    by = f" by {made.by}" if made.by else ""
    moved = f"{draw(made.before_usd)} -> {draw(made.after_usd)} a {per}"
    return f"{clean(f'accepted{by}{until}: {moved} ({made.reason})')}; written to {path}: commit it with the change\n"
