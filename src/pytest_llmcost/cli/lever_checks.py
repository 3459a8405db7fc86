"""What levers cannot be: options that contradict each other, or that do not fit how features are served."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Cost
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.pricing import PriceBook

_HISTORY = ("tokens_per_turn", "history_turns", "history_tokens", "summary")


def contradiction(options: argparse.Namespace) -> Iterator[str]:
    """Yield what the options alone show to be impossible, one sentence each."""
    yield from doubled(options, "route")
    routed = ZERO
    for _, share in options.route:
        routed = CONTEXT.add(routed, share)
    if routed > 1:
        yield f"the shares of --route add up to {routed:f}, more than 1"
    if options.router is not None and not options.route:
        yield "--router needs --route: it chooses among these routes"
    for option, name in _models(options):
        if not name.strip():
            yield f"{option} must name a model"


def doubled(options: argparse.Namespace, *keys: str) -> Iterator[str]:
    """Yield the names that one option gives several times."""
    for key in keys:
        names = Counter(name for name, _ in getattr(options, key))
        yield from (f"--{key} {name} is given {times} times; keep one" for name, times in names.items() if times > 1)


def misplaced(options: argparse.Namespace, served: Mapping[str, Production]) -> Iterator[str]:
    """Yield what does not fit how the features of these names are served, one sentence each."""
    yield from _sessions(options, served)
    after = {name: _longer(one, options) for name, one in served.items() if not one.is_session}
    yield from _history(options, after)
    kept = [one.history_turns for one in served.values()]
    if options.summary is not None and options.history_turns is None and not any(kept):
        yield "--summary needs --history-turns: it stands in for the turns that these drop"
    rates = [one.response_cache_hit_rate for one in served.values()]
    if options.cache_lookup is not None and options.response_cache is None and not any(rates):
        yield "--cache-lookup needs --response-cache: it is the price of looking into that cache"


def _sessions(options: argparse.Namespace, served: Mapping[str, Production]) -> Iterator[str]:
    """A test that stands for a session shows how long one is, and its history."""
    for key in ("turns", *_HISTORY):
        if getattr(options, key) is not None and all(one.is_session for one in served.values()):
            yield f"{_option(key)} does not fit: a test of {', '.join(served)} stands for a whole session"


def _longer(production: Production, options: argparse.Namespace) -> Production:
    """Return how a feature is served in the sessions that are asked for."""
    if options.turns is not None:
        production = replace(production, turns_per_session=options.turns, tiers=())
    if options.tokens_per_turn is not None:
        production = replace(production, tokens_per_turn=options.tokens_per_turn)
    return production


def _history(options: argparse.Namespace, served: Mapping[str, Production]) -> Iterator[str]:
    for key in _HISTORY:
        if getattr(options, key) is None:
            continue
        if not any(one.has_turns for one in served.values()):
            yield f"{_option(key)} needs --turns above 1: a first turn has no history"
        elif key != "tokens_per_turn" and not any(one.grows for one in served.values()):
            yield f"{_option(key)} needs --tokens-per-turn above 0: else there is no history"
    for name, one in served.items():
        longest = max(turns for _, turns in one.sessions)
        if options.history_turns is not None and one.grows and longest < options.history_turns:
            yield f"--history-turns {options.history_turns} is longer than a session of {name}, {longest:f} turns"


def known_models(options: argparse.Namespace, book: PriceBook, products: Iterable[Product]) -> None:
    """Refuse a model without a price, with the nearest names; one that another of `products` is priced by is none."""
    from pytest_llmcost.pricing.quoting import nearest, why_not

    products = list(products)
    for option, name in _models(options):
        why = why_not(book, name)
        if why and all(isinstance(book.find(replace(one, model=name)), Cost) for one in products):
            like = ", ".join(nearest(book, name))
            raise LlmCostError(f"{option} {name}: {why}{f'; nearest: {like}' if like else ''}")


def _models(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield every model that is named, with the option that names it."""
    if options.model is not None:
        yield "--model", options.model
    yield from (("--route", name) for name, _ in options.route)
    for option, name in (
        ("--router", options.router and options.router.model),
        ("--fallback", options.fallback and options.fallback[0]),
        ("--summary", options.summary and options.summary.model),
        ("--cache-lookup", options.cache_lookup),
    ):
        if name is not None:
            yield option, name


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"
