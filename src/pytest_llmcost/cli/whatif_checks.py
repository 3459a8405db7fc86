"""What `llmcost whatif` refuses: options that contradict each other, or that do not fit the run."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Cost
from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.pricing import PriceBook

_HISTORY = ("history_turns", "history_tokens", "summary")
_ONE = Decimal(1)


def contradiction(options: argparse.Namespace) -> Iterator[str]:
    """Yield what the options alone show to be impossible, one sentence each."""
    names = Counter(name for name, _ in options.route)
    yield from (f"--route {name} is given {times} times; keep one" for name, times in names.items() if times > 1)
    routed = sum((share for _, share in options.route), Decimal(0))
    if routed > 1:
        yield f"the shares of --route add up to {routed:f}, more than 1"
    if options.router is not None and not options.route:
        yield "--router needs --route: it chooses among these routes"
    for option, name in _models(options):
        if not name.strip():
            yield f"{option} must name a model"


def chosen(options: argparse.Namespace, report: Report, settings: Settings) -> frozenset[str]:
    """Return the features that are to be changed. Raises LlmCostError for those that are none, or have no month."""
    names = [one.name for one in settings.features]
    for option, given in (("--feature", options.feature), ("--explain", options.explain)):
        for name in given:
            if name not in names:
                raise LlmCostError(f"{option} {name}: there is no such feature; there are {', '.join(names) or 'none'}")
    busy = {one.name for one in settings.features if one.traffic is not None}
    if not busy:
        raise LlmCostError(
            f"{options.run}: no feature has traffic, so there is no month; declare requests_per_month in"
            " [tool.llmcost.features.NAME] and run pytest again"
        )
    sampled = {one.name for one in report.features if one.samples > one.carried}
    if not busy & sampled:
        raise LlmCostError(f"{options.run}: no test of this run samples a feature with traffic, so there is no month")
    for name in options.feature:
        if name not in busy & sampled:
            what = "traffic" if name not in busy else "sample in this run"
            raise LlmCostError(f"--feature {name}: it has no {what}, so there is no month of it")
    return frozenset(options.feature or busy)


def misplaced(options: argparse.Namespace, settings: Settings, features: frozenset[str]) -> Iterator[str]:
    """Yield what does not fit how the features are served, one sentence each."""
    served = {one.name: one.production for one in settings.features if one.name in features}
    yield from _sessions(options, served)
    longest = {name: _turns(one, options) for name, one in served.items() if not one.is_session}
    kept = [options.history_turns or one.history_turns for one in served.values()]
    for key in _HISTORY:
        if getattr(options, key) is not None and all(turns == 1 for turns in longest.values()):
            yield f"--{key.replace('_', '-')} needs sessions of more than one turn: add --turns"
    for name, turns in longest.items():
        if options.history_turns is not None and 1 < turns < options.history_turns:
            yield f"--history-turns {options.history_turns} is longer than a session of {name}, {turns:f} turns"
    if options.summary is not None and not any(kept):
        yield "--summary needs --history-turns: it stands in for the turns that these drop"
    rates = [options.response_cache or one.response_cache_hit_rate for one in served.values()]
    if options.cache_lookup is not None and not any(rates):
        yield "--cache-lookup needs --response-cache: it is the price of looking into that cache"


def _sessions(options: argparse.Namespace, served: dict[str, Production]) -> Iterator[str]:
    """A test that stands for a session shows how long one is."""
    if options.turns is None and options.tokens_per_turn is None:
        return
    option = "--turns" if options.turns is not None else "--tokens-per-turn"
    if all(one.is_session for one in served.values()):
        yield f"{option} does not fit: a test of {', '.join(served)} stands for a whole session"


def _turns(production: Production, options: argparse.Namespace) -> Decimal:
    """Return the turns of the longest session; 1 where none carries a history."""
    if (production.tokens_per_turn if options.tokens_per_turn is None else options.tokens_per_turn) == 0:
        return _ONE
    if options.turns is not None:
        return Decimal(options.turns)
    return max((turns for _, turns in production.sessions), default=_ONE)


def known_models(options: argparse.Namespace, book: PriceBook, products: Iterable[Product]) -> None:
    """Refuse a model without a price, with the nearest names."""
    from dataclasses import replace

    from pytest_llmcost.pricing.quoting import nearest, why_not

    products = list(products)
    for option, name in _models(options):
        why = why_not(book, name)
        if why and all(isinstance(book.find(replace(one, model=name)), Cost) for one in products):
            like = ", ".join(nearest(book, name))
            raise LlmCostError(f"{option} {name}: {why}{f'; nearest: {like}' if like else ''}")


def _models(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yield every model that is named, with the option that names it."""
    yield from (("--route", name) for name, _ in options.route)
    for option, name in (
        ("--model", options.model),
        ("--router", options.router and options.router.model),
        ("--fallback", options.fallback and options.fallback[0]),
        ("--summary", options.summary and options.summary.model),
        ("--cache-lookup", options.cache_lookup),
    ):
        if name is not None:
            yield option, name
