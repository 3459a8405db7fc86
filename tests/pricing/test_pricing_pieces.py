"""What is sold by the piece: searches, pages, seconds, characters, images."""

from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import UNITS, Usage
from pytest_llmcost.pricing import PriceBook

DAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=DAY)


@pytest.mark.parametrize(
    ("product", "usage", "usd"),
    [
        # From the providers' pages by genai-prices 0.2.3, and by LiteLLM 1.110.2 for Cohere and Azure; 2026-11-27.
        (Product("openai", "whisper-1", "audio"), Usage(audio_seconds=90), "0.009"),  # 0.006 a minute
        (Product("openai", "tts-1", "audio"), Usage(input_tokens=300, input_characters=1_000), "0.015"),
        (Product("groq", "whisper-large-v3", "audio"), Usage(audio_seconds=60), "0.00185"),  # 0.111 an hour
        (Product("groq", "whisper-large-v3", "audio"), Usage(audio_seconds=3), "0.000308333333"),  # 10 seconds at least
        (Product("mistral", "mistral-ocr-latest", "ocr"), Usage(document_pages=3), "0.012"),
        (Product("cohere", "rerank-v3.5", "rerank"), Usage(input_tokens=90, rerank_searches=2), "0.004"),
        (
            Product("anthropic", "claude-sonnet-4-5"),
            Usage(input_tokens=10, output_tokens=5, web_searches=2),
            "0.020105",
        ),
        (Product("openai", "gpt-4o"), Usage(input_tokens=10, web_searches=1), "0.010025"),
    ],
)
def test_pieces_have_their_price(book, product, usage, usd):
    cost = book(product, usage)
    assert (cost.usd, cost.doubts) == (Decimal(usd), ())


def test_images_have_one_price_and_that_is_told(book):
    cost = book(Product("azure", "mai-image-2.5", "image"), Usage(image_count=2))
    assert (cost.usd, cost.doubts) == (Decimal("0.096"), ("images priced alike, whatever their size and quality",))


def test_a_batch_has_its_own_price_of_pages(book):
    product = Product("mistral", "mistral-ocr-latest", "ocr", "batch")
    assert book(product, Usage(document_pages=3)).usd == Decimal("0.006")


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("openai/gpt-4.1-mini", "0.01"),  # OpenAI searches itself
        ("deepseek/deepseek-chat", "0.007"),  # Exa searches for all others
    ],
)
def test_openrouter_passes_on_what_its_search_costs(book, model, usd):
    usage = Usage(input_tokens=1_000, output_tokens=10)
    plain, more = (book(Product("openrouter", model), one) for one in (usage, usage + Usage(web_searches=1)))
    assert more.usd - plain.usd == Decimal(usd)


def test_searches_without_a_known_price_are_said_to_be_left_out(book):
    cost = book(Product("x-ai", "grok-4"), Usage(input_tokens=1_000, web_searches=3))
    assert cost.usd == book(Product("x-ai", "grok-4"), Usage(input_tokens=1_000)).usd
    assert cost.doubts == ("web searches without a known price left out",)
    assert cost.note.endswith(cost.doubts[0])


@pytest.mark.parametrize(
    ("product", "usage"),
    [
        (Product("openai", "dall-e-3", "image"), Usage(image_count=1)),
        (Product("openai", "gpt-4o-mini-tts", "audio"), Usage(input_tokens=9, input_characters=30)),
        (Product("openai", "gpt-4o", "rerank"), Usage(rerank_searches=1)),
        (Product("acme", "ocr", "ocr"), Usage(document_pages=1)),
    ],
)
def test_pieces_without_a_price_are_not_free(book, product, usage):
    cost = book(product, usage)
    assert cost.usd is None
    assert cost.note.startswith("no price: ")


def test_images_that_are_paid_by_their_tokens_are_not_paid_twice(book):
    product = Product("azure", "mai-image-2.5", "image")
    tokens = Usage(input_tokens=10, output_tokens=1_000)
    assert book(product, tokens + Usage(image_count=1)).usd == book(product, tokens).usd


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("web_search", "web_searches"),
        ("rerank_search", "rerank_searches"),
        ("document_page", "document_pages"),
        ("audio_second", "audio_seconds"),
        ("input_character", "input_characters"),
        ("image", "image_count"),
    ],
)
def test_the_users_own_price_of_a_piece(key, unit):
    assert unit in UNITS
    own = Rates(input=Decimal(1), output=Decimal(2), **{key: Decimal("0.5")})
    book = PriceBook(as_of=DAY, prices={"acme/m": own})
    cost = book(Product("acme", "m", "ocr"), Usage(**{unit: 3}))
    assert (cost.usd, cost.note) == (Decimal("1.5"), "your price: acme/m")


def test_the_users_own_fee_of_a_call_and_of_an_hours_cache():
    own = Rates(
        input=Decimal(1), output=Decimal(2), cache_write=Decimal(2), cache_write_1h=Decimal(4), request=Decimal(3)
    )
    book = PriceBook(as_of=DAY, prices={"m": own})
    usage = Usage(input_tokens=1_000_000, cache_write_tokens=1_000_000, cache_write_1h_tokens=500_000)
    assert book(Product("x", "m"), usage).usd == 3 + 1 + 2
