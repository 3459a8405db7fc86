"""The `llmcost` command: one file per verb, imported when the verb is used."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from pytest_llmcost import __version__
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSED, FAILED, WRONG_USE = 0, 1, 2
"""Exit statuses: the verdict is pass, the verdict is fail, a usage or input error."""

VERBS = {
    "init": "write a commented starting [tool.llmcost] table into pyproject.toml",
    "report": "draw the report of a run file",
    "check": "print what a run file found, and its verdict as exit status 0 or 1",
    "combine": "put the run files of shards and matrix jobs together as one, judged once",
    "diff": "say what changed between a base and a run file, why, and what it costs a month",
    "base": "fetch the run file of the base branch from GitHub Actions, to compare a pull request with",
    "comment": "write the report as one comment on its pull request, on GitHub or GitLab",
    "accept": "write the baseline of a run file, with the reason for its increase",
    "log": "show the history of the baseline in git, commit by commit: month, change, main cause",
    "estimate": "project a month from declared tokens and traffic, without any test",
    "whatif": "apply levers and other models to the calls of a run file: a month before and after",
    "prices": "show what a model costs, by which price list, and why",
    "tokens": "count prompt files: tokens, limits, and what 1,000 requests with them cost",
    "schema": "print the JSON Schema of [tool.llmcost]",
}
"""Verb -> what it does. The module `cli/<verb>.py` has `arguments(parser)` and `run(options) -> int`."""


class _Parser(argparse.ArgumentParser):
    """Refuses with one line, as every other error of the command does."""

    def error(self, message: str) -> NoReturn:
        raise LlmCostError(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with these arguments (those of the process when None) and return its exit status."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        options = _parser(arguments).parse_args(arguments)
        status: int = import_module(f"{__name__}.{options.verb}").run(options)
        sys.stdout.flush()
    except LlmCostError as error:
        sys.stderr.write(f"llmcost: {error}\n")
        return WRONG_USE
    except SystemExit as stop:  # --help and --version have printed what they are for
        return int(stop.code or PASSED)
    except BrokenPipeError:
        # The reader has seen enough. Without this, Python complains when it flushes the pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PASSED
    return status


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of all verbs; only the one that is used is imported to say which arguments it takes."""
    parser = _Parser(prog="llmcost", description="What the LLM calls of a test suite will cost a month in production.")
    parser.add_argument("--version", action="version", version=f"pytest-llmcost {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    used = next((argument for argument in arguments if not argument.startswith("-")), None)
    for verb, about in VERBS.items():
        verb_parser = verbs.add_parser(verb, help=about, description=f"{about[0].upper()}{about[1:]}.")
        if verb == used:
            import_module(f"{__name__}.{verb}").arguments(verb_parser)
    return parser
