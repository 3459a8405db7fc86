"""Options that pull levers: how production would serve the same calls otherwise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_llmcost.cli.numbers import number, pair, share, whole

if TYPE_CHECKING:
    import argparse
    from decimal import Decimal

    from pytest_llmcost.core.production import SideCall, Summary

MOST_TOKENS = 10**9
"""Of one call; no model reads as many."""
MOST_TURNS = 1_000
"""Each turn is priced on its own."""

_TOKENS = whole(most=MOST_TOKENS)


def add_usage(group: argparse._ArgumentGroup) -> None:
    """Let the verb change what each chat uses."""
    group.add_argument(
        "--trim",
        type=number(most=100),
        metavar="PERCENT",
        help="leave out this part of the input tokens of each chat: a shorter prompt",
    )
    group.add_argument(
        "--max-output", type=whole(least=1, most=MOST_TOKENS), metavar="N", help="output tokens of each chat at most"
    )


def add_conversation(group: argparse._ArgumentGroup) -> None:
    """Let the verb change the length of sessions, and what of them is sent."""
    group.add_argument("--turns", type=number(least=1, most=MOST_TURNS), metavar="N", help="requests per session")
    group.add_argument(
        "--tokens-per-turn", type=number(most=MOST_TOKENS), metavar="N", help="tokens that a turn adds to the history"
    )
    group.add_argument("--history-turns", type=whole(most=MOST_TURNS), metavar="N", help="turns that the history keeps")
    group.add_argument("--history-tokens", type=_TOKENS, metavar="N", help="tokens of the history at most")
    group.add_argument(
        "--summary",
        type=_summary,
        metavar="MODEL:TOKENS",
        help="a summary of so many tokens, written by MODEL, for the turns that --history-turns drops",
    )


def add_levers(group: argparse._ArgumentGroup) -> None:
    """Let the verb change who answers, and how it is bought."""
    group.add_argument("--cache", type=share, metavar="RATE", help="share of requests that read the prefix cache")
    group.add_argument("--batch", action="store_true", help="buy at the provider's batch rate")
    group.add_argument("--model", metavar="MODEL", help="send all chats to another model, after --route what is left")
    group.add_argument(
        "--route",
        type=partial(_named_share, form="MODEL=SHARE, such as gpt-4o-mini=0.7"),
        action="append",
        default=[],
        metavar="MODEL=SHARE",
        help="send this share of the requests to another model; repeatable",
    )
    group.add_argument(
        "--router",
        type=_router,
        metavar="MODEL:IN:OUT",
        help="the call that chooses the route: its model, input and output tokens",
    )
    group.add_argument(
        "--fallback",
        type=partial(_named_share, form="MODEL=SHARE, such as gpt-4o=0.05"),
        metavar="MODEL=SHARE",
        help="ask this share of the requests once more, of another model",
    )
    group.add_argument(
        "--response-cache", type=share, metavar="RATE", help="share of requests that your own cache answers"
    )
    group.add_argument("--cache-lookup", metavar="MODEL", help="embeds each request's text to look into that cache")


def _named_share(text: str, form: str) -> tuple[str, Decimal]:
    name, value = pair(text, mark="=", form=form)
    return name, share(value)


def _summary(text: str) -> Summary:
    from pytest_llmcost.core.production import Summary

    model, tokens = pair(text, mark=":", form="MODEL:TOKENS, such as gpt-4o-mini:300")
    return Summary(model=model, tokens=number(most=MOST_TOKENS)(tokens))


def _router(text: str) -> SideCall:
    from pytest_llmcost.core.production import SideCall

    form = "MODEL:IN:OUT, such as gpt-4o-mini:300:5"
    rest, made = pair(text, mark=":", form=form)
    model, given = pair(rest, mark=":", form=form)
    tokens = number(most=MOST_TOKENS)
    return SideCall(model=model, input_tokens=tokens(given), output_tokens=tokens(made))
