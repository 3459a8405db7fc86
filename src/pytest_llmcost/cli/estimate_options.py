"""The options of `llmcost estimate`: what a request uses, how often it is made, and how production serves it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import FORMATS
from pytest_llmcost.cli.lever_options import MOST_TOKENS, add_conversation, add_levers
from pytest_llmcost.cli.numbers import number, pair, share, whole
from pytest_llmcost.cli.output import add_output
from pytest_llmcost.cli.prices import day
from pytest_llmcost.core.money import ZERO

if TYPE_CHECKING:
    import argparse
    from decimal import Decimal

MOST_CALLS = 200
"""Each call is priced on its own."""

_TOKENS = whole(most=MOST_TOKENS)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let the verb take them."""
    _request(parser.add_argument_group("one request"))
    _traffic(parser)
    add_conversation(
        parser.add_argument_group(
            "conversation: each later turn sends the history too",
            "What the user writes is the input without its system part; by default a session has 1 turn.",
        )
    )
    add_levers(parser.add_argument_group("levers"))
    _beside(parser.add_argument_group("beside the calls"))
    _drawing(parser.add_argument_group("projection and output"))


def _request(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--model", required=True, metavar="MODEL", help="any name that llmcost prices takes")
    group.add_argument("--input-tokens", required=True, type=_TOKENS, metavar="N", help="tokens of the whole input")
    group.add_argument("--output-tokens", required=True, type=_TOKENS, metavar="N", help="tokens of the answer")
    group.add_argument(
        "--system-tokens",
        type=_TOKENS,
        default=0,
        metavar="N",
        help="of the input: the fixed front, system prompt and tools, that a prefix cache can hold; default 0",
    )
    group.add_argument(
        "--calls", type=whole(least=1, most=MOST_CALLS), default=1, metavar="N", help="of an agent: calls per request"
    )
    group.add_argument(
        "--tokens-per-call",
        type=_TOKENS,
        metavar="N",
        help="input tokens that each of these calls carries more than the one before; default 0",
    )
    group.add_argument(
        "--operation", choices=("chat", "embeddings"), default="chat", help="what the calls are; default chat"
    )
    group.add_argument("--name", default="estimate", metavar="NAME", help="of the feature in the run file")


def _traffic(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("traffic: one of --requests, --requests-per-day, --users with --sessions")
    forms = group.add_mutually_exclusive_group(required=True)
    forms.add_argument("--requests", type=number(), metavar="N", help="requests a month")
    forms.add_argument("--requests-per-day", type=number(), metavar="N", help="requests a day, x days_per_month (30)")
    forms.add_argument("--users", type=number(), metavar="N", help="users a month, x --sessions x --turns")
    group.add_argument("--sessions", type=number(), metavar="N", help="sessions per user and month")


def _beside(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--overhead",
        type=partial(_named_number, form="NAME=SHARE, such as retries=0.1"),
        action="append",
        default=[],
        metavar="NAME=SHARE",
        help="a share of the inference cost, beside those of the configuration; repeatable",
    )
    group.add_argument(
        "--fixed",
        type=partial(_named_number, form="NAME=USD, such as vector_db=500"),
        action="append",
        default=[],
        metavar="NAME=USD",
        help="US dollars a month, whatever the traffic; repeatable",
    )
    group.add_argument(
        "--revenue", type=number(), metavar="USD", help="US dollars a month, for the cost as a share of it"
    )
    group.add_argument(
        "--conversion", type=share, metavar="SHARE", help="of the sessions that convert, for the cost of a conversion"
    )


def _drawing(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--scenario", metavar="NAME", help="the headline scenario; default: as pytest has it, measured")
    group.add_argument(
        "--growth",
        type=number(least=-99, most=1_000),
        default=ZERO,
        metavar="PERCENT",
        help="of the traffic per month, for the forecast; prices fall in it as the configuration says",
    )
    group.add_argument("--explain", action="store_true", help="unfold the month into its amounts, rates and layers")
    group.add_argument("--as-of", type=day, metavar="DATE", help="the day whose prices hold, such as 2026-11-01")
    group.add_argument(
        "--config", type=Path, metavar="PATH", help="read [tool.llmcost] from this TOML file instead of pyproject.toml"
    )
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="term",
        help="term (default), markdown, or json: a run file, for llmcost report and others",
    )
    add_output(group)


def _named_number(text: str, form: str) -> tuple[str, Decimal]:
    name, value = pair(text, mark="=", form=form)
    return name, number()(value)
