"""What single options of `llmcost estimate` cannot show: those that need each other, and sums that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.cli.lever_checks import contradiction, doubled, misplaced
from pytest_llmcost.core.production import PLAIN

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

MOST_PRICES = 10_000


def impossible(options: argparse.Namespace) -> Iterator[str]:
    """Yield what contradicts itself, one sentence each."""
    for given, needed in (("users", "sessions"), ("sessions", "users")):
        if getattr(options, given) is not None and getattr(options, needed) is None:
            yield f"--{given} needs --{needed}: traffic is users x sessions x turns"
    if not options.name.strip():
        yield "--name must not be empty"
    if options.system_tokens > options.input_tokens:
        yield (
            f"--system-tokens ({options.system_tokens:,}) are part of --input-tokens ({options.input_tokens:,}),"
            " so they cannot be more"
        )
    if options.tokens_per_call and options.calls == 1:
        yield "--tokens-per-call needs --calls above 1: it is what each call carries more than the one before"
    prices = options.calls * (1 if options.turns is None else options.turns)
    if prices > MOST_PRICES:
        yield f"--calls x --turns must be at most {MOST_PRICES:,}, for each is priced on its own; got {prices:,f}"
    if options.conversion is not None and options.users is None and options.turns in (None, 1):
        yield "--conversion needs --users, or --turns above 1: it is a share of the sessions"
    if options.operation != "chat" and (options.turns or 1) > 1:
        yield f"--turns needs --operation chat: {options.operation} calls send no history"
    yield from contradiction(options)
    yield from misplaced(options, {options.name: PLAIN})
    yield from doubled(options, "overhead", "fixed")
