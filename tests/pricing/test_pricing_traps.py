"""The traps of genai-prices, each of them met once."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from genai_prices import calc_price

from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook, fallback

DAY = date(2026, 11, 21)
MILLION = 1_000_000
CALL = Usage(input_tokens=1_000, output_tokens=100)


@pytest.fixture(scope="module")
def book():
    return PriceBook(as_of=DAY)


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
        ("unknown", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "aws/regional.anthropic.claude-haiku-4-5"),
        ("unknown", "anthropic.claude-3-5-sonnet-20241022-v2:0", "aws/regional.anthropic.claude-3-5-sonnet"),
        ("unknown", "anthropic.claude-sonnet-4-5-20250929-v1:0", "aws/regional.anthropic.claude-sonnet-4-5"),
    ],
)
def test_trap_1_names_with_a_prefix_have_a_price(book, provider, model, entry):
    cost = book(Product(provider, model), Usage(input_tokens=1_000))
    assert cost.usd
    assert entry in cost.note


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "ft:gpt-4.1-mini:acme::x"),
        ("openai", "ft:gpt-6-2027-01-01:acme::x"),
        ("azure", "ft:gpt-4.1-mini-2025-04-14:acme::x"),
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


@pytest.mark.parametrize(
    ("provider", "model", "given", "cached"),
    [
        # USD per million tokens by LiteLLM 1.110.2, 2026-11-27; cached input is what genai-prices does not know.
        ("openai", "ft:gpt-4o-2024-08-06:acme::x", "3.75", "1.875"),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme:name:x", "0.30", "0.15"),
        ("openai", "ft:gpt-4.1-mini-2025-04-14:acme::x", "0.80", "0.20"),
        ("openai", "ft:o4-mini-2025-04-16:acme::x", "4", "1"),
        ("unknown", "openai/ft:gpt-4.1-mini-2025-04-14:acme::x", "0.80", "0.20"),
    ],
)
def test_trap_2_a_fine_tuned_model_has_its_own_price_whoever_owns_it(book, provider, model, given, cached):
    product = Product(provider, model)
    assert book(product, Usage(input_tokens=MILLION)).usd == Decimal(given)
    assert book(product, Usage(input_tokens=MILLION, cache_read_tokens=MILLION)).usd == Decimal(cached)


def test_trap_2_a_discount_on_cached_input_that_nobody_knows_is_told(book):
    cost = book(Product("openai", "ft:gpt-3.5-turbo-0125:acme::x"), Usage(input_tokens=1_000, cache_read_tokens=900))
    assert cost.doubts == ("cached input priced as plain",)
    assert book(Product("openai", "ft:gpt-3.5-turbo-0125:acme::x"), Usage(input_tokens=1_000)).doubts == ()


@pytest.mark.parametrize(
    ("product", "written", "usd", "doubts"),
    [
        # genai-prices has no price of an hour at Google, LiteLLM's list none in a batch, and gpt-4o has no writes.
        (Product("google", "claude-3-5-haiku"), {}, "0.001", ()),
        (
            Product("google", "claude-3-5-haiku"),
            {"cache_write_1h_tokens": 1_000},
            "0.001",
            ("cache writes for an hour priced as those for 5 minutes",),
        ),
        (
            Product("anthropic", "claude-mythos-5", service_tier="batch"),
            {"cache_write_1h_tokens": 1_000},
            "0.00625",
            ("cache writes for an hour priced as those for 5 minutes",),
        ),
        (Product("anthropic", "claude-mythos-5"), {"cache_write_1h_tokens": 1_000}, "0.020", ()),
        (Product("openai", "gpt-4o"), {}, "0.0025", ("cache writes priced as plain",)),
        (Product("anthropic", "claude-sonnet-5"), {"cache_write_1h_tokens": 1_000}, "0.004", ()),
    ],
)
def test_trap_2_a_price_of_cache_writes_that_nobody_knows_is_told(book, product, written, usd, doubts):
    cost = book(product, Usage(input_tokens=1_000, cache_write_tokens=1_000, **written))
    assert (cost.usd, cost.doubts) == (Decimal(usd), doubts)


def test_trap_2_a_snapshot_that_is_not_on_the_list_is_priced_as_its_model_and_says_so(book):
    cost = book(Product("openai", "gpt-4o-2027-01-01"), Usage(input_tokens=MILLION))
    assert cost.usd == Decimal("2.50")
    assert cost.note == "genai-prices: openai/gpt-4o; name not known: priced as gpt-4o"


def at_hour(hour, day=DAY):
    moment = datetime.combine(day, time(hour), tzinfo=UTC)
    counts = {"input_tokens": MILLION, "output_tokens": MILLION}
    return calc_price(counts, "deepseek-v4-pro", provider_id="deepseek", genai_request_timestamp=moment).total_price


def test_trap_3_a_price_by_the_hour_is_the_one_at_noon_utc_whatever_the_clock_says(book):
    cost = book(Product("deepseek", "deepseek-v4-pro"), Usage(input_tokens=MILLION, output_tokens=MILLION))
    assert cost.usd == at_hour(12) != at_hour(2)
    assert cost.note.endswith("priced at noon UTC")
    assert cost.doubts == ("priced at noon UTC",)


def test_trap_3_a_stale_price_by_the_hour_is_not_used(book):
    """genai-prices has deepseek-chat at the price of February 2025, half of it at night."""
    assert book(Product("deepseek", "deepseek-chat"), Usage(input_tokens=MILLION)).usd == Decimal("0.28")


def test_trap_3_an_announced_price_comes_with_its_day():
    product, usage = Product("google", "gemini-4-argon"), Usage(input_tokens=1_000)
    before, after = (PriceBook(as_of=date(2026, month, 1))(product, usage).usd for month in (11, 12))
    assert after == 2 * before


def test_trap_3_an_announced_price_is_told_before_its_day():
    product, usage = Product("google", "gemini-4-argon"), Usage(input_tokens=1_000)
    before, after = (PriceBook(as_of=date(2026, month, 1))(product, usage).doubts for month in (11, 12))
    assert (before, after) == (("another price from 2026-12-01 on is announced",), ())


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_trap_4_a_tier_without_a_price_is_priced_as_standard_and_says_so(book, tier):
    bedrock = Product("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", service_tier=tier)
    cost = book(bedrock, CALL)
    assert cost.usd == book(Product(bedrock.provider, bedrock.model), CALL).usd
    assert f"no {tier} price known: standard price" in cost.note


def test_trap_4_a_tier_with_a_price_is_used_without_a_remark(book):
    standard, batch = (book(Product("openai", "gpt-4o", service_tier=tier), CALL) for tier in (None, "batch"))
    assert batch.usd * 2 == standard.usd
    assert batch.note == standard.note


@pytest.mark.parametrize(
    ("model", "tier", "above"),
    [
        (("openai", "gpt-5.4"), "priority", 272_000),  # OpenAI serves no long prompts with priority
        (("google", "claude-sonnet-4-5"), "batch", 200_000),  # LiteLLM's list has one batch price
    ],
)
def test_trap_4_a_tier_that_has_no_price_of_long_prompts_says_so(book, model, tier, above):
    one, larger = (book(Product(*model, service_tier=tier), Usage(input_tokens=above + more)) for more in (0, 1))
    assert one.doubts == ()
    assert larger.doubts == (f"no price known above {above:,} input tokens in this tier: the one below",)
    assert larger.usd / (above + 1) == one.usd / above


@pytest.mark.parametrize(("tier", "doubts"), [("flex", ()), ("fast", ("no fast price known: standard price",))])
def test_trap_4_a_tier_with_a_price_of_long_prompts_says_nothing_of_them(book, tier, doubts):
    cost = book(Product("google", "gemini-2.5-pro", service_tier=tier), Usage(input_tokens=200_001))
    assert cost.doubts == doubts


def test_trap_4_a_tier_that_began_after_the_day_is_not_used():
    """The flex price of gpt-5.4 on the list is dated 2026-10-12."""
    cost = PriceBook(as_of=date(2026, 10, 1))(Product("openai", "gpt-5.4", service_tier="flex"), CALL)
    assert "no flex price known" in cost.note


def test_trap_4_azure_borrows_prices_from_openai_but_not_its_tiers(book):
    cost = book(Product("azure", "gpt-4o-mini", service_tier="flex"), CALL)
    assert cost.usd == book(Product("azure", "gpt-4o-mini"), CALL).usd
    assert "no flex price known" in cost.note
    assert cost.doubts == ("no flex price known: standard price",)


@pytest.mark.parametrize(
    ("provider", "model"), [("azure", "gpt-5.4"), ("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")]
)
def test_trap_4_a_tier_that_only_the_second_list_knows_is_priced_by_it_and_names_it(book, provider, model):
    standard, batch = (book(Product(provider, model, service_tier=tier), CALL) for tier in (None, "batch"))
    assert batch.usd * 2 == standard.usd
    assert batch.note == f"{fallback.source()}: {provider}/{model}"
    assert batch.doubts == ()


@pytest.mark.parametrize(("provider", "model"), [("openai", "gpt-4o"), ("anthropic", "claude-opus-4-5")])
def test_a_batch_costs_what_the_provider_asks_for_one(book, provider, model):
    standard, batch = (book(Product(provider, model, service_tier=tier), CALL) for tier in (None, "batch"))
    assert batch.usd * 2 == standard.usd


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("azure", "gpt-35-turbo"),
        ("aws", "us.deepseek.r1-v1:0"),
        ("mistral", "mistral-large-latest"),
        ("aws", "us.xai.grok-4.7"),  # LiteLLM's list has a batch price of xai.grok-4.7 alone
    ],
)
def test_a_batch_without_a_known_price_is_not_priced_as_if_it_had_been_sent_alone(book, provider, model):
    """Half the standard price would be a guess, and the standard price is wrong."""
    assert book(Product(provider, model), CALL).usd
    cost = book(Product(provider, model, service_tier="batch"), CALL)
    assert cost.usd is None
    assert cost.note.startswith("no price: no batch price known; add ")


def test_a_batch_at_a_price_of_your_own_costs_that():
    rates = {"mistral/mistral-large-latest": Rates(input=Decimal(1), output=Decimal(3))}
    book = PriceBook(as_of=DAY, prices=rates)
    assert book(Product("mistral", "mistral-large-latest", service_tier="batch"), CALL).usd == Decimal("0.0013")


@pytest.mark.parametrize(
    ("operation", "note"), [("count", "free: counting tokens"), ("moderation", "free: moderation")]
)
def test_what_no_provider_bills_costs_nothing_and_says_why(book, operation, note):
    assert book(Product("anthropic", "claude-opus-4-5", operation), Usage()) == Cost(Decimal(0), note)


def test_a_moderation_that_states_tokens_is_priced_by_them(book):
    assert book(Product("mistral", "mistral-large-latest", "moderation"), Usage(input_tokens=1_000)).usd


@pytest.mark.parametrize("operation", ["audio", "image", "ocr", "rerank"])
def test_what_is_sold_by_the_piece_and_states_no_tokens_is_not_free(book, operation):
    assert book(Product("openai", "gpt-4o", operation), Usage()).usd is None


def test_a_cache_is_not_priced_as_if_its_tokens_were_sent(book):
    cost = book(Product("google", "gemini-2.5-flash", "cache"), Usage(input_tokens=1_000))
    assert cost.usd is None
    assert cost.note.startswith("no price: this cache call states input tokens only")


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
    assert cost.doubts == ("audio priced as text",)
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
        Usage(input_tokens=10, output_tokens=1, reasoning_tokens=2),
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


def test_a_free_model_costs_nothing_whatever_its_reply_counts_as_thought():
    book = PriceBook(as_of=date(2026, 11, 1))
    usage = Usage(input_tokens=43, output_tokens=10, reasoning_tokens=11)
    assert book(Product("openrouter", "minimax/minimax-m2:free"), usage).usd == 0
