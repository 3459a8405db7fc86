"""`llmcost estimate`: what a month costs, from tokens and traffic that are declared, without any test."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pytest_llmcost import __version__
from pytest_llmcost.cli.drawing import RunFile, in_json, in_markdown, in_term, root, width
from pytest_llmcost.cli.estimate_checks import impossible
from pytest_llmcost.cli.estimate_options import add_options
from pytest_llmcost.cli.lever_checks import known_models
from pytest_llmcost.cli.lever_options import given
from pytest_llmcost.cli.output import emit
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    from pytest_llmcost.core.declared import Declared
    from pytest_llmcost.core.estimate import Estimate
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.pricing import PriceBook

_ABOUT = """\
The calculator: what a month costs, from what one request uses and how often it is made, without any test. It goes
through the same arithmetic as a run of pytest: prices, conversation, levers, scenarios, overheads and fixed costs.

[tool.llmcost] gives your own prices, models, discounts, currency, scenarios, overheads, fixed costs and
days_per_month. With --format json a run file is written, which llmcost report and others read. Nothing is fetched.
"""

_EXAMPLES = """\
examples:
  llmcost estimate --model gpt-4o --input-tokens 2000 --output-tokens 300 --requests 500000
  llmcost estimate --model claude-sonnet-4-5 --input-tokens 4200 --system-tokens 4000 --output-tokens 300 \\
      --users 10000 --sessions 4 --turns 30 --history-turns 8 --cache 0.8
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_options(parser)


def run(options: argparse.Namespace) -> int:
    """Draw the estimate; LlmCostError, one line, for what cannot be, and for a model without a price."""
    from pytest_llmcost import config
    from pytest_llmcost.core.compose import Book
    from pytest_llmcost.core.estimate import estimate
    from pytest_llmcost.pricing import PriceBook

    for problem in impossible(options):
        raise LlmCostError(problem)
    settings = _settings(config.headline(config.load(options.config, root()), options.scenario, "--scenario"), options)
    now = datetime.now(UTC)
    as_of = options.as_of or settings.prices_as_of or now.date()
    book = PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)
    declared = _declared(options, book)
    found = estimate(
        declared,
        settings,
        Book(price=book, prices=book.prices, claims=book.claims),
        (now.isoformat(timespec="seconds"), __version__),
    )
    for finding in found.report.findings:
        if finding.rule == "unpriced":
            raise LlmCostError(finding.message)
    emit(_drawn(found, options), options.output)
    return 0


def _settings(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return the project's settings with what the command line adds; one of the same name goes before."""
    return replace(
        settings,
        overheads={**settings.overheads, **dict(options.overhead)},
        fixed_monthly_usd={**settings.fixed_monthly_usd, **dict(options.fixed)},
        prices_as_of=options.as_of or settings.prices_as_of,
    )


def _declared(options: argparse.Namespace, book: PriceBook) -> Declared:
    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.declared import Declared
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.traffic import Traffic

    known_models(options, book, ())
    return Declared(
        name=options.name,
        product=book.sold(Product("", options.model, options.operation)),
        input_tokens=options.input_tokens,
        output_tokens=options.output_tokens,
        system_tokens=options.system_tokens,
        calls=options.calls,
        tokens_per_call=options.tokens_per_call or 0,
        traffic=Traffic(
            requests_per_month=options.requests,
            requests_per_day=options.requests_per_day,
            monthly_users=options.users,
            sessions_per_user=options.sessions,
            turns_per_session=options.turns if options.users is not None else None,
        ),
        production=Production(**dict(given(options))),  # type: ignore[arg-type]
        growth_percent_per_month=options.growth,
        revenue_per_month=options.revenue,
        conversion_rate=options.conversion,
    )


def _drawn(found: Estimate, options: argparse.Namespace) -> str:
    from pytest_llmcost.render.run_config import declared
    from pytest_llmcost.render.terminal import unjudged

    explain = [options.name] if options.explain else []
    run = RunFile(found.report, declared(found.settings))
    if options.format == "json":
        return in_json(run)
    if options.format == "markdown":
        return in_markdown(run, explain)
    columns = width(options.output)
    return in_term(unjudged(run.report, width=columns, detail="features", explain=explain), options.output)
