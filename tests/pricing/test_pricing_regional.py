"""Newer models cost a tenth more where a request must stay in a region, and all others cost the same."""

from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook
from pytest_llmcost.pricing.quoting import quote

TOKENS = Usage(
    input_tokens=1_000, output_tokens=100, cache_read_tokens=200, cache_write_tokens=300, cache_write_1h_tokens=100
)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=date(2026, 11, 27))


@pytest.mark.parametrize(
    ("provider", "model", "times"),
    [
        ("google-vertex", "claude-sonnet-4-5@20250929", "1.1"),
        ("google-vertex", "claude-haiku-4-5@20251001", "1.1"),
        ("google-vertex", "claude-opus-4-6", "1.1"),
        ("google-vertex", "claude-opus-4-1@20250805", "1"),
        ("google-vertex", "claude-sonnet-4@20250514", "1"),
        ("google-vertex", "gemini-2.5-pro", "1"),
        ("google-vertex", "gemini-3-flash-preview", "1"),
        ("google-vertex", "gemini-3.1-flash-lite", "1.1"),
        ("google-vertex", "gemini-3.1-pro-preview", "1"),
        ("google-vertex", "gemini-3.5-flash", "1.1"),
        ("openai", "gpt-5.4-mini", "1.1"),
        ("openai", "gpt-5.6-sol", "1.1"),
        ("openai", "gpt-5.2", "1"),
        ("openai", "gpt-4.1", "1"),
        ("openai", "gpt-4o-2024-08-06", "1"),
        ("azure", "gpt-5.4", "1"),
        ("anthropic", "claude-opus-4-6", "1.1"),
        ("anthropic", "claude-sonnet-5", "1.1"),
        ("anthropic", "claude-sonnet-4-5", "1"),
        ("anthropic", "claude-3-5-haiku-20241022", "1"),
    ],
)
def test_a_region_costs_more_from_a_generation_on(book, provider, model, times):
    anywhere, there = (book(Product(provider, model, "chat", tier), TOKENS) for tier in (None, "regional"))
    assert there.usd == anywhere.usd * Decimal(times)
    assert there.doubts == anywhere.doubts
    assert ("regional: 10 % more" in there.note) == (times == "1.1")


@pytest.mark.parametrize(("provider", "model"), [("anthropic", "claude-opus-4-6"), ("openai", "gpt-5.4")])
def test_a_batch_in_a_region_costs_a_tenth_more_than_a_batch(book, provider, model):
    tiers = (None, "batch", "regional batch")
    anywhere, batch, there = (book(Product(provider, model, "chat", tier), TOKENS).usd for tier in tiers)
    assert there == batch * Decimal("1.1")
    assert there < anywhere


def test_a_batch_in_a_region_without_a_price_has_none_and_a_discount_that_is_not_for_batches_spares_it(book):
    unsold = book(Product("groq", "llama-3.3-70b-versatile", "chat", "regional batch"), TOKENS)
    assert unsold == book(Product("groq", "llama-3.3-70b-versatile", "chat", "batch"), TOKENS)
    cheaper = PriceBook(as_of=date(2026, 11, 27), discounts={"anthropic": Discount(percent=Decimal(20), batch=False)})
    product = Product("anthropic", "claude-opus-4-6", "chat", "regional batch")
    assert cheaper(product, TOKENS).usd == book(product, TOKENS).usd


def test_searches_cost_the_same_in_a_region(book):
    searches = Usage(input_tokens=1_000, web_searches=2)
    anywhere, there = (
        book(Product("anthropic", "claude-opus-4-6", "chat", tier), searches) for tier in (None, "regional")
    )
    assert there.usd - anywhere.usd == Decimal("0.0005")


def test_a_discount_is_taken_off_the_price_of_the_region():
    book = PriceBook(as_of=date(2026, 11, 27), discounts={"anthropic": Discount(percent=Decimal(20))})
    product = Product("anthropic", "claude-opus-4-6", "chat", "regional")
    assert book(product, Usage(input_tokens=1_000_000)).usd == Decimal("4.4")


def test_a_price_of_your_own_holds_in_a_region_and_a_quote_shows_the_tier_where_there_is_one(book):
    assert [tier.tier for tier in quote(book, "anthropic/claude-opus-4-6").tiers] == ["standard", "batch", "regional"]
    assert "regional" not in [tier.tier for tier in quote(book, "openai/gpt-4o").tiers]
