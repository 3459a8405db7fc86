"""Our arithmetic gives exactly what genai-prices gives, for all of its data."""

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from genai_prices import calc_price
from genai_prices.data import providers
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook
from pytest_llmcost.pricing.fallback import NEWER
from pytest_llmcost.pricing.library import Library

DAYS = (date(2026, 11, 21), date(2027, 1, 2), date(2025, 3, 1))
BOOK = PriceBook(as_of=DAYS[0])


def noon(day):
    return datetime.combine(day, time(12), tzinfo=UTC)


def as_genai_prices_counts(usage, *, draws=False):
    """The same counts in the library's words."""
    counts = {name: count for name, count in asdict(usage).items() if count is not None}
    counts["output_reasoning_tokens"] = counts.pop("reasoning_tokens", 0)
    counts.pop("image_count", None)
    counts["cache_audio_read_tokens"] = 0
    if draws:
        spoken = counts.get("output_audio_tokens", 0) + counts["output_reasoning_tokens"]
        counts["output_image_tokens"] = counts["output_tokens"] - spoken
    return counts


def usages(starts):
    sizes = {1, 4_000, 150_001}.union(*({start - 1, start, start + 1, start + 2} for start in starts))
    for size in sorted(sizes):
        yield Usage(input_tokens=size)
        yield Usage(input_tokens=size, output_tokens=77, reasoning_tokens=33)
        yield Usage(input_tokens=size, output_tokens=1, cache_read_tokens=size)
        yield Usage(
            input_tokens=size + 9,
            output_tokens=5,
            cache_read_tokens=size // 3,
            cache_write_tokens=size // 4,
            cache_write_1h_tokens=size // 9,
        )
        yield Usage(
            input_tokens=size,
            output_tokens=9,
            cache_read_tokens=size // 4,
            input_audio_tokens=size // 2,
            output_audio_tokens=3,
        )


def differences(library, provider, model, tier, context):
    tariff = library.tariff(provider, model, tier)
    draws = "reply priced as images" in tariff.note
    compared = 0
    for usage in usages(tariff.starts):
        ours = tariff.cost(usage).usd
        if ours is None:
            assert tariff.unpriced
            continue
        theirs = model.calc_price(
            as_genai_prices_counts(usage, draws=draws),
            provider,
            genai_request_timestamp=library.at,
            price_context=context,
        ).total_price
        assert ours == theirs, (provider.id, model.id, tier, usage)
        compared += 1
    return compared


def test_every_model_costs_what_genai_prices_says():
    library = Library.load(DAYS[0])
    compared = sum(
        differences(library, provider, model, None, None) for provider in providers for model in provider.models
    )
    assert compared > 20_000


@pytest.mark.parametrize(
    ("day", "tier", "context"),
    [
        (DAYS[1], None, None),
        (DAYS[2], None, None),
        (DAYS[0], "batch", {"processing": "batch"}),
        (DAYS[1], "batch", {"processing": "batch"}),
        (DAYS[0], "flex", {"service_tier": "flex"}),
        (DAYS[0], "priority", {"service_tier": "priority"}),
    ],
)
def test_every_dated_or_tiered_price_is_the_one_of_its_day_and_tier(day, tier, context):
    library = Library.load(day)
    moving = [(p, m) for p in providers for m in p.models if m.price_variants or isinstance(m.prices, list)]
    assert sum(differences(library, p, m, tier, context) for p, m in moving) > 2_000


def test_a_model_is_found_where_genai_prices_finds_it():
    usage = Usage(input_tokens=1_234)
    priced = 0
    for provider in providers:
        for model in provider.models:
            try:
                theirs = calc_price(
                    {"input_tokens": 1_234, "output_tokens": 0},
                    model.id,
                    provider_id=provider.id,
                    genai_request_timestamp=noon(DAYS[0]),
                )
            except LookupError:
                continue
            if (provider.id, model.id.lower()) in NEWER:
                continue
            ours = BOOK(Product(provider.id, model.id), usage)
            if ours.usd is None:
                assert theirs.total_price == 0, (provider.id, model.id, ours.note)
                continue
            assert ours.usd == theirs.total_price, (provider.id, model.id, ours.note)
            priced += 1
    assert priced > 2_000


@settings(deadline=None)
@given(
    model=st.sampled_from(
        [
            ("openai", "gpt-5.4"),
            ("google", "gemini-2.5-flash"),
            ("anthropic", "claude-sonnet-4-5"),
            ("openai", "gpt-4o"),
        ]
    ),
    parts=st.tuples(*[st.integers(0, 400_000)] * 4),
    hour=st.integers(0, 400_000),
    reply=st.tuples(st.integers(0, 100_000), st.integers(0, 100_000)),
)
def test_any_usage_costs_what_genai_prices_says(model, parts, hour, reply):
    _, read, write, audio = parts
    usage = Usage(
        input_tokens=sum(parts) + 1,
        output_tokens=sum(reply),
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=min(hour, write),
        input_audio_tokens=audio,
        reasoning_tokens=reply[0],
    )
    provider, name = model
    theirs = calc_price(
        as_genai_prices_counts(usage), name, provider_id=provider, genai_request_timestamp=noon(DAYS[0])
    )
    assert BOOK(Product(provider, name), usage).usd == theirs.total_price


def test_audio_read_from_the_cache_is_priced_once_and_no_more_of_it_is_assumed_than_must_be():
    """10 of the 100 tokens are both audio and cached: 60 + 50 are 10 more than there are."""
    usage = Usage(input_tokens=100, cache_read_tokens=60, input_audio_tokens=50)
    theirs = calc_price(
        {"input_tokens": 100, "cache_read_tokens": 60, "input_audio_tokens": 50, "cache_audio_read_tokens": 10},
        "gemini-2.5-flash",
        provider_id="google",
        genai_request_timestamp=noon(DAYS[0]),
    )
    assert BOOK(Product("google", "gemini-2.5-flash"), usage).usd == theirs.total_price


def test_audio_read_from_the_cache_costs_as_audio_where_the_book_has_no_rate_for_it():
    """amazon.nova-sonic: text 0.06 and audio 3.40 USD per million tokens, and no rate for cached tokens of any kind."""
    usage = Usage(input_tokens=100, cache_read_tokens=100, input_audio_tokens=50)
    cost = BOOK(Product("aws", "amazon.nova-sonic-v1:0"), usage)
    assert cost.usd == (50 * Decimal("0.06") + 50 * Decimal("3.40")) / 1_000_000
