"""The `--output FILE` option, shared by every verb that prints something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    import argparse


def add_output(parser: argparse.ArgumentParser) -> None:
    """Let the verb take `--output FILE`; the file lands in `options.output`."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of standard output")


def emit(text: str, output: Path | None) -> None:
    """Write the text, as UTF-8, to the file, or to standard output when there is none.

    Raises:
        LlmCostError: the file cannot be written.
    """
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise LlmCostError(f"{output} cannot be written: {error.strerror}") from error
