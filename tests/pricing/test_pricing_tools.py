"""The scripts that renew the fallback table, and that hold our prices to what gateways state."""

import importlib.util
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pytest_llmcost.pricing import fallback
from pytest_llmcost.pricing.library import Library

TOOLS = Path(__file__).parents[2] / "tools"
SHARED = Path(os.environ.get("PYTEST_LLMCOST_SHARED") or TOOLS.parents[1] / "shared")


@pytest.fixture(scope="module")
def refresh():
    found = importlib.util.spec_from_file_location("refresh_prices", TOOLS / "refresh_prices.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def stated_costs(shared):
    return subprocess.run(
        [sys.executable, str(TOOLS / "stated_costs.py")],
        env=os.environ | {"PYTEST_LLMCOST_SHARED": str(shared)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rates_are_told_by_tier_size_and_piece(refresh):
    entry = {
        "input_cost_per_token": Decimal("0.0000025"),
        "input_cost_per_token_above_272k_tokens_batches": Decimal("0.0000025"),
        "output_cost_per_token_flex": Decimal("0.0000075"),
        "cache_creation_input_token_cost_above_1hr": Decimal("0.000004"),
        "search_context_cost_per_query": {"search_context_size_low": Decimal("0.01")},
        "max_tokens": 9,
        "litellm_provider": "openai",
    }
    assert refresh.rates_of(entry) == {
        "in": Decimal("2.5"),
        "batch.272000>in": Decimal("2.5"),
        "flex.out": Decimal("7.5"),
        "write1h": Decimal(4),
        "web_searches": Decimal("0.01"),
    }


def test_a_second_way_to_say_a_price_is_left_out(refresh):
    seconds = {"input_cost_per_token": Decimal("0.000001"), "input_cost_per_second": Decimal("0.0001")}
    assert refresh.rates_of(seconds) == {"in": Decimal(1)}
    assert refresh.rates_of({"output_cost_per_image_token": Decimal("0.00004")}) == {"out": Decimal(40)}


@pytest.mark.parametrize(
    ("name", "provider", "host", "model"),
    [
        ("gpt-4o", "openai", "openai", "gpt-4o"),
        ("azure/eu/gpt-4o", "azure", "azure", "eu/gpt-4o"),
        ("vertex_ai/claude-opus-5", "vertex_ai-anthropic_models", "google", "claude-opus-5"),
        ("groq/openai/gpt-oss-120b", "groq", "groq", "openai/gpt-oss-120b"),
        ("meta-llama/x", "deepinfra", "deepinfra", "meta-llama/x"),
    ],
)
def test_names_and_hosts_are_ours(refresh, name, provider, host, model):
    assert refresh.host_of({"litellm_provider": provider}) == host
    assert refresh.named(name, host) == model


def test_only_what_the_book_lacks_is_kept(refresh):
    prices = {"input_cost_per_token": Decimal("0.0000025"), "output_cost_per_token": Decimal("0.00001")}
    batch = prices | {"input_cost_per_token_batches": Decimal("0.000001")}
    entries = {
        "gpt-4o": batch | {"litellm_provider": "openai"},
        "azure/gpt-4o": batch | {"litellm_provider": "azure"},
        "acme-9": prices | {"litellm_provider": "openai"},
        "bedrock/us-west-2/1-month-commitment/x": prices | {"litellm_provider": "bedrock"},
        "elsewhere/x": prices | {"litellm_provider": "nowhere"},
    }
    found = refresh.rows(entries, Library.load(date(2026, 11, 27)))
    assert found == {
        ("openai", "acme-9"): {"in": Decimal("2.5"), "out": Decimal(10)},
        ("azure", "gpt-4o"): {"batch.in": Decimal(1)},
    }
    assert fallback.read(fallback.table_of(found, "a list")) == found


def test_the_list_of_current_models_has_general_ones_that_are_not_deprecated(refresh):
    entry = {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 9, "supports_vision": False}
    entries = {
        "gpt-5": entry | {"supports_function_calling": True},
        "gpt-5-2025-08-07": entry,
        "gpt-5-search-api": entry,
        "gpt-5.1": entry | {"deprecation_date": "2026-11-01"},
        "gpt-3.5-turbo": entry,
        "gpt-6": entry | {"mode": "embedding"},
        "mistral/mistral-large-2512": entry | {"litellm_provider": "mistral", "max_output_tokens": 3},
    }
    assert refresh.models_of(entries, "1.2", "2026-11-27") == [
        ["mistral", "mistral-large-2512", "9", "3", "", "no", "", "", "LiteLLM 1.2", "2026-11-27"],
        ["openai", "gpt-5", "9", "", "yes", "no", "", "", "LiteLLM 1.2", "2026-11-27"],
    ]


def test_the_comparison_skips_itself_in_one_line_without_recordings(tmp_path):
    done = stated_costs(tmp_path)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "skipped: corpus/dev.jsonl.gz is not there\n")


@pytest.mark.skipif(not (SHARED / "corpus/dev.jsonl.gz").is_file(), reason="needs recordings that are kept elsewhere")
def test_nineteen_of_twenty_stated_costs_are_ours():
    done = stated_costs(SHARED)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") > 50
