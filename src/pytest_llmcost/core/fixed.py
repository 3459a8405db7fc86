"""Fixed: what a month costs beside inference, whatever its traffic, and what is paid once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.meter import ANY_HOST
from pytest_llmcost.core.money import CONTEXT, plain
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.settings import Embedding, Settings


def fixed_costs(
    settings: Settings, committed: Mapping[str, Decimal], spend_usd: Decimal, price: Price
) -> dict[str, Decimal | None]:
    """Return US dollars a month by name; None where a corpus is embedded by a model without a price.

    Args:
        settings: what is declared.
        committed: capacities that discounts pay by the month.
        spend_usd: what this run has really spent: `runs_per_month` times that is the bill of the test suite itself.
        price: the price book.
    """
    found: dict[str, Decimal | None] = {**committed, **settings.fixed_monthly_usd}
    for name, corpus in settings.embeddings.items():
        if corpus.refreshes_per_month:
            found[f"embeddings: {name}"] = _embedded(corpus, corpus.refreshes_per_month, price)
    if settings.runs_per_month is not None:
        found["test suite"] = plain(CONTEXT.multiply(spend_usd, settings.runs_per_month))
    return found


def paid_once(settings: Settings, price: Price) -> dict[str, Decimal | None]:
    """Return US dollars by name: what is declared, and the first embedding of each corpus."""
    found: dict[str, Decimal | None] = {**settings.one_time_usd}
    for name, corpus in settings.embeddings.items():
        found[f"embeddings: {name}"] = _embedded(corpus, Decimal(1), price)
    return found


def embedding(corpus: Embedding) -> tuple[Product, Usage]:
    """Return what embedding a whole corpus once buys."""
    return Product(ANY_HOST, corpus.model, "embeddings"), Usage(input_tokens=corpus.tokens)


def _embedded(corpus: Embedding, times: Decimal, price: Price) -> Decimal | None:
    usd = price(*embedding(corpus)).usd
    return None if usd is None else plain(CONTEXT.multiply(usd, times))
