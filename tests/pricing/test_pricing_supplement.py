"""Prices of models that genai-prices does not list."""

from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook, supplement
from pytest_llmcost.pricing.names import candidates

DAY = date(2026, 11, 27)
CALL = Usage(input_tokens=1_000, output_tokens=100)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=DAY)


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        # USD of 1,000 tokens in and 100 out, written down from the source that the module names, on 2026-11-27.
        ("anthropic.claude-v2", "0.0104"),
        ("minimax.minimax-m2", "0.00042"),
        ("nvidia.nemotron-nano-12b-v2", "0.00026"),
        ("zai.glm-4.7-flash", "0.00011"),
        ("openai.gpt-oss-safeguard-20b", "0.00009"),
        ("us.amazon.nova-2-pro-preview-20251202-v1:0", "0.002475"),
    ],
)
def test_a_model_of_bedrock_that_the_book_lacks_has_a_price_and_its_source(book, model, usd):
    cost = book(Product("aws", model), CALL)
    assert cost.usd == Decimal(usd)
    assert cost.note == f"{supplement.SOURCE}: aws/{model}"


def test_embeddings_cost_their_input(book):
    cost = book(Product("aws", "cohere.embed-english-v3", "embeddings"), Usage(input_tokens=1_000))
    assert cost.usd == Decimal("0.0001")


def test_cached_tokens_have_their_own_price_where_it_is_known(book):
    read = Usage(input_tokens=1_000, cache_read_tokens=1_000)
    assert book(Product("aws", "amazon.nova-2-lite-v1:0"), read).usd == Decimal("0.000075")
    assert book(Product("aws", "anthropic.claude-v2"), read).usd == Decimal("0.008")


def test_a_region_that_is_not_listed_is_remarked(book):
    cost = book(Product("aws", "us.minimax.minimax-m2"), CALL)
    assert cost.usd == Decimal("0.00042")
    assert cost.note.endswith("name not known: priced as minimax.minimax-m2")


def test_a_tier_that_is_not_listed_is_remarked(book):
    note = book(Product("aws", "minimax.minimax-m2", service_tier="flex"), CALL).note
    assert note.endswith("no flex price known: standard price")


def test_the_users_own_price_comes_first():
    own = Rates(input=Decimal(1), output=Decimal(0))
    book = PriceBook(as_of=DAY, prices={"aws/minimax.minimax-m2": own})
    assert book(Product("aws", "minimax.minimax-m2"), CALL).usd == Decimal("0.001")


def test_another_host_is_not_priced_by_the_list_of_amazon(book):
    assert supplement.find(candidates(Product("groq", "minimax.minimax-m2")), None) is None


def test_no_model_is_listed_twice():
    names = [words[0] for line in supplement._AWS.split("\n") if (words := line.split())]
    assert len(names) == len(set(names)) > 60
