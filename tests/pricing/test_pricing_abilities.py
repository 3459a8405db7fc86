"""The list of current models: dated rows, each with a price, and who could answer in the place of whom."""

from __future__ import annotations

import csv
from datetime import date
from importlib.resources import files

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.pricing import PriceBook
from pytest_llmcost.pricing.abilities import ABILITIES, COLUMNS, alternatives, current
from pytest_llmcost.pricing.tariff import Tariff

BOOK = PriceBook(as_of=date(2026, 11, 27))
TEXT = (files("pytest_llmcost.pricing") / "data" / "models.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))


def test_every_row_has_its_source_and_its_day():
    assert tuple(ROWS[0]) == COLUMNS
    assert 100 < len(ROWS) < 200
    assert len({(row["host"], row["model"].lower()) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row["source"].startswith("LiteLLM ")
        assert date.fromisoformat(row["as_of"]) <= date(2026, 11, 27)
        assert {row[ability] for ability in ABILITIES} <= {"yes", "no", ""}


def test_nearly_every_model_has_a_price():
    unpriced = [
        one.name for one in current().values() if not isinstance(BOOK.find(Product(one.provider, one.model)), Tariff)
    ]
    assert unpriced == ["cohere/command-a-plus-05-2026"]


@pytest.mark.parametrize(
    ("host", "model", "tokens", "output", "images"),
    [
        # The pages of the models, as stored this autumn: platform.claude.com, developers.openai.com.
        ("anthropic", "claude-sonnet-5", 1_000_000, 128_000, True),
        ("openai", "gpt-4o-mini", 128_000, 16_384, True),
        ("deepseek", "deepseek-v4-pro", 1_000_000, 393_216, False),
        ("groq", "openai/gpt-oss-120b", 131_072, 65_536, None),
    ],
)
def test_limits_and_abilities_are_read(host, model, tokens, output, images):
    one = current()[host, model]
    assert (one.input_tokens, one.output_tokens, one.abilities.get("images")) == (tokens, output, images)
    assert one.abilities["tools"] is True


def test_alternatives_are_the_owners_current_models_and_what_the_same_hosts_sell():
    found = {one.name: one for one in alternatives(BOOK, ["azure"])}
    assert found["azure/gpt-4.1-mini"].is_listed
    assert found["google/gemini-3.5-flash"].is_listed
    assert not any(name.startswith("aws/") for name in found)
    hosts = {one.provider for one in alternatives(BOOK, ["openai"])}
    assert hosts == {"anthropic", "deepseek", "google", "mistral", "openai", "x-ai"}


def test_what_only_the_price_list_has_is_unknown_and_no_embedding_or_dated_twin_is_there():
    found = {one.name: one for one in alternatives(BOOK, ["openai"])}
    assert not found["openai/gpt-3.5-turbo"].is_listed
    assert "openai/text-embedding-3-small" not in found
    assert "openai/gpt-4o-2024-08-06" not in found
    assert not any("/ft:" in name for name in found)
