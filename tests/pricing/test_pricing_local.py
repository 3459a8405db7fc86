"""What costs nothing by rule, and what only looks as if it did."""

from datetime import date

import pytest

from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.usage import Usage
from pytest_llmcost.pricing import PriceBook

BOOK = PriceBook(as_of=date(2026, 11, 27), models={"mine": "local-llm", "ours": "hosted_vllm/qwen3"})
CALL = Usage(input_tokens=1_000, output_tokens=100)


@pytest.mark.parametrize(
    ("url", "model"),
    [
        ("http://localhost:11434/api/chat", "llama3.1"),
        ("http://127.0.0.1:11434/v1/chat/completions", "gpt-oss:20b"),
        ("http://localhost:1234/v1/chat/completions", "qwen3-8b"),
        ("http://localhost:8080/v1/chat/completions", "Llama-3.2-1B-Instruct-Q4_K_M.gguf"),
        ("http://localhost:8000/v1/chat/completions", "ours"),
    ],
)
def test_a_model_that_runs_locally_is_free_and_says_so(url, model):
    cost = BOOK(Product(provider_of(url), model), CALL)
    assert (cost.usd, cost.note) == (0, "free: runs locally")


@pytest.mark.parametrize("provider", ["ollama_chat", "lm_studio", "llamafile", "hosted_vllm"])
def test_the_words_of_litellm_for_what_runs_locally_are_known(provider):
    assert BOOK(Product(provider, "any"), CALL).note == "free: runs locally"


@pytest.mark.parametrize("model", ["gpt-4o", "openai/gpt-4o", "claude-sonnet-4-5"])
def test_a_local_gateway_to_a_paid_model_is_not_free(model):
    cost = BOOK(Product(provider_of("http://localhost:4000/v1/chat/completions"), model), CALL)
    assert cost.usd
    assert "host not known" in cost.note


@pytest.mark.parametrize("model", ["mine", "llama3.1", "my-model"])
def test_a_local_server_that_does_not_say_what_it_is_is_unknown_and_not_free(model):
    assert BOOK(Product(provider_of("http://localhost:8000/v1/chat/completions"), model), CALL).usd is None


def test_a_cloud_model_of_ollama_is_not_free():
    assert BOOK(Product("ollama", "gpt-oss:120b-cloud"), CALL).usd is None


@pytest.mark.parametrize("model", ["gpt-oss:120b", "deepseek-v3.1:671b", "gpt-4o"])
def test_the_cloud_of_ollama_is_no_machine_of_ones_own_whatever_it_calls_its_models(model):
    cost = BOOK(Product(provider_of("https://ollama.com/api/chat"), model), CALL)
    assert cost.usd is None
    assert f'add [tool.llmcost.prices."ollama-cloud/{model}"]' in cost.note


def test_a_file_name_at_a_host_with_a_price_list_is_not_free():
    assert BOOK(Product("openai", "x.gguf"), CALL).usd is None
