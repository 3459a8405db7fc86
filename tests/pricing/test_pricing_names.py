"""Which names are tried for a product."""

import pytest

from pytest_llmcost.core.call import Product
from pytest_llmcost.pricing.names import candidates

ARN = "arn:aws:bedrock"


def tried(provider, model, models=None):
    return [(candidate.provider, candidate.model) for candidate in candidates(Product(provider, model), models)]


def test_the_name_as_it_is_comes_first():
    assert tried("openai", "gpt-4o-2024-08-06")[0] == ("openai", "gpt-4o-2024-08-06")


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("google", "models/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("vertex", "publishers/google/models/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("google", "projects/p/locations/l/publishers/google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("openai", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("openai", "openai:gpt-4o", ("openai", "gpt-4o")),
        ("azure", "azure/gpt-4o", ("azure", "gpt-4o")),
        ("gemini", "gemini/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("anthropic", "anthropic/claude-opus-5", ("anthropic", "claude-opus-5")),
        ("bedrock", "bedrock/us.amazon.nova-lite-v1:0", ("aws", "us.amazon.nova-lite-v1:0")),
        ("aws", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", ("aws", "amazon.nova-lite-v1:0")),
        ("aws", "eu.amazon.nova-lite-v1:0", ("aws", "amazon.nova-lite")),
        ("openai", "gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("anthropic", "claude-sonnet-4-5-20250929", ("anthropic", "claude-sonnet-4-5")),
        ("google", "claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5")),
        ("mistral", "mistral-large-latest", ("mistral", "mistral-large")),
        ("openrouter", "openai/gpt-4o:nitro", ("openrouter", "openai/gpt-4o")),
        ("huggingface", "Qwen/Qwen3-32B:groq", ("huggingface_groq", "Qwen/Qwen3-32B")),
        ("groq", "openai/gpt-oss-120b", ("groq", "openai/gpt-oss-120b")),
        ("unknown", "openai/gpt-4o", ("openai", "gpt-4o")),
        ("127.0.0.1", "gpt-4o", (None, "gpt-4o")),
        ("google-gla", "gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("unknown", "google-vertex:gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        ("unknown", "bedrock_converse:us.amazon.nova-lite-v1:0", ("aws", "us.amazon.nova-lite-v1:0")),
        ("unknown", "mistralai:mistral-large-latest", ("mistral", "mistral-large-latest")),
        ("unknown", "vertex_ai/claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5@20250929")),
        ("unknown", "text-completion-openai/davinci-002", ("openai", "davinci-002")),
        ("unknown", "deepinfra/meta-llama/Llama-3.3-70B", ("deepinfra", "meta-llama/Llama-3.3-70B")),
        ("aws", "bedrock/converse/us.amazon.nova-lite-v1:0", ("aws", "us.amazon.nova-lite-v1:0")),
        ("aws", "us-east-1/amazon.nova-lite-v1:0", ("aws", "amazon.nova-lite-v1:0")),
        (
            "aws",
            f"{ARN}:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0",
            ("aws", "eu.amazon.nova-lite-v1:0"),
        ),
        (
            "aws",
            f"{ARN}:us-east-1::foundation-model/amazon.nova-pro-v1:0",
            ("aws", "amazon.nova-pro-v1:0"),
        ),
        ("google", "projects/p/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("google", "locations/l/publishers/google/models/gemini-2.5-pro", ("google", "gemini-2.5-pro")),
        ("azure", "eu/gpt-4o", ("azure", "gpt-4o")),
        ("azure_ai", "azure_ai/mistral-large", ("azure", "mistral-large")),
        ("unknown", "text-embedding-3-small", ("openai", "text-embedding-3-small")),
    ],
)
def test_what_leads_to_a_model_and_what_narrows_it_down_is_taken_off(provider, model, expected):
    assert expected in tried(provider, model)


def test_a_free_route_is_never_taken_off():
    assert ("openrouter", "deepseek/deepseek-r1") not in tried("openrouter", "deepseek/deepseek-r1:free")


@pytest.mark.parametrize("provider", ["openai", "unknown", "openrouter", "aws"])
@pytest.mark.parametrize("model", ["ft:gpt-4.1-mini-2025-04-14:acme::x", "openai/ft:gpt-4.1-mini-2025-04-14"])
def test_a_fine_tuned_model_never_becomes_its_base(provider, model):
    assert all("ft:" in name for _, name in tried(provider, model))


def test_a_host_with_a_price_list_is_not_left_for_another_host():
    assert {provider for provider, _ in tried("groq", "gpt-4o-2024-08-06")} == {"groq"}


def test_the_users_map_stands_alone_and_names_the_provider():
    assert tried("openai", "my-deployment", {"my-deployment": "azure/gpt-4.1-mini"})[0] == ("azure", "gpt-4.1-mini")
    assert all(model != "my-deployment" for _, model in tried("openai", "my-deployment", {"my-deployment": "gpt-4o"}))


def test_the_users_map_may_name_the_provider_in_its_key():
    assert tried("azure", "prod", {"azure/prod": "gpt-4.1-mini"})[0] == ("azure", "gpt-4.1-mini")


def test_the_users_map_needs_the_exact_name():
    assert ("azure", "prod-2") in tried("azure", "prod-2", {"prod": "gpt-4.1-mini"})


def test_a_narrowed_name_and_an_unknown_host_are_remarked():
    remarks = {(c.provider, c.model): c.remark for c in candidates(Product("openai", "openai/gpt-4o-2027-01-01"))}
    assert remarks["openai", "gpt-4o-2027-01-01"] == ""
    assert "name not known" in remarks["openai", "gpt-4o"]
    assert all(
        "host not known" in c.remark for c in candidates(Product("unknown", "gpt-4o")) if c.provider != "unknown"
    )
