"""What single options of `llmcost estimate` cannot show: those that need each other, and sums that cannot be."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import CONTEXT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

MOST_PRICES = 10_000
_NEEDS = (
    ("users", "sessions", "traffic is users x sessions x turns"),
    ("sessions", "users", "traffic is users x sessions x turns"),
    ("summary", "history_turns", "it stands in for the turns that these drop"),
    ("cache_lookup", "response_cache", "it is the price of looking into that cache"),
    ("router", "route", "it chooses among these routes"),
)
_HISTORY = ("tokens_per_turn", "history_turns", "history_tokens", "summary")


def impossible(options: argparse.Namespace) -> Iterator[str]:
    """Yield what contradicts itself, one sentence each."""
    for given, needed, why in _NEEDS:
        if _has(options, given) and not _has(options, needed):
            yield f"{_option(given)} needs {_option(needed)}: {why}"
    if not options.name.strip():
        yield "--name must not be empty"
    if not options.model.strip():
        yield "--model must not be empty"
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
    yield from _history(options)
    yield from _named(options)


def _history(options: argparse.Namespace) -> Iterator[str]:
    turns = Decimal(1) if options.turns is None else options.turns
    for given in _HISTORY if turns == 1 else ():
        if _has(options, given):
            yield f"{_option(given)} needs --turns above 1: a first turn has no history"
    if options.history_turns is not None and options.history_turns > turns:
        yield f"--history-turns ({options.history_turns}) must not be longer than the session, --turns ({turns:f})"
    if options.operation != "chat" and turns > 1:
        yield f"--turns needs --operation chat: {options.operation} calls send no history"


def _named(options: argparse.Namespace) -> Iterator[str]:
    for key in ("route", "overhead", "fixed"):
        names = Counter(name for name, _ in getattr(options, key))
        yield from (f"--{key} {name} is given {times} times; keep one" for name, times in names.items() if times > 1)
    routed = Decimal(0)
    for _, share in options.route:
        routed = CONTEXT.add(routed, share)
    if routed > 1:
        yield f"the shares of --route add up to {routed:f}, more than 1"


def _has(options: argparse.Namespace, key: str) -> bool:
    return getattr(options, key) not in (None, [])


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"
