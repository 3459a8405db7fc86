"""Options that pull levers: how production would serve the same calls otherwise."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pytest_llmcost.cli.numbers import number, pair, share, whole

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.production import SideCall, Summary

MOST_TOKENS = 10**9
"""Of one call; no model reads as many."""
MOST_TURNS = 1_000
"""Each turn is priced on its own."""


def add_conversation(group: argparse._ArgumentGroup) -> None:
    """Let the verb take the length of sessions, and what of them is sent."""
    group.add_argument("--turns", type=number(least=1, most=MOST_TURNS), metavar="N", help="requests per session")
    group.add_argument(
        "--tokens-per-turn",
        type=number(most=MOST_TOKENS),
        metavar="N",
        help="tokens that a turn adds to the history, 0 for no history; else what the user writes, and the answer",
    )
    group.add_argument("--history-turns", type=whole(most=MOST_TURNS), metavar="N", help="turns that the history keeps")
    group.add_argument(
        "--history-tokens",
        type=whole(most=MOST_TOKENS),
        metavar="N",
        help="tokens of the history that are sent at most",
    )
    group.add_argument(
        "--summary",
        type=_summary,
        metavar="MODEL:TOKENS",
        help="a summary of so many tokens, written by MODEL, for the turns that --history-turns drops",
    )


def add_levers(group: argparse._ArgumentGroup) -> None:
    """Let the verb take who answers, and how it is bought."""
    group.add_argument(
        "--cache", type=share, metavar="SHARE", help="of the requests that read the provider's prefix cache, 0 to 1"
    )
    group.add_argument(
        "--response-cache", type=share, metavar="SHARE", help="of the requests that your own cache answers, 0 to 1"
    )
    group.add_argument(
        "--cache-lookup", metavar="MODEL", help="embeds each request's user text for a look into that cache"
    )
    group.add_argument("--batch", action="store_true", help="buy at the provider's batch rate")
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


def given(options: argparse.Namespace) -> Iterator[tuple[str, object]]:
    """Yield the fields of `Production` that these options give."""
    from pytest_llmcost.core.production import SideCall

    for field, value in (
        ("turns_per_session", options.turns),
        ("tokens_per_turn", options.tokens_per_turn),
        ("history_turns", options.history_turns),
        ("history_tokens", options.history_tokens),
        ("summary", options.summary),
        ("cache_hit_rate", options.cache),
        ("batch", options.batch or None),
        ("routes", tuple(options.route) or None),
        ("fallback", options.fallback),
        ("response_cache_hit_rate", options.response_cache),
        ("response_cache_lookup", options.cache_lookup and SideCall(model=options.cache_lookup)),
    ):
        if value is not None:
            yield field, value
    if options.route:
        yield "router", options.router


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
