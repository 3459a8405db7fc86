"""`llmcost tokens FILE…`: what prompt files count as tokens, what they cost, and whether they keep their limits."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.cli import FAILED, PASSED, WRONG_USE
from pytest_llmcost.cli.drawing import FORMATS, in_term, root, width
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.cli.prompt_paths import found
from pytest_llmcost.core.phrases import named
from pytest_llmcost.core.prompt_files import beside, claims, model_of
from pytest_llmcost.core.settings import DEFAULT_MODEL
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    from pytest_llmcost.core.prompt_costs import PromptList
    from pytest_llmcost.core.prompt_files import PromptReport
    from pytest_llmcost.core.settings import PromptLimit, Settings

_ABOUT = """\
Counts prompt files: text, Markdown, templates (placeholders count as they stand), YAML, JSON and TOML as text. For each
file: its tokens, their upper bound where they are an estimate, the model and the encoding, its limit in
[tool.llmcost.prompts], and what 1,000 requests with it as input cost, plain and from the provider's cache. The text
itself is never printed.

Of a folder all files that may be prompts are counted, by their endings; a glob may be quoted; - is standard input.
Without --model the model is that of the pattern in [tool.llmcost.prompts] that holds the file, else gpt-4o.

The exit status is 1 when a file is above its limit, 2 when one cannot be counted, else 0.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file, a folder, a glob, or - for standard input")
    parser.add_argument("--model", metavar="MODEL", help="the model to count and to price for")
    parser.add_argument("--config", type=Path, metavar="PATH", help="read [tool.llmcost] from another TOML file")
    parser.add_argument("--format", choices=FORMATS, default="term", help="term (default), json or markdown")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the list; 2 when something could not be counted, 1 when a file is too long, else 0."""
    from pytest_llmcost import config

    here = root()
    counted = _counted(options, config.load(options.config, here), here)
    if counted.rows or options.format == "json":
        emit(_drawn(counted, options), options.output)
    for problem in counted.problems:
        emit_problem(problem)
    return WRONG_USE if counted.problems else FAILED if counted.too_long else PASSED


def emit_problem(problem: str) -> None:
    """Write one line to standard error."""
    encoding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(f"llmcost: {problem}\n".encode(encoding, "backslashreplace").decode(encoding))


def _drawn(counted: PromptList, options: argparse.Namespace) -> str:
    from pytest_llmcost.render import prompt_list

    if options.format == "json":
        return prompt_list.in_json(counted)
    if options.format == "markdown":
        return prompt_list.markdown(counted)
    return in_term(prompt_list.lines(counted, width=width(options.output)), options.output)


def _counted(options: argparse.Namespace, settings: Settings, here: Path) -> PromptList:
    """Count and price every file that can be."""
    from pytest_llmcost.core.prompt_costs import PromptList, priced
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.tokens.prompt_files import PromptCounter

    as_of = settings.prices_as_of or datetime.now(UTC).date()
    book = PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)
    counter = PromptCounter(settings.models)
    if options.model is not None and not counter.knows(options.model):
        raise LlmCostError(f"--model: {_unknown(options.model)}")
    files, problems = found(options.files, here)
    reports: list[PromptReport] = []
    remarks = _Remarks(options.model)
    for one in files:
        holding = claims(one.in_project, settings.prompts) if one.in_project is not None else ()
        model = options.model or (model_of(holding[0]) if holding else DEFAULT_MODEL)
        if one.text.problem:
            problems.append(f"{one.text.path} {one.text.problem}")
        elif not counter.knows(model):
            problems.append(f"{one.text.path} is not counted: {_unknown(model)}")
        else:
            reports.append(beside(counter.count(one.text.path, one.text.text, model), holding))
            remarks.note(one.text.path, model, holding)
    return PromptList(
        rows=tuple(priced(one, book) for one in reports),
        prices=book.prices,
        remarks=tuple(remarks.told()),
        problems=tuple(problems),
        currency=settings.currency,
    )


def _unknown(model: str) -> str:
    return (
        f"nothing is known of how {model!r} counts tokens; correct its name, or name its like in [tool.llmcost.models]"
    )


class _Remarks:
    """What is to be said about models and limits, for several files at once."""

    def __init__(self, typed: str | None) -> None:
        self._typed = typed
        self._unnamed: list[str] = []
        self._of_another: list[str] = []
        self._rivals: list[str] = []

    def note(self, path: str, model: str, holding: tuple[PromptLimit, ...]) -> None:
        """Note one file, and the limits with the strongest claim to it."""
        if self._typed is None and not any(limit.model for limit in holding[:1]):
            self._unnamed.append(path)
        if len(holding) > 1:
            self._rivals.append(path)
        elif holding and model_of(holding[0]) != model:
            self._of_another.append(path)

    def told(self) -> list[str]:
        """Return the sentences."""
        pairs = (
            (
                self._unnamed,
                f"no model is named for {{}}: counted for `{DEFAULT_MODEL}`; name one with --model, or by a pattern",
            ),
            (self._of_another, "the limit of {} is in tokens of another model, so it is not held here"),
            (self._rivals, "several patterns have equal claim to {}, so no limit holds; make one longer"),
        )
        return [sentence.format(named(files)) for files, sentence in pairs if files]
