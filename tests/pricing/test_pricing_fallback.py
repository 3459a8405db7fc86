"""Prices of what genai-prices does not list."""

from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook, fallback
from pytest_llmcost.pricing.library import Library
from pytest_llmcost.pricing.names import Candidate, candidates

DAY = date(2026, 11, 27)
CALL = Usage(input_tokens=1_000, output_tokens=100)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=DAY)


@pytest.mark.parametrize(
    ("provider", "model", "usd"),
    [
        # USD of 1,000 tokens in and 100 out, written down from the list that the table names, on 2026-11-27.
        ("aws", "minimax.minimax-m2", "0.00042"),
        ("aws", "nvidia.nemotron-nano-12b-v2", "0.00026"),
        ("aws", "zai.glm-4.7-flash", "0.00011"),
        ("aws", "openai.gpt-oss-safeguard-20b", "0.00009"),
        ("aws", "us.amazon.nova-2-pro-preview-20251202-v1:0", "0.002475"),
        ("snowflake", "llama3.1-8b", "0.000264"),
        ("crusoe", "meta-llama/Llama-3.3-70B-Instruct", "0.00022"),
        ("deepinfra", "meta-llama/Llama-3.3-70B-Instruct", "0.00027"),
    ],
)
def test_a_model_that_the_book_lacks_has_a_price_and_its_source(book, provider, model, usd):
    cost = book(Product(provider, model), CALL)
    assert cost.usd == Decimal(usd)
    assert cost.note == f"{fallback.source()}: {provider}/{model}"


def test_the_source_says_which_release_of_which_day():
    assert fallback.source() == "LiteLLM 1.110.2 of 2026-11-27"


def test_embeddings_cost_their_input(book):
    cost = book(Product("aws", "cohere.embed-english-v3", "embeddings"), Usage(input_tokens=1_000))
    assert cost.usd == Decimal("0.0001")


def test_cached_tokens_have_their_own_price_where_it_is_known(book):
    read = Usage(input_tokens=1_000, cache_read_tokens=1_000)
    assert book(Product("aws", "amazon.nova-2-lite-v1:0"), read).usd == Decimal("0.000075")
    assert book(Product("aws", "zai.glm-4.7-flash"), read).usd == Decimal("0.00007")


def test_a_model_that_the_list_has_dropped_keeps_its_last_price_and_says_so(book):
    cost = book(Product("aws", "anthropic.claude-v2"), CALL)
    assert cost.usd == Decimal("0.0104")
    assert cost.doubts == ("last listed on 2026-11-27",)


def test_a_region_that_is_not_listed_is_remarked(book):
    cost = book(Product("aws", "us.minimax.minimax-m2"), CALL)
    assert cost.usd == Decimal("0.00042")
    assert cost.note.endswith("name not known: priced as minimax.minimax-m2")
    assert cost.doubts == ("name not known: priced as minimax.minimax-m2",)


@pytest.mark.parametrize(("tier", "usd"), [("batch", "0.00021"), ("flex", "0.00021"), ("priority", "0.00073")])
def test_a_tier_has_its_own_price(book, tier, usd):
    """aws/minimax.minimax-m2: 0.15/0.60 in a batch and as flex, 0.52/2.10 with priority."""
    cost = book(Product("aws", "minimax.minimax-m2", service_tier=tier), CALL)
    assert (cost.usd, cost.doubts) == (Decimal(usd), ())


def test_cached_input_without_a_price_in_its_tier_is_told(book):
    """azure/gpt-4o has a price of cached input, but none in a batch."""
    cost = book(Product("azure", "gpt-4o", service_tier="batch"), Usage(input_tokens=1_000, cache_read_tokens=900))
    assert (cost.usd, cost.doubts) == (Decimal("0.00125"), ("cached input priced as plain",))


def test_a_tier_that_is_not_listed_is_remarked(book):
    cost = book(Product("aws", "zai.glm-5", service_tier="ultrafast"), CALL)
    assert cost.note.endswith("no ultrafast price known: standard price")
    assert cost.doubts == ("no ultrafast price known: standard price",)


def test_a_large_input_has_the_price_of_its_size(book):
    """perplexity/xai/grok-4.20-multi-agent: 1.25 up to 200,000 input tokens, 2.50 for all of them above."""
    product = Product("perplexity", "xai/grok-4.20-multi-agent")
    small, large = (book(product, Usage(input_tokens=size)).usd for size in (200_000, 200_001))
    assert (small, large) == (Decimal("0.25"), Decimal(200_001) * Decimal("2.5") / 10**6)


def test_the_users_own_price_comes_first():
    own = Rates(input=Decimal(1), output=Decimal(0))
    book = PriceBook(as_of=DAY, prices={"aws/minimax.minimax-m2": own})
    assert book(Product("aws", "minimax.minimax-m2"), CALL).usd == Decimal("0.001")


def test_another_host_is_not_priced_by_the_list_of_amazon():
    assert not any(fallback.find(name, None) for name in candidates(Product("groq", "minimax.minimax-m2")))


def test_nothing_is_listed_that_the_book_prices_itself():
    """What the book knows, it prices: rows of its models have tiers and pieces only."""
    library = Library.load(DAY)
    for (host, model), rates in fallback.read(fallback.text()).items():
        if "in" in rates:
            known = library.find(Candidate(host, model), None)
            is_kept = (host, model) in fallback.NEWER or known is None or "input" in known.unpriced
            assert is_kept, (host, model)


def test_every_row_can_be_priced():
    rows = fallback.read(fallback.text())
    assert len(rows) == len(fallback.text().splitlines()) - 1 > 1_500
    for (host, model), rates in rows.items():
        for tier in (None, "batch", "flex", "priority"):
            found = fallback.find(Candidate(host, model), tier)
            if found and found.unpriced == frozenset() and tier is None:
                expected = rates["in"] / 1_000 + rates["out"] / 10_000 + rates.get("request", 0)
                assert found.cost(CALL).usd == expected, (host, model)
