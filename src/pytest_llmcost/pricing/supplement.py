"""Supplement: prices of models that genai-prices does not list, as data with its source and its date."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from pytest_llmcost.core.settings import Rates
from pytest_llmcost.pricing.tariff import declared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.pricing.names import Candidate
    from pytest_llmcost.pricing.tariff import Tariff

SOURCE = "LiteLLM's price list of 2026-11-27"
"""Version 1.110.2, a public table under the MIT licence; on-demand prices, those of us-east-1 where regions differ."""

# Provider's model, then USD per million tokens: input, output, and where it is known cache read and cache write.
_AWS = """
    ai21.j2-mid-v1 12.5 12.5
    ai21.j2-ultra-v1 18.8 18.8
    ai21.jamba-1-5-large-v1:0 2 8
    ai21.jamba-1-5-mini-v1:0 0.2 0.4
    ai21.jamba-instruct-v1:0 0.5 0.7
    amazon.nova-2-lite-v1:0 0.3 2.5 0.075
    amazon.nova-2-multimodal-embeddings-v1:0 0.135 0
    amazon.nova-2-pro-preview-20251202-v1:0 1.25 10 0.3125
    amazon.titan-embed-g1-text-02 0.1 0
    amazon.titan-embed-image-v1 0.8 0
    amazon.titan-text-premier-v1:0 0.5 1.5
    anthropic.claude-haiku-4-5 1 5 0.1 1.25
    anthropic.claude-instant-v1 0.8 2.4
    anthropic.claude-mythos-5-1 10 50 0.25 12.5
    anthropic.claude-mythos-preview 27.5 137.5 2.75 34.375
    anthropic.claude-v1 8 24
    anthropic.claude-v2 8 24
    anthropic.claude-v2:1 8 24
    apac.amazon.nova-2-lite-v1:0 0.396 3.311 0.099
    apac.amazon.nova-2-pro-preview-20251202-v1:0 1.375 11 0.34375
    cohere.command-light-text-v14 0.3 0.6
    cohere.command-text-v14 1 2
    cohere.embed-english-v3 0.1 0
    cohere.embed-multilingual-v3 0.1 0
    cohere.embed-v4:0 0.12 0
    deepseek.v3-v1:0 0.58 1.68
    deepseek.v3.1 0.58 1.68
    deepseek.v3.2 0.62 1.85
    eu.amazon.nova-2-pro-preview-20251202-v1:0 1.375 11 0.34375
    eu.cohere.embed-v4:0 0.12 0
    eu.deepseek.v3.2 0.74 2.22
    global.anthropic.claude-mythos-5-1 10 50 0.25 12.5
    global.cohere.embed-v4:0 0.12 0
    global.xai.grok-4.6 2 6 0.5
    global.xai.grok-4.7 2 6 0.5
    google.gemma-4-26b-a4b 0.13 0.4
    google.gemma-4-31b 0.14 0.4
    google.gemma-4-e2b 0.04 0.08
    meta.llama2-13b-chat-v1 0.75 1
    meta.llama2-70b-chat-v1 1.95 2.56
    meta.llama3-1-405b-instruct-v1:0 2.4 2.4
    minimax.minimax-m2 0.3 1.2
    minimax.minimax-m2.1 0.3 1.2
    minimax.minimax-m2.5 0.3 1.2
    mistral.mistral-large-2407-v1:0 2 6
    moonshot.kimi-k2-thinking 0.6 2.5
    moonshotai.kimi-k2-thinking 0.6 2.5
    moonshotai.kimi-k2.5 0.6 3
    moonshotai.kimi-k3.1 4.4 22 0.22 5.5
    nvidia.nemotron-nano-12b-v2 0.2 0.6
    openai.gpt-oss-120b 0.15 0.6
    openai.gpt-oss-20b 0.07 0.3
    openai.gpt-oss-safeguard-120b 0.15 0.6
    openai.gpt-oss-safeguard-20b 0.07 0.2
    qwen.qwen3-235b-a22b-2507 0.22 0.88
    qwen.qwen3-235b-a22b-2507-v1:0 0.22 0.88
    qwen.qwen3-coder-next 0.5 1.2
    qwen.qwen3-next-80b-a3b 0.15 1.2
    us-gov.nvidia.nemotron-nano-12b-v2 0.24 0.72
    us-gov.xai.grok-4.6 2.64 7.92 0.66
    us-gov.xai.grok-4.7 2.64 7.92 0.66
    us.amazon.nova-2-pro-preview-20251202-v1:0 1.375 11 0.34375
    us.anthropic.claude-mythos-5 11 55 1.1 13.75
    us.anthropic.claude-mythos-5-1 11 55 0.275 13.75
    us.cohere.embed-v4:0 0.12 0
    us.xai.grok-4.6 2.2 6.6 0.55
    us.xai.grok-4.7 2.2 6.6 0.55
    writer.palmyra-vision-7b 0.15 0.6
    xai.grok-4.3 1.25 2.5 0.2
    xai.grok-4.6 2.2 6.6 0.55
    xai.grok-4.7 2.2 6.6 0.55
    zai.glm-4.7 0.6 2.2
    zai.glm-4.7-flash 0.07 0.4
    zai.glm-5 1 3.2
"""

_STANDARD = frozenset({None, "", "auto", "default", "on_demand", "standard", "standard_only"})


def find(names: Sequence[Candidate], tier: str | None) -> Tariff | None:
    """Return the tariff of the first name that is listed here; None when none is. No price here is one of a batch."""
    if (tier or "").lower() == "batch":
        return None
    for candidate in names:
        rates = _rates().get((candidate.provider, candidate.model.lower()))
        if rates is not None:
            title = f"{candidate.provider}/{candidate.model}"
            remarks = (
                f"{SOURCE}: {title}",
                candidate.remark.format(provider=candidate.provider, model=candidate.model),
                "" if tier in _STANDARD else f"no {tier} price known: standard price",
            )
            return replace(declared(title, rates), note="; ".join(filter(None, remarks)))
    return None


@cache
def _rates() -> dict[tuple[str | None, str], Rates]:
    """Return the table; read when a model is first missing from the book."""
    found: dict[tuple[str | None, str], Rates] = {}
    for line in _AWS.split("\n"):
        if words := line.split():
            model, given, made, *cached = words
            read, write, *_ = (*map(Decimal, cached), None, None)
            found["aws", model] = Rates(input=Decimal(given), output=Decimal(made), cache_read=read, cache_write=write)
    return found
