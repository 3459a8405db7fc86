"""What calls cost, and what the note says."""

import decimal
import subprocess
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version

import pytest
from genai_prices import calc_price

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook

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


# The traps of genai-prices, each of them met once.


@pytest.mark.parametrize(
    ("provider", "model", "entry"),
    [
        ("unknown", "openai/gpt-4o", "openai/gpt-4o"),
        ("unknown", "azure/gpt-4o", "azure/gpt-4o"),
        ("aws", "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("google", "gemini/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("google", "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("openai", "openai:gpt-4o", "openai/gpt-4o"),
        ("unknown", "text-embedding-3-small", "openai/text-embedding-3-small"),
        ("groq", "llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
        ("openai", "GPT-4O", "openai/gpt-4o"),
        ("openrouter", "openai/gpt-4o", "openrouter/openai/gpt-4o"),
    ],
)
def test_trap_1_names_with_a_prefix_have_a_price(book, provider, model, entry):
    cost = book(Product(provider, model), Usage(input_tokens=1_000))
    assert cost.usd
    assert entry in cost.note


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "ft:gpt-4.1-mini-2025-04-14:acme::x"),
        ("openai", "ft:o4-mini-2025-04-16:acme::x"),
        ("unknown", "openai/ft:gpt-4.1-mini-2025-04-14:acme::x"),
        ("openai", "gpt-6"),
        ("azure", "my-deployment"),
        ("openai", "dall-e-3"),
        ("aws", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"),
        ("unknown", "local-model"),
        ("unknown", "google/gemma-3-27b-it"),
        ("openai", ""),
    ],
)
def test_trap_2_what_has_no_price_is_unknown_and_the_note_has_the_fix(book, provider, model):
    cost = book(Product(provider, model), CALL)
    assert cost.usd is None
    assert cost.note.startswith("no price: ")
    assert "[tool.llmcost.prices." in cost.note


def test_trap_2_a_fine_tuned_model_has_its_own_price(book):
    cost = book(Product("openai", "ft:gpt-4o-2024-08-06:acme::x"), Usage(input_tokens=MILLION))
    assert (cost.usd, cost.note) == (Decimal("3.75"), "genai-prices: openai/ft:gpt-4o")


def test_trap_2_a_snapshot_that_is_not_on_the_list_is_priced_as_its_model_and_says_so(book):
    cost = book(Product("openai", "gpt-4o-2027-01-01"), Usage(input_tokens=MILLION))
    assert cost.usd == Decimal("2.50")
    assert cost.note == "genai-prices: openai/gpt-4o; name not known: priced as gpt-4o"


def at_hour(hour, day=DAY):
    moment = datetime.combine(day, time(hour), tzinfo=UTC)
    counts = {"input_tokens": MILLION, "output_tokens": MILLION}
    return calc_price(counts, "deepseek-chat", provider_id="deepseek", genai_request_timestamp=moment).total_price


def test_trap_3_a_price_by_the_hour_is_the_one_at_noon_utc_whatever_the_clock_says(book):
    cost = book(Product("deepseek", "deepseek-chat"), Usage(input_tokens=MILLION, output_tokens=MILLION))
    assert cost.usd == at_hour(12) != at_hour(20)
    assert cost.note.endswith("priced at noon UTC")


def test_trap_3_an_announced_price_comes_with_its_day():
    product, usage = Product("google", "gemini-4-argon"), Usage(input_tokens=1_000)
    before, after = (PriceBook(as_of=date(2026, month, 1))(product, usage).usd for month in (11, 12))
    assert after == 2 * before


@pytest.mark.parametrize("tier", ["batch", "flex", "priority"])
def test_trap_4_a_tier_without_a_price_is_priced_as_standard_and_says_so(book, tier):
    bedrock = Product("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", service_tier=tier)
    cost = book(bedrock, CALL)
    assert cost.usd == book(Product(bedrock.provider, bedrock.model), CALL).usd
    assert f"no {tier} price known: standard price" in cost.note


def test_trap_4_a_tier_with_a_price_is_used_without_a_remark(book):
    standard, batch = (book(Product("openai", "gpt-4o", service_tier=tier), CALL) for tier in (None, "batch"))
    assert batch.usd * 2 == standard.usd
    assert batch.note == standard.note


def test_trap_4_a_tier_that_began_after_the_day_is_not_used():
    """The flex price of gpt-5.4 on the list is dated 2026-10-12."""
    cost = PriceBook(as_of=date(2026, 10, 1))(Product("openai", "gpt-5.4", service_tier="flex"), CALL)
    assert "no flex price known" in cost.note


def test_trap_4_azure_borrows_prices_from_openai_but_not_its_tiers(book):
    cost = book(Product("azure", "gpt-5.4", service_tier="batch"), CALL)
    assert cost.usd == book(Product("azure", "gpt-5.4"), CALL).usd
    assert "no batch price known" in cost.note


@pytest.mark.parametrize("word", ["default", "auto", "standard", "on_demand", "ON_DEMAND", ""])
def test_trap_4_words_for_the_standard_tier_need_no_remark(book, word):
    assert book(Product("groq", "llama-3.3-70b-versatile", service_tier=word), CALL).note.count(";") == 0


def test_trap_5_tokens_of_a_model_that_is_sold_by_the_hour_are_not_free(book):
    cost = book(Product("openai", "whisper-1", "audio"), Usage(input_tokens=1_000))
    assert cost.usd is None
    assert 'add [tool.llmcost.prices."openai/whisper-1"]' in cost.note


def test_trap_5_output_tokens_of_a_model_without_an_output_price_are_not_free(book):
    assert book(Product("openai", "text-embedding-3-small"), CALL).usd is None


def test_trap_5_a_deprecated_model_without_prices_is_not_free(book):
    assert book(Product("cerebras", "qwen-3-coder-480b"), CALL).usd is None


def test_trap_5_audio_without_a_price_of_its_own_is_said_to_be_priced_as_text(book):
    heard = Usage(input_tokens=MILLION, input_audio_tokens=MILLION)
    cost = book(Product("openai", "gpt-4o-audio-preview"), heard)
    assert cost.usd == Decimal("2.50")
    assert cost.note.endswith("audio priced as text")
    priced = book(Product("openai", "gpt-audio"), heard)
    assert priced.usd == Decimal(32)
    assert "as text" not in priced.note


def test_trap_6_a_cache_write_for_an_hour_alone_is_a_cache_write(book):
    alone = Usage(input_tokens=1_000, cache_write_1h_tokens=1_000)
    both = Usage(input_tokens=1_000, cache_write_tokens=1_000, cache_write_1h_tokens=1_000)
    sonnet = Product("anthropic", "claude-sonnet-5")
    assert book(sonnet, alone).usd == book(sonnet, both).usd == Decimal("4.00") / 1_000


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input_tokens=10, cache_read_tokens=11),
        Usage(input_tokens=10, cache_read_tokens=6, cache_write_tokens=6),
        Usage(input_tokens=10, cache_write_tokens=2, cache_write_1h_tokens=3),
        Usage(input_tokens=10, input_audio_tokens=11),
        Usage(input_tokens=10, output_tokens=1, output_audio_tokens=2),
    ],
)
def test_trap_6_counts_that_contradict_each_other_have_no_price(book, usage):
    cost = book(Product("anthropic", "claude-sonnet-5"), usage)
    assert (cost.usd, cost.note) == (None, "no price: the token counts contradict each other")


def test_trap_7_a_usage_without_tokens_costs_nothing_whatever_the_model(book):
    assert book(Product("azure", "my-deployment"), Usage()).usd == 0
    assert book(Product("perplexity", "sonar"), Usage()).usd == 0


@pytest.mark.parametrize(
    ("operation", "usage"), [("image", Usage()), ("audio", Usage()), ("chat", Usage(image_count=2))]
)
def test_trap_7_what_is_sold_by_the_piece_is_not_free_for_lack_of_tokens(book, operation, usage):
    assert book(Product("openai", "gpt-image-1", operation), usage).usd is None


def test_trap_8_the_tier_is_chosen_by_one_calls_input(book):
    """gpt-5.4: 2.50 up to 272,000 input tokens, 5.00 for all of them above."""
    model = Product("openai", "gpt-5.4")
    small, large = (book(model, Usage(input_tokens=tokens)).usd for tokens in (272_000, 272_001))
    assert (small, large) == (Decimal("0.68"), Decimal(272_001) * 5 / MILLION)


# What else the note says.


@pytest.mark.parametrize("host", ["unknown", "localhost", "gateway.example.com"])
def test_behind_an_unknown_host_the_models_vendor_is_assumed_and_named(book, host):
    cost = book(Product(host, "gpt-4o"), CALL)
    assert cost.note == "genai-prices: openai/gpt-4o; host not known: priced as openai"


def test_a_host_with_openai_in_its_name_is_not_openai(book):
    assert "host not known" in book(Product("openai-proxy.example.com", "gpt-4o"), CALL).note


def test_an_openrouter_model_that_is_not_on_its_list_is_priced_by_its_vendor_and_says_so(book):
    cost = book(Product("openrouter", "openai/gpt-4o-transcribe"), CALL)
    assert cost.note == "genai-prices: openai/gpt-4o-transcribe; not on this host's list: priced as openai"


def test_a_picture_models_reply_is_priced_as_images_but_not_its_reasoning(book):
    """gemini-3-pro-image-preview: 120 per million tokens of image output, 12 of text."""
    usage = Usage(output_tokens=1_300, reasoning_tokens=180)
    cost = book(Product("google", "gemini-3-pro-image-preview"), usage)
    assert cost.usd == (Decimal(1_120) * 120 + Decimal(180) * 12) / MILLION
    assert cost.note.endswith("reply priced as images")


def test_images_in_the_input_are_said_to_be_priced_as_text(book):
    assert book(Product("openai", "gpt-image-1", "image"), Usage(input_tokens=9, image_count=1)).note.endswith(
        "images priced as text"
    )


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
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook
book = PriceBook(as_of=date(2026, 11, 21), prices={"m": Rates(input=Decimal(1), output=Decimal(2))})
assert book(Product("openai", "gpt-4o"), Usage()).usd == 0
assert book(Product("openai", "m"), Usage(input_tokens=1)).usd
assert book.version
assert "genai_prices" not in sys.modules, "too early"
assert book(Product("openai", "gpt-4o"), Usage(input_tokens=1)).usd
assert "genai_prices" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
