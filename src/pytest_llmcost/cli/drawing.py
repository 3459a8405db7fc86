"""A run file read and drawn: what the verbs that show a run have in common."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.cli.output import add_output
from pytest_llmcost.storage import run_file, run_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Sequence

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.terminal import Line

FORMATS = ("term", "json", "markdown")

_CODES = {"bold": 1, "red": 31, "green": 32, "yellow": 33}
"""Styles of lines -> ANSI codes."""


class RunFile(NamedTuple):
    """A run file: its report, and the configuration that it states."""

    report: Report
    config: dict[str, object]


def add_run(parser: argparse.ArgumentParser, formats: Sequence[str] = FORMATS) -> None:
    """Let the verb take `RUN`, `--format` and `--output`; the first of `formats` is the default."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a file that pytest --llmcost-report=json wrote")
    told = f"{formats[0]} (default), {', '.join(formats[1:-1])} or {formats[-1]}"
    parser.add_argument("--format", choices=formats, default=formats[0], help=told)
    add_output(parser)


def root() -> Path:
    """Return the project's folder: the nearest one upwards that has a pyproject.toml; the working folder for none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "pyproject.toml").is_file()), here)


def read_run(path: Path) -> RunFile:
    """Read a run file; RunFileError, one sentence, when it is none."""
    data = run_file.read(path)
    report = run_report.report(data)
    config = data["config"]
    assert isinstance(config, dict)  # reading the report has proved it
    return RunFile(report, config)


def in_json(run: RunFile) -> str:
    """The run file itself, written anew."""
    from pytest_llmcost.render import run_json

    return "".join(run_json.chunks(run.report, run.config))


def in_markdown(run: RunFile, explain: Collection[str] = ()) -> str:
    """The report as Markdown, with the months of some features unfolded."""
    from pytest_llmcost.render.markdown import markdown

    return markdown(run.report, explain)


def in_term(lines: Iterable[Line], output: Path | None) -> str:
    """Lines as text, with colours when a person reads it on a terminal."""
    coloured = output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return "".join(f"{_styled(line) if coloured else line.text}\n" for line in lines)


def width(output: Path | None) -> int:
    """Columns to draw for: those of the terminal; 80 in a file or a pipe."""
    return shutil.get_terminal_size().columns if output is None and sys.stdout.isatty() else 80


def _styled(line: Line) -> str:
    codes = ";".join(str(_CODES[style]) for style in line.styles if style in _CODES)
    return f"\033[{codes}m{line.text}\033[0m" if codes else line.text
