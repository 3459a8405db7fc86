"""What current models cost, held to figures that somebody else has written down."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook

BOOK = PriceBook(as_of=date(2026, 11, 27))
PAGE = Path(__file__).parents[2] / "docs" / "prices.md"
LINES = (Path(__file__).parent / "current_prices.csv").read_text(encoding="utf-8").splitlines()
ROWS = [line.split(",") for line in LINES if not line.startswith("#")]


def cost(provider, model, **counts):
    return BOOK(Product(provider, model), Usage(**counts)).usd * 1_000


NAMES = ["/".join(row[:2]) for row in ROWS]


@pytest.mark.parametrize(("provider", "model", "given", "made", "cached", "_"), ROWS, ids=NAMES)
def test_a_current_model_costs_what_another_source_says(provider, model, given, made, cached, _):
    fee = BOOK(Product(provider, model), Usage(output_tokens=1)).usd if provider == "perplexity" else Decimal(0)
    fee = fee - Decimal(made) / 10**6 if fee else fee  # Perplexity's fee for each request is none of tokens
    assert cost(provider, model, input_tokens=1_000) - fee * 1_000 == Decimal(given)
    if made:
        assert cost(provider, model, output_tokens=1_000) - fee * 1_000 == Decimal(made)
    if cached:
        assert cost(provider, model, input_tokens=1_000, cache_read_tokens=1_000) == Decimal(cached)


def test_sixty_models_of_ten_providers_are_held():
    assert len({tuple(row[:2]) for row in ROWS}) == len(ROWS) >= 60
    hosts = {row[0] for row in ROWS}
    assert len(hosts) >= 10
    assert f"\n{len(ROWS)} models of {len(hosts)} providers" in PAGE.read_text(encoding="utf-8")
