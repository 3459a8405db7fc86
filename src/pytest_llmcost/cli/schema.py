"""`llmcost schema`: the JSON Schema of `[tool.llmcost]`, for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.config import schema

if TYPE_CHECKING:
    import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Write the schema; the status is always 0."""
    emit(json.dumps(schema(), indent=2) + "\n", options.output)
    return 0
