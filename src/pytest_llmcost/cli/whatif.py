"""`llmcost whatif RUN`: levers and other models, applied to the calls of a run file: a month before and after."""

from __future__ import annotations

import argparse
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost import config
from pytest_llmcost.cli import PASSED, judged
from pytest_llmcost.cli.drawing import FORMATS, add_run, in_term, width
from pytest_llmcost.cli.lever_checks import contradiction, known_models, misplaced
from pytest_llmcost.cli.lever_options import MOST_TOKENS, add_conversation, add_levers, given
from pytest_llmcost.cli.numbers import number, whole
from pytest_llmcost.cli.output import emit
from pytest_llmcost.cli.whatif_checks import chosen
from pytest_llmcost.core.demand import doubts, unpriced
from pytest_llmcost.core.whatif import Levers, usd, whatif
from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.storage import collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.candidates import Others
    from pytest_llmcost.core.whatif import WhatIf
    from pytest_llmcost.pricing import PriceBook
    from pytest_llmcost.render.whatif import Shown

_ABOUT = """\
Applies levers and other models to the calls that a run file holds, and says what the month that it projects would be.
Traffic, scenarios, overheads and prices are those of the file. Levers are pulled in one order, whatever the order of
the options: traffic, length of sessions, shorter prompt, output limit, shorter history, prefix cache, batch, routing,
fallback, response cache. What each saves is told in this order, and alone. Nothing is fetched, and nothing is called.
"""

_EXAMPLES = """\
examples:
  llmcost whatif llmcost.json --feature support_chat --trim 20 --max-output 300
  llmcost whatif llmcost.json --route gpt-4o-mini=0.7 --response-cache 0.3
  llmcost whatif llmcost.json --candidates
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    parser.description = _ABOUT
    parser.epilog = _EXAMPLES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_run(parser, FORMATS)
    parser.add_argument(
        "--feature",
        action="append",
        default=[],
        metavar="NAME",
        help="change this feature only; repeatable; default: every feature with traffic",
    )
    parser.add_argument("--scenario", metavar="NAME", help="the scenario of the month; default: that of the file")
    parser.add_argument("--traffic", type=number(), default=Decimal(1), metavar="FACTOR", help="on the requests")
    parser.add_argument("--candidates", action="store_true", help="add a table of other models for the same calls")
    parser.add_argument(
        "--explain", action="append", default=[], metavar="FEATURE", help="unfold its month afterwards; repeatable"
    )
    _usage(parser.add_argument_group("what each chat uses"))
    add_conversation(parser.add_argument_group("conversation: each later turn sends the history too"))
    add_levers(parser.add_argument_group("levers"))


def _usage(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--trim",
        type=number(most=100),
        metavar="PERCENT",
        help="leave out this part of the input tokens of each chat: a shorter prompt",
    )
    group.add_argument(
        "--max-output", type=whole(least=1, most=MOST_TOKENS), metavar="N", help="output tokens of each chat at most"
    )
    group.add_argument("--model", metavar="MODEL", help="send all chats to another model, after --route what is left")


def run(options: argparse.Namespace) -> int:
    """Draw the month before and after; LlmCostError, one line, for what cannot be."""
    for problem in contradiction(options):
        raise LlmCostError(problem)
    with collector.paused():
        emit(_drawn(_shown(options), options), options.output)
    return PASSED


def _shown(options: argparse.Namespace) -> Shown:
    from pytest_llmcost.render.whatif import Shown

    file = judged.read(options.run)
    settings = config.headline(file.settings, options.scenario, "--scenario")
    features = chosen(options, file.report, settings)
    for problem in misplaced(options, {one.name: one.production for one in settings.features if one.name in features}):
        raise LlmCostError(problem)
    prices = file.prices()
    known_models(options, prices, {one.call.profile.product for one in file.report.calls if one.feature in features})
    levers = Levers(
        features=features,
        traffic=options.traffic,
        kept=1 - (options.trim or Decimal(0)) / 100,
        max_output=options.max_output,
        production=dict(_production(options)),
    )
    found = whatif(file.report, settings, levers, judged.book(prices), options.explain)
    for note in unpriced(found.calls, found.settings, prices):
        if usd(found.before) is not None:
            raise LlmCostError(f"the month afterwards is not known: {note}")
    return Shown(
        found=found,
        stated=file.report,
        assumed=tuple(doubts(found.calls, found.settings, prices)),
        others=_others(found, prices) if options.candidates else None,
        explain=tuple(options.explain),
    )


def _others(found: WhatIf, prices: PriceBook) -> Others:
    """Return other models for the chats of the features that are changed."""
    from pytest_llmcost.core.candidates import others
    from pytest_llmcost.pricing.abilities import alternatives

    hosts = {product.provider for one in found.unrouted_calls for product, _, _ in one.request.parts}
    return others(found, prices, alternatives(prices, hosts))


def _production(options: argparse.Namespace) -> Iterator[tuple[str, object]]:
    """Yield the fields of how features are served that are to be replaced."""
    yield from given(options)
    if options.model:
        rest = 1 - sum((share for _, share in options.route), Decimal(0))
        yield "routes", (*options.route, (options.model, rest))
        yield "router", options.router


def _drawn(shown: Shown, options: argparse.Namespace) -> str:
    from pytest_llmcost.render import whatif as drawing

    if options.format == "json":
        from pytest_llmcost.render.whatif_json import in_json

        return in_json(shown)
    if options.format == "markdown":
        return drawing.markdown(shown)
    return in_term(drawing.lines(shown, width=width(options.output)), options.output)
