"""The `--output FILE` option, shared by every verb that prints something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    import argparse


def add_output(parser: argparse._ActionsContainer) -> None:
    """Let the verb take `--output FILE`; the file lands in `options.output`."""
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of standard output")


def emit(text: str, output: Path | None) -> None:
    """Write the text, as UTF-8, to the file, or to standard output when there is none.

    What standard output, or UTF-8, cannot hold is written as its escape.

    Raises:
        LlmCostError: the file cannot be written.
    """
    if output is None:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return
    try:
        output.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise LlmCostError(f"{output} cannot be written: {error.strerror}") from error
