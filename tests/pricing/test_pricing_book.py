"""What calls cost, and what the note says."""

import decimal
import subprocess
import sys
from datetime import date
from decimal import Decimal
from importlib.metadata import version

import pytest

from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook, library
from pytest_llmcost.pricing.library import dated

DAY = date(2026, 11, 21)
MILLION = 1_000_000
CALL = Usage(input_tokens=1_000, output_tokens=100)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=DAY)


def rates(book, provider, model):
    """USD per million tokens of input, output and cached input, of calls too small for any tier."""
    product = Product(provider, model)
    return tuple(
        book(product, usage).usd * 1_000
        for usage in (
            Usage(input_tokens=1_000),
            Usage(output_tokens=1_000),
            Usage(input_tokens=1_000, cache_read_tokens=1_000),
        )
    )


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        # USD per million tokens: input, output, cached input. Source: the data of genai-prices 0.2.3, which a second
        # table (litellm 1.109.1) repeats for the models that it knows; written down here on 2026-11-21.
        ("openai", "gpt-4o", ("2.50", "10", "1.25")),
        ("openai", "gpt-4o-mini", ("0.15", "0.60", "0.075")),
        ("openai", "gpt-4.1", ("2", "8", "0.50")),
        ("openai", "gpt-5", ("1.25", "10", "0.125")),
        ("openai", "gpt-4o-2024-05-13", ("5", "15", "5")),
        ("anthropic", "claude-sonnet-4-5", ("3", "15", "0.30")),
        ("anthropic", "claude-sonnet-4-6", ("3", "15", "0.30")),
        ("anthropic", "claude-sonnet-5", ("2", "10", "0.20")),
        ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", ("3.30", "16.50", "0.33")),
    ],
)
def test_list_prices(book, provider, model, expected):
    assert rates(book, provider, model) == tuple(Decimal(rate) for rate in expected)


def test_cache_writes_cost_by_how_long_they_are_kept(book):
    """claude-sonnet-5: 2.50 for five minutes, 4.00 for an hour."""
    sonnet = Product("anthropic", "claude-sonnet-5")
    short = Usage(input_tokens=1_000, cache_write_tokens=1_000)
    mixed = Usage(input_tokens=1_000, cache_write_tokens=1_000, cache_write_1h_tokens=400)
    assert book(sonnet, short).usd == Decimal("2.50") / 1_000
    assert book(sonnet, mixed).usd == Decimal("2.50") * 600 / MILLION + Decimal("4.00") * 400 / MILLION


def test_the_note_names_the_entry_of_the_price_list(book):
    assert book(Product("openai", "gpt-4o-2024-08-06"), CALL).note == "genai-prices: openai/gpt-4o"


def test_the_book_says_where_its_prices_are_from(book):
    assert (book.source, book.version, book.as_of) == ("genai-prices", version("genai-prices"), DAY)


# What else the note says.


@pytest.mark.parametrize("host", ["unknown", "localhost", "gateway.example.com"])
def test_behind_an_unknown_host_the_models_vendor_is_assumed_and_named(book, host):
    cost = book(Product(host, "gpt-4o"), CALL)
    assert cost.note == "genai-prices: openai/gpt-4o; host not known: priced as openai"


def test_a_host_with_openai_in_its_name_is_not_openai(book):
    assert "host not known" in book(Product("openai-proxy.example.com", "gpt-4o"), CALL).note


def test_pages_that_openrouter_reads_cost_beside_the_model_and_elsewhere_are_told(book):
    """OpenRouter stated 0.00216775 for this call in December 2025."""
    usage = Usage(input_tokens=31, output_tokens=80, reasoning_tokens=64, document_pages=1)
    cost = book(Product("openrouter", "openai/gpt-5.1-codex-mini"), usage)
    assert (cost.usd, cost.doubts) == (Decimal("0.00216775"), ())
    assert book(Product("openai", "gpt-4o"), usage).doubts == ("pages without a known price left out",)


def test_an_openrouter_model_that_is_not_on_its_list_is_priced_by_its_vendor_and_says_so(book):
    cost = book(Product("openrouter", "openai/gpt-4o-transcribe"), CALL)
    assert cost.note == "genai-prices: openai/gpt-4o-transcribe; not on this host's list: priced as openai"


def test_a_picture_models_reply_is_priced_as_images_but_not_its_reasoning(book):
    """gemini-3-pro-image-preview: 120 per million tokens of image output, 12 of text."""
    usage = Usage(output_tokens=1_300, reasoning_tokens=180)
    cost = book(Product("google", "gemini-3-pro-image-preview"), usage)
    assert cost.usd == (Decimal(1_120) * 120 + Decimal(180) * 12) / MILLION
    assert cost.note.endswith("reply priced as images")


@pytest.mark.parametrize("operation", ["audio", "image", "cache", "ocr"])
def test_what_is_billed_by_more_than_its_input_has_no_price_by_its_input_alone(book, operation):
    cost = book(Product("openai", "gpt-4o-mini-tts", operation), Usage(input_tokens=9))
    assert (cost.usd, "states input tokens only" in cost.note) == (None, True)


def test_the_users_own_price_holds_for_input_alone():
    rates = {"gpt-4o-mini-tts": Rates(input=Decimal(1), output=Decimal(1))}
    own = PriceBook(as_of=date(2026, 11, 1), prices=rates)
    assert own(Product("openai", "gpt-4o-mini-tts", "audio"), Usage(input_tokens=1_000_000)).usd == 1


@pytest.mark.parametrize("operation", ["count", "moderation"])
def test_what_no_provider_bills_says_so(book, operation):
    cost = book(Product("anthropic", "claude-sonnet-4-5", operation), Usage())
    assert (cost.usd, cost.note.startswith("free: ")) == (0, True)


def test_images_in_the_input_are_said_to_be_priced_as_text(book):
    usage = Usage(input_tokens=9, output_tokens=1, image_count=1)
    assert book(Product("openai", "gpt-image-1", "image"), usage).note.endswith("images priced as text")


@pytest.mark.parametrize(
    ("product", "note"),
    [
        (Product("ollama", "llama3.1"), "free: runs locally"),
        (Product("openrouter", "not/listed:free"), "free: by its name on openrouter"),
        (Product("openai", "omni-moderation-latest", "moderation"), "free: genai-prices: openai/moderation"),
        (Product("google", "gemma-3-27b-it"), "free: genai-prices: google/gemma-3"),
    ],
)
def test_what_is_free_by_rule_costs_nothing_and_says_why(book, product, note):
    cost = book(product, CALL)
    assert (cost.usd, cost.note) == (Decimal(0), note)


def test_ollamas_cloud_models_are_not_free(book):
    assert book(Product("ollama", "gpt-oss:120b-cloud"), CALL).usd is None


# The user's own prices and names.

OWN = Rates(input=Decimal(1), output=Decimal(2))


@pytest.mark.parametrize(
    ("key", "provider", "model"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("gpt-4o", "openai", "gpt-4o"),
        ("openai/gpt-4o", "openai", "gpt-4o-2024-08-06"),
        ("openai/gpt-4o", "unknown", "gpt-4o"),
        ("bedrock/amazon.nova-lite-v1:0", "aws", "amazon.nova-lite-v1:0"),
        ("acme/llama-70b", "gateway.example.com", "acme/llama-70b"),
        ("unknown/llama-70b", "unknown", "llama-70b"),
        ("groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("openai/whisper-1", "openai", "whisper-1"),
    ],
)
def test_the_users_own_price_wins(key, provider, model):
    cost = PriceBook(as_of=DAY, prices={key: OWN})(Product(provider, model), CALL)
    assert (cost.usd, cost.note) == (Decimal("0.0012"), f"your price: {key}")


def test_the_users_price_of_a_provider_is_not_that_of_another():
    cost = PriceBook(as_of=DAY, prices={"openai/gpt-4o": OWN})(Product("azure", "gpt-4o"), CALL)
    assert cost.note == "genai-prices: azure/gpt-4o"


def test_the_users_price_of_the_provider_comes_before_that_of_the_model():
    dear = Rates(input=Decimal(9), output=Decimal(9))
    cost = PriceBook(as_of=DAY, prices={"gpt-4o": dear, "openai/gpt-4o": OWN})(Product("openai", "gpt-4o"), CALL)
    assert cost.note == "your price: openai/gpt-4o"


def test_without_cache_rates_of_the_users_own_cached_tokens_cost_as_input():
    usage = Usage(input_tokens=MILLION, cache_read_tokens=400_000, cache_write_tokens=100_000)
    plain, cached = (
        Rates(input=Decimal(1), output=Decimal(2)),
        Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.1"), cache_write=Decimal("1.25")),
    )
    costs = [PriceBook(as_of=DAY, prices={"m": rates})(Product("x", "m"), usage).usd for rates in (plain, cached)]
    assert costs == [Decimal(1), Decimal("0.5") + Decimal("0.04") + Decimal("0.125")]


def test_the_users_map_gives_a_deployment_its_price():
    book = PriceBook(as_of=DAY, models={"my-deployment": "azure/gpt-4.1-mini"})
    cost = book(Product("azure", "my-deployment"), Usage(input_tokens=MILLION))
    assert (cost.usd, cost.note) == (
        Decimal("0.4"),
        "genai-prices: azure/gpt-4.1-mini; mapped to azure/gpt-4.1-mini",
    )


def test_the_users_map_leads_to_the_users_prices():
    book = PriceBook(as_of=DAY, models={"prod": "acme/llama-70b"}, prices={"acme/llama-70b": OWN})
    assert book(Product("unknown", "prod"), CALL).note == "your price: acme/llama-70b"


def test_a_model_mapped_to_ollama_is_free():
    book = PriceBook(as_of=DAY, models={"my-llama": "ollama/llama3.1"})
    assert book(Product("unknown", "my-llama"), CALL).note == "free: runs locally"


# A model of which only the name is declared.


def declared(name, **changes):
    return Product("", name, **changes)


@pytest.mark.parametrize(
    ("name", "host", "model"),
    [
        ("gpt-4o", "openai", "gpt-4o"),
        ("claude-sonnet-5", "anthropic", "claude-sonnet-5"),
        ("text-embedding-3-small", "openai", "text-embedding-3-small"),
        ("azure/gpt-4o", "azure", "gpt-4o"),
        ("openai:gpt-4o", "openai", "gpt-4o"),
        ("groq/openai/gpt-oss-120b", "groq", "openai/gpt-oss-120b"),
        ("ollama/llama3", "ollama", "llama3"),
        ("acme/llama-70b", "unknown", "acme/llama-70b"),
        ("gpt-4q", "unknown", "gpt-4q"),
        ("openai/gpt-4q", "unknown", "openai/gpt-4q"),
    ],
)
def test_a_name_is_sold_by_the_host_before_it_or_by_its_maker(book, name, host, model):
    sold = book.sold(declared(name))
    assert sold == Product(host, model)
    assert book(declared(name), CALL) == book(sold, CALL)


@pytest.mark.parametrize(
    ("name", "usd", "note"),
    [
        ("gpt-4o", "0.004", "genai-prices: openai/gpt-4o"),
        ("azure/gpt-4o", "0.004", "genai-prices: azure/gpt-4o"),
        ("ollama/llama3", "0", "free: runs locally"),
    ],
)
def test_a_declared_name_has_a_known_host(book, name, usd, note):
    usage = Usage(input_tokens=1_000, output_tokens=150)
    assert book(declared(name), usage) == Cost(Decimal(usd), note)


def test_a_declared_name_has_the_discount_of_its_maker_and_a_host_that_nobody_knows_has_none():
    book = PriceBook(as_of=DAY, discounts={"openai": Discount(percent=Decimal(10))})
    usage = Usage(input_tokens=MILLION)
    assert book(declared("gpt-4o"), usage) == Cost(Decimal("2.25"), "genai-prices: openai/gpt-4o; 10% off")
    assert book(declared("azure/gpt-4o"), usage).usd == Decimal("2.5")
    assert list(book.claims(declared("gpt-4o"))) == ["openai"]
    gateway = Product("unknown", "gpt-4o")
    assert (book.sold(gateway), book.claims(gateway)) == (gateway, {})
    assert book(gateway, usage) == Cost(Decimal("2.5"), "genai-prices: openai/gpt-4o; host not known: priced as openai")


def test_a_discount_on_a_host_is_not_that_on_a_declared_name_of_another():
    book = PriceBook(as_of=DAY, discounts={"azure": Discount(percent=Decimal(10))})
    costs = [book(declared(name), Usage(input_tokens=MILLION)).usd for name in ("gpt-4o", "azure/gpt-4o", "prod")]
    assert costs == [Decimal("2.5"), Decimal("2.25"), None]


@pytest.mark.parametrize("key", ["gpt-4o", "openai/gpt-4o"])
def test_a_declared_name_has_the_users_own_price(key):
    book = PriceBook(as_of=DAY, prices={key: OWN})
    assert book(declared("gpt-4o"), CALL).note == f"your price: {key}"


def test_a_declared_name_is_what_the_users_map_says():
    book = PriceBook(as_of=DAY, models={"prod": "azure/gpt-4.1-mini", "mine": "ollama/llama3.1"})
    assert book(declared("prod"), Usage(input_tokens=MILLION)).usd == Decimal("0.4")
    assert book(declared("mine"), CALL).note == "free: runs locally"


def test_a_declared_name_keeps_its_tier_and_operation(book):
    tiered = declared("gpt-4o", operation="embeddings", service_tier="batch")
    assert book.sold(tiered) == Product("openai", "gpt-4o", "embeddings", "batch")
    assert book(tiered, Usage(input_tokens=MILLION)).usd == Decimal("1.25")


# What must not matter.


def test_the_decimal_context_of_the_test_changes_nothing(book):
    usage = Usage(input_tokens=123_457, output_tokens=7_919, cache_read_tokens=1_009)
    product = Product("huggingface_together", "meta-llama/Llama-3.3-70B-Instruct")  # 1.0399999999999998 per million
    expected = book(product, usage)
    with decimal.localcontext(prec=3, rounding=decimal.ROUND_UP, traps=[decimal.Inexact, decimal.Rounded]):
        assert PriceBook(as_of=DAY)(product, usage) == expected
        assert PriceBook(as_of=DAY, prices={product.model: OWN})(product, usage).usd == Decimal("0.139295")


def test_a_failure_of_the_library_is_an_unknown_cost(monkeypatch):
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    cost = PriceBook(as_of=DAY)(Product("openai", "gpt-4o"), CALL)
    assert cost.usd is None
    assert cost.note.startswith("no price: genai-prices failed (")


def test_prices_that_the_users_code_installs_in_the_library_do_not_reach_the_book():
    from genai_prices.data_snapshot import DataSnapshot, set_custom_snapshot

    set_custom_snapshot(DataSnapshot(providers=[], from_auto_update=True))
    try:
        assert PriceBook(as_of=DAY)(Product("openai", "gpt-4o"), CALL).usd
    finally:
        set_custom_snapshot(None)


def test_many_products_do_not_fill_the_memory():
    book = PriceBook(as_of=DAY, prices={"m": OWN})
    for number in range(5_000):
        assert book(Product("x", "m", operation=str(number)), CALL).usd
    assert len(book._tariffs) <= 4_096


def test_genai_prices_is_imported_only_when_the_list_is_needed():
    code = """
import sys
from datetime import date
from decimal import Decimal
from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook, library
from pytest_llmcost.pricing.library import dated
book = PriceBook(as_of=date(2026, 11, 21), prices={"m": Rates(input=Decimal(1), output=Decimal(2))})
assert book(Product("openai", "gpt-4o"), Usage()).usd == 0
assert book(Product("openai", "m"), Usage(input_tokens=1)).usd
assert book.version
assert "genai_prices" not in sys.modules, "too early"
assert book(Product("openai", "gpt-4o"), Usage(input_tokens=1)).usd
assert "genai_prices" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# How old the book is.


def test_the_age_of_the_book_is_that_of_its_newest_price_on_the_day_whose_prices_hold():
    prices = PriceBook(as_of=date(2027, 2, 7)).prices
    if prices.version == "0.2.3":  # another release has other prices
        assert (prices.dated, prices.age_days) == ("2026-11-09", 90)
    assert PriceBook(as_of=date(2020, 1, 1)).prices.age_days == 0


def test_the_age_of_a_release_that_nobody_has_noted_is_read_in_its_data():
    assert dated("another", date(2026, 11, 8)) <= date(2026, 11, 8)
    newest = dated("another", date(2026, 11, 27))
    assert newest >= date(2026, 11, 9)
    assert dated("another", date(2026, 12, 2)) >= newest


def test_a_book_whose_age_cannot_be_told_has_none(monkeypatch):
    monkeypatch.setattr(library, "_DATED", {})
    monkeypatch.setitem(sys.modules, "genai_prices.data", None)
    prices = PriceBook(as_of=DAY).prices
    assert (prices.as_of, prices.dated, prices.age_days) == (DAY.isoformat(), "", None)
