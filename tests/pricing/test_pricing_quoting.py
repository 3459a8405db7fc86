"""What a model costs, for people who ask, and the names that are nearest to one that nobody knows."""

from datetime import date
from decimal import Decimal

import pytest

from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.quote import Rate
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.pricing import PriceBook
from pytest_llmcost.pricing.quoting import nearest, quote, why_not

DAY = date(2026, 11, 27)
M = "million tokens"


@pytest.fixture(scope="module")
def book():
    own = {"acme/llama-70b": Rates(input=Decimal("0.2"), output=Decimal("0.6"))}
    return PriceBook(as_of=DAY, models={"prod": "azure/gpt-4.1-mini"}, prices=own)


def rates(book, name, tier="standard", provider=None):
    (found,) = [one for one in quote(book, name, provider).tiers if one.tier == tier]
    return {(rate.what, rate.above): rate for rate in found.rates}


def test_every_rate_is_given_with_what_it_is_for(book):
    found = rates(book, "claude-sonnet-5")
    assert list(found.values()) == [
        Rate("input", 0, M, Decimal(2)),
        Rate("output", 0, M, Decimal(10)),
        Rate("cache read", 0, M, Decimal("0.2")),
        Rate("cache write, 5 minutes", 0, M, Decimal("2.5")),
        Rate("cache write, 1 hour", 0, M, Decimal(4)),
        Rate("web search", 0, "search", Decimal("0.01")),
    ]


def test_sizes_and_tiers_have_their_own_rates(book):
    assert [one.tier for one in quote(book, "gpt-5.4").tiers] == ["standard", "batch", "flex", "priority", "regional"]
    assert rates(book, "gpt-5.4")["input", 272_000].usd == Decimal(5)
    assert rates(book, "gpt-5.4", "batch")["input", 0].usd == Decimal("1.25")


@pytest.mark.parametrize(
    ("name", "provider", "what", "per", "usd"),
    [
        ("mistral-ocr-latest", None, "document", "page", "0.004"),
        ("cohere/rerank-v3.5", None, "rerank", "search", "0.002"),
        ("openai/whisper-1", None, "audio", "second", "0.0001"),
        ("tts-1", "openai", "text to speak", "character", "0.000015"),
        ("perplexity/sonar", None, "call", "call", "0.012"),
    ],
)
def test_what_is_sold_by_the_piece_says_by_which(book, name, provider, what, per, usd):
    assert rates(book, name, provider=provider)[what, 0] == Rate(what, 0, per, Decimal(usd))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("prod", "azure/gpt-4.1-mini"),
        ("acme/llama-70b", "acme/llama-70b"),
        ("openai:gpt-4o", "openai/gpt-4o"),
        ("bedrock/us.amazon.nova-lite-v1:0", "aws/amazon.nova-lite-v1:0"),
        ("models/gemini-2.5-flash", "google/gemini-2.5-flash"),
    ],
)
def test_a_name_is_understood_as_in_a_run(book, name, found):
    assert quote(book, name).name == found


def test_a_price_of_your_own_holds_in_every_tier(book):
    assert [one.tier for one in quote(book, "acme/llama-70b").tiers] == ["standard"]


def test_a_model_that_runs_locally_is_free(book):
    (found,) = quote(book, "ollama/llama3").tiers
    assert found.note == "free: runs locally"


def test_what_has_no_price_has_no_quote_but_names_that_are_near(book):
    assert quote(book, "gpt-4q") is None
    assert "no price" in why_not(book, "gpt-4q")
    assert nearest(book, "openai/gpt-5.44")[0] == "openai/gpt-5.4"
    assert "acme/llama-70b" in nearest(book, "acme/lama-70b")
    assert nearest(book, "zzzzzzzzzzzzzzzzzzz") == []


def sold(**discounts):
    terms = {key.replace("__", "/").replace("_", "-"): Discount(**one) for key, one in discounts.items()}
    return PriceBook(as_of=DAY, discounts=terms)


@pytest.mark.parametrize("name", ["anthropic/claude-sonnet-5", "claude-sonnet-5"])
def test_a_discount_is_off_every_rate_and_the_list_stands_beside_it(name):
    discounted = sold(anthropic={"percent": Decimal(10)})
    found = rates(discounted, name)
    assert found["input", 0] == Rate("input", 0, M, Decimal("1.8"), Decimal(2))
    assert found["cache read", 0] == Rate("cache read", 0, M, Decimal("0.18"), Decimal("0.2"))
    assert found["web search", 0] == Rate("web search", 0, "search", Decimal("0.009"), Decimal("0.01"))
    assert quote(discounted, name).tiers[0].note.endswith("; 10% off")


def test_a_rate_without_a_discount_stands_alone_and_none_is_left_out():
    found = rates(sold(anthropic={"output_percent": Decimal(100)}), "claude-sonnet-5")
    assert found["input", 0] == Rate("input", 0, M, Decimal(2))
    assert found["output", 0] == Rate("output", 0, M, Decimal(0), Decimal(10))
    committed = rates(sold(openai__whisper_1={"committed_usd_per_month": Decimal(9)}), "openai/whisper-1")
    assert committed["audio", 0] == Rate("audio", 0, "second", Decimal(0), Decimal("0.0001"))


@pytest.mark.parametrize("name", ["mistral/mistral-large-latest", "deepseek/deepseek-chat"])
def test_a_bare_name_has_the_price_that_its_maker_asks(name):
    bare = name.partition("/")[2]
    assert rates(sold(), bare) == rates(sold(), name)


def test_a_name_is_not_proposed_for_itself():
    assert "gone" not in nearest(PriceBook(as_of=DAY, models={"gone": "nowhere"}), "gone")
