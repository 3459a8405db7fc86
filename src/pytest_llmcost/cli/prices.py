"""`llmcost prices MODEL`: what we would charge for a model, and why."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import FORMATS, in_term, root, width
from pytest_llmcost.cli.output import add_output, emit
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.quote import Quote

_ABOUT = """\
The rates of a model as the calls of a run are priced: by your own [tool.llmcost.prices], else by genai-prices, else by
a list of what that lacks. MODEL is any name that an SDK or a gateway has for it: gpt-4o, azure/gpt-4o, openai:gpt-4o,
bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0, models/gemini-2.5-flash, or one of [tool.llmcost.models].
A cost that a reply itself states goes before every list. [tool.llmcost.discounts] are off the rates of lists; what a
list says stands beside them. Nothing is fetched.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("model", type=_name, metavar="MODEL", help="the name of a model, with or without its provider")
    parser.add_argument("--provider", metavar="NAME", help="who serves it, where the name does not say so: aws, azure")
    parser.add_argument(
        "--as-of", type=day, metavar="DATE", help="the day whose prices hold (2026-11-01); default: as pytest has it"
    )
    parser.add_argument(
        "--config", type=Path, metavar="PATH", help="read [tool.llmcost] from this TOML file instead of pyproject.toml"
    )
    parser.add_argument("--format", choices=FORMATS, default="term", help="term (default), json or markdown")
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the rates; LlmCostError, one line with the nearest names, for a model without a price."""
    from pytest_llmcost import config
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.pricing.quoting import nearest, quote, why_not

    settings = config.load(options.config, root())
    as_of = options.as_of or settings.prices_as_of or datetime.now(UTC).date()
    book = PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)
    found = quote(book, options.model, options.provider)
    if found is None:
        like = ", ".join(nearest(book, options.model))
        raise LlmCostError(
            f"{options.model}: {why_not(book, options.model, options.provider)}{f'; nearest: {like}' if like else ''}"
        )
    emit(_drawn(found, settings.currency, options), options.output)
    return 0


def _drawn(found: Quote, currency: Currency, options: argparse.Namespace) -> str:
    from pytest_llmcost.render import quote as drawing

    if options.format == "json":
        return drawing.in_json(found, currency)
    if options.format == "markdown":
        return drawing.markdown(found, currency)
    return in_term(drawing.lines(found, currency, width=width(options.output)), options.output)


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("the name of a model must not be empty")
    return text


def day(text: str) -> date:
    """Read a day as 2026-11-01."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-01") from None
