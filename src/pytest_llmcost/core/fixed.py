"""Fixed: what a month costs beside inference, whatever its traffic, and what is paid once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.meter import ANY_HOST
from pytest_llmcost.core.money import CONTEXT, plain, total
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.settings import Embedding, Settings

TEST_SUITE = "test suite"
"""The fixed cost of running the tests themselves."""


def fixed_costs(
    settings: Settings, committed: Mapping[str, Decimal], spend_usd: Decimal | None, price: Price
) -> dict[str, Decimal | None]:
    """Return US dollars a month by name; None where a corpus is embedded by a model without a price.

    Args:
        settings: what is declared.
        committed: capacities that discounts pay by the month.
        spend_usd: what this run has really spent: `runs_per_month` times that is the bill of the test suite itself;
            None while a call that reached a real socket has no price.
        price: the price book.
    """
    refreshed = {
        f"embeddings: {name}": _embedded(corpus, corpus.refreshes_per_month, price)
        for name, corpus in settings.embeddings.items()
        if corpus.refreshes_per_month
    }
    runs = settings.runs_per_month
    suite = None if spend_usd is None or runs is None else plain(CONTEXT.multiply(spend_usd, runs))
    return _together(committed, settings.fixed_monthly_usd, refreshed, {} if runs is None else {TEST_SUITE: suite})


def paid_once(settings: Settings, price: Price) -> dict[str, Decimal | None]:
    """Return US dollars by name: what is declared, and the first embedding of each corpus."""
    embedded = {
        f"embeddings: {name}": _embedded(corpus, Decimal(1), price) for name, corpus in settings.embeddings.items()
    }
    return _together(settings.one_time_usd, embedded)


def _together(*costs: Mapping[str, Decimal | None]) -> dict[str, Decimal | None]:
    """Put costs beside each other; a name that a user gave to another cost, too, holds both."""
    found: dict[str, Decimal | None] = {}
    for one in costs:
        for name, usd in one.items():
            found[name] = total([found[name], usd]) if name in found else usd
    return found


def embedding(corpus: Embedding) -> tuple[Product, Usage]:
    """Return what embedding a whole corpus once buys."""
    return Product(ANY_HOST, corpus.model, "embeddings"), Usage(input_tokens=corpus.tokens)


def _embedded(corpus: Embedding, times: Decimal, price: Price) -> Decimal | None:
    usd = price(*embedding(corpus)).usd
    return None if usd is None else plain(CONTEXT.multiply(usd, times))
