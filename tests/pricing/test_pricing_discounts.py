"""Discounts on list prices: what they apply to, which one wins, and that every amount stays exact."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.discount import Discount
from pytest_llmcost.core.service_tiers import BATCH
from pytest_llmcost.core.settings import Rates
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook
from pytest_llmcost.pricing.discounts import Discounts
from pytest_llmcost.pricing.tariff import Bracket, tariff
from pytest_llmcost.pricing.tiers import word

DAY = date(2026, 11, 21)
GPT = Product("openai", "gpt-4o")
CALL = Usage(input_tokens=1000, output_tokens=100, cache_read_tokens=400)
LIST = PriceBook(as_of=DAY)


def book(models=None, prices=None, **discounts):
    return PriceBook(as_of=DAY, models=models, prices=prices, discounts=named(discounts))


def named(discounts):
    """Take `azure__gpt` for `azure/gpt`, and a bare number for percent."""
    terms = {key: one if isinstance(one, Discount) else off(one) for key, one in discounts.items()}
    return {key.replace("__", "/"): one for key, one in terms.items()}


def off(percent, **more):
    return Discount(percent=Decimal(percent), **more)


def with_keys(**terms):
    return lambda *keys: PriceBook(as_of=DAY, discounts=dict.fromkeys(keys, off(10, **terms)))


def test_a_percent_is_off_the_list_price_and_the_note_says_so():
    cost = book(openai=off(15, reason="enterprise agreement"))(GPT, CALL)
    assert cost.usd == LIST(GPT, CALL).usd * Decimal("0.85")
    assert cost.note == f"{LIST(GPT, CALL).note}; 15% off (enterprise agreement)"


def test_a_hundred_percent_off_costs_nothing_and_is_not_unknown():
    cost = book(openai=100)(GPT, CALL)
    assert cost.usd == 0
    assert cost.note.endswith("; 100% off")


def test_each_kind_of_token_has_its_own_percent():
    terms = Discount(input_percent=Decimal(20), output_percent=Decimal(10), cache_read_percent=Decimal(0))
    # USD per million, as listed: 2.50 in, 10 out, 1.25 from the cache.
    assert book(openai=terms)(GPT, CALL).usd == (600 * 2 + 400 * Decimal("1.25") + 100 * 9) / Decimal(10**6)


def test_the_cache_follows_the_input_and_the_input_follows_the_whole():
    assert book(openai=Discount(input_percent=Decimal(50)))(GPT, CALL).usd == Decimal("0.002")
    assert book(openai=Discount(percent=Decimal(50)))(GPT, CALL).usd == Decimal("0.0015")
    both = Discount(percent=Decimal(50), output_percent=Decimal(0))
    assert book(openai=both)(GPT, CALL).usd == Decimal("0.002")


def test_writes_to_the_cache_have_a_percent_of_their_own():
    claude = Product("anthropic", "claude-sonnet-4-5")
    usage = Usage(input_tokens=3000, output_tokens=0, cache_write_tokens=3000, cache_write_1h_tokens=1000)
    terms = Discount(input_percent=Decimal(50), cache_write_percent=Decimal(10))
    assert book(anthropic=terms)(claude, usage).usd == LIST(claude, usage).usd * Decimal("0.9")


@pytest.mark.parametrize(
    ("key", "product"),
    [
        ("openai", GPT),
        ("OpenAI", GPT),
        ("gpt-4o", GPT),
        ("openai/gpt-4o", GPT),
        ("openai/*", GPT),
        ("gpt-4*", GPT),
        ("openai/gpt-4o", Product("openai", "gpt-4o-2024-08-06")),
        ("azure_openai", Product("azure", "gpt-4o")),
        ("bedrock", Product("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")),
        ("bedrock/anthropic.claude-*", Product("aws", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")),
        ("openrouter", Product("openrouter", "openai/gpt-4o")),
    ],
)
def test_a_key_covers_a_provider_a_model_or_both(key, product):
    assert with_keys()(key)(product, CALL).usd == LIST(product, CALL).usd * Decimal("0.9")


@pytest.mark.parametrize(
    ("key", "product"),
    [
        ("openai", Product("azure", "gpt-4o")),
        ("openai", Product("openrouter", "openai/gpt-4o")),
        ("openai/gpt-4o", Product("openrouter", "openai/gpt-4o")),
        ("gpt-4o", Product("openai", "gpt-4o-mini")),
        ("azure/gpt-4o", GPT),
        ("open", GPT),
        ("anthropic", GPT),
    ],
)
def test_a_key_covers_nothing_else(key, product):
    assert with_keys()(key)(product, CALL) == LIST(product, CALL)


def test_a_mapped_name_is_covered_by_what_it_stands_for_and_by_itself():
    own = {"prod": "azure/gpt-4.1-mini"}
    product = Product("openai", "prod")
    listed = book(models=own)(product, CALL).usd
    assert book(models=own, azure=10)(product, CALL).usd == listed * Decimal("0.9")
    assert book(models=own, prod=10)(product, CALL).usd == listed * Decimal("0.9")
    assert book(models=own, openai=10)(product, CALL).usd == listed


def test_a_model_wins_over_a_provider_then_the_longest_literal_part():
    terms = {"openai": off(10), "gpt-*": off(20), "openai/gpt-*": off(30), "openai/gpt-4o": off(40)}
    for count, percent in ((4, 40), (3, 30), (2, 20), (1, 10)):
        prices = PriceBook(as_of=DAY, discounts=dict(list(terms.items())[:count]))
        assert prices(GPT, CALL).usd == LIST(GPT, CALL).usd * (100 - percent) / 100


def test_of_two_equal_claims_none_applies_and_the_note_says_so():
    cost = with_keys()("openai/gpt-*", "openai/*t-4o")(GPT, CALL)
    assert cost.usd == LIST(GPT, CALL).usd
    assert cost.note == f"{LIST(GPT, CALL).note}; no discount, of equal claim: openai/*t-4o, openai/gpt-*"


def test_the_first_and_the_last_day_count():
    def on(**days):
        return with_keys(**days)("openai")(GPT, CALL).usd != LIST(GPT, CALL).usd

    assert on(starts=DAY)
    assert on(until=DAY)
    assert not on(starts=date(2026, 11, 22))
    assert not on(until=date(2026, 11, 20))


def test_a_discount_that_is_over_leaves_the_call_to_a_weaker_one():
    terms = {"openai": off(10), "openai/gpt-4o": off(50, until=date(2026, 1, 1))}
    assert PriceBook(as_of=DAY, discounts=terms)(GPT, CALL).usd == LIST(GPT, CALL).usd * Decimal("0.9")


def test_it_holds_for_batches_unless_it_does_not():
    batch = Product("openai", "gpt-4o", service_tier="batch")
    assert book(openai=off(10))(batch, CALL).usd == LIST(batch, CALL).usd * Decimal("0.9")
    assert book(openai=off(10, batch=False))(batch, CALL) == LIST(batch, CALL)
    assert book(openai=off(10, batch=False))(GPT, CALL).usd == LIST(GPT, CALL).usd * Decimal("0.9")


def test_your_own_price_has_no_discount():
    own = {"gpt-4o": Rates(input=Decimal(1), output=Decimal(1))}
    assert book(prices=own, openai=50)(GPT, CALL).usd == Decimal("0.0011")


def test_what_has_no_price_stays_unknown():
    assert book(acme=100)(Product("acme", "llama-70b"), CALL).usd is None


def test_committed_capacity_covers_its_tokens_whether_or_not_the_list_knows_the_model():
    terms = Discount(committed_usd_per_month=Decimal(4000), reason="PTU")
    for product in (Product("azure", "gpt-4.1"), Product("azure", "my-own")):
        cost = book(azure=terms)(product, CALL)
        assert (cost.usd, cost.note) == (0, "covered by committed capacity (PTU): azure")
    assert book(azure=terms)(GPT, CALL) == LIST(GPT, CALL)


def test_all_keys_that_cover_a_product_claim_it():
    prices = with_keys()("openai", "openai/gpt-4o", "azure")
    assert prices.claims(GPT) == {"openai": (False, 6), "openai/gpt-4o": (True, 13)}


percents = st.decimals(min_value=0, max_value=100, allow_nan=False, places=4)
counts = st.integers(0, 5_000_000)


@st.composite
def usages(draw):
    parts = [draw(counts) for _ in range(5)]
    read, write, audio, plain, output = parts
    return Usage(
        input_tokens=read + write + audio + plain,
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=draw(st.integers(0, write)),
        input_audio_tokens=audio,
        output_audio_tokens=draw(st.integers(0, output)),
        reasoning_tokens=draw(st.integers(0, output)),
    )


LISTED = tariff(
    "acme/x",
    "listed",
    [
        Bracket(
            request=Decimal("0.005"), input=Decimal("2.5e-6"), output=Decimal("1e-5"), cache_read=Decimal("-1.25e-6"),
            cache_write=Decimal("6.25e-7"), cache_write_1h=Decimal("1.875e-6"), input_audio=Decimal("7.5e-6"),
            output_audio=Decimal("3e-5"), cached_audio=Decimal("-6.3e-6"), reasoning=Decimal("1e-7"),
        ),
    ],
)  # fmt: skip


def lowered(**terms):
    found = Discounts({"acme": Discount(**terms)}, DAY, {}).applied(Product("acme", "x"), LISTED)
    assert found is not None
    return found


@given(usages(), percents)
def test_one_percent_off_all_is_that_share_of_the_list_price_exactly(usage, percent):
    whole, less = Fraction(LISTED.cost(usage).usd), Fraction(lowered(percent=percent).cost(usage).usd)
    assert less == whole * (100 - Fraction(percent)) / 100


@given(usages(), percents, percents, percents, percents)
def test_the_parts_of_a_call_add_up_after_any_discount_and_none_is_below_zero(usage, given_, made, read, write):
    terms = {"percent": Decimal(7), "input_percent": given_, "output_percent": made}
    less = lowered(**terms, cache_read_percent=read, cache_write_percent=write).cost(usage).usd
    million = Fraction(1, 10**6)
    hour, audio = usage.cache_write_1h_tokens, usage.input_audio_tokens
    plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    parts = [
        (Fraction("0.005"), Decimal(7)),
        ((plain * Fraction("2.5") + audio * Fraction("7.5")) * million, given_),
        (usage.cache_read_tokens * Fraction("1.25") * million, read),
        ((usage.cache_write_tokens * Fraction("3.125") + hour * Fraction("1.875")) * million, write),
        (usage.output_tokens * 10 * million + usage.output_audio_tokens * 30 * million, made),
        (usage.reasoning_tokens * Fraction("0.1") * million, made),
    ]
    assert Fraction(less) == sum(part * (100 - Fraction(percent)) / 100 for part, percent in parts)
    assert less >= 0


@given(usages())
def test_a_hundred_percent_off_every_kind_is_nothing_whatever_the_call(usage):
    assert lowered(percent=Decimal(100)).cost(usage).usd == 0


def test_audio_from_the_cache_is_audio_at_the_percent_of_the_cache():
    usage = Usage(input_tokens=1000, output_tokens=0, cache_read_tokens=1000, input_audio_tokens=1000)
    terms = {"input_percent": Decimal(50), "cache_read_percent": Decimal(10)}
    whole = Fraction(LISTED.cost(usage).usd) - Fraction("0.005")
    assert Fraction(lowered(**terms).cost(usage).usd) == Fraction("0.005") + whole * 9 / 10


@pytest.mark.parametrize(
    ("product", "usage"),
    [
        (Product("openai", "whisper-1", "audio"), Usage(audio_seconds=90)),
        (Product("openai", "tts-1", "audio"), Usage(input_tokens=300, input_characters=1_000)),
        (Product("groq", "whisper-large-v3", "audio"), Usage(audio_seconds=3)),  # 10 seconds at least
        (Product("mistral", "mistral-ocr-latest", "ocr"), Usage(document_pages=3)),
        (Product("cohere", "rerank-v3.5", "rerank"), Usage(input_tokens=90, rerank_searches=2)),
        (Product("azure", "mai-image-2.5", "image"), Usage(image_count=2)),
        (GPT, Usage(input_tokens=10, output_tokens=5, web_searches=2)),
        (Product("openrouter", "deepseek/deepseek-chat"), Usage(input_tokens=10, output_tokens=5, web_searches=2)),
        (Product("perplexity", "sonar"), Usage(input_tokens=10, output_tokens=5)),  # a fee for each call
    ],
)
def test_a_percent_is_off_what_is_billed_by_the_piece(product, usage):
    lowered = with_keys()(product.provider)(product, usage)
    assert lowered.usd == pytest.approx(LIST(product, usage).usd * Decimal("0.9"), abs=Decimal("1e-12"))
    assert "; 10% off" in lowered.note


def test_a_percent_of_tokens_is_not_off_the_pieces():
    usage = Usage(input_tokens=10, output_tokens=5, web_searches=2)
    lowered, listed = book(openai=Discount(input_percent=Decimal(50)))(GPT, usage), LIST(GPT, usage)
    assert listed.usd - lowered.usd == Decimal("0.0000125")


def test_a_price_of_your_own_by_the_piece_has_no_discount():
    own = {"openai/whisper-1": Rates(input=Decimal(0), output=Decimal(0), audio_second=Decimal("0.001"))}
    whisper = Product("openai", "whisper-1", "audio")
    assert book(prices=own, openai=50)(whisper, Usage(audio_seconds=10)).usd == Decimal("0.01")


def test_a_capacity_covers_tokens_and_not_the_searches_beside_them():
    usage = Usage(input_tokens=1_000_000, output_tokens=5, web_searches=2)
    terms = Discount(committed_usd_per_month=Decimal(4_000))
    cost = book(openai__gpt_4o=terms).find(GPT)
    assert cost == LIST.find(GPT)  # another name
    cost = PriceBook(as_of=DAY, discounts={"openai/gpt-4o": terms})(GPT, usage)
    searched = LIST(GPT, usage).usd - LIST(GPT, Usage(input_tokens=1_000_000, output_tokens=5)).usd
    assert cost.usd == searched > 0
    assert cost.note == "covered by committed capacity: openai/gpt-4o"


def test_every_word_for_a_batch_is_one():
    batch = Product("anthropic", "claude-sonnet-4-5", service_tier="batches")
    usual = Product("anthropic", "claude-sonnet-4-5", service_tier="batch")
    for product in (batch, usual):
        sold = with_keys(batch=False)("anthropic")
        assert (word(product.service_tier) == BATCH) is (sold(product, CALL) == LIST(product, CALL))
