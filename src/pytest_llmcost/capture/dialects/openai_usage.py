"""Token counts and stated costs as OpenAI's APIs report them, and those that imitate OpenAI.

Field names: the types of the openai SDK 3.52.0 (2026-11-21); what others add is named where it is read.
"""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Any

from pytest_llmcost.capture.dialects.body import count, mapping
from pytest_llmcost.core.usage import Usage


def chat_usage(usage: Any) -> Usage | None:
    """Return the usage of a chat completion; None when there is none. Cached tokens are included in the prompt's."""
    if not isinstance(usage, dict):
        return None
    tokens, output = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens")) or 0
    if tokens is None:
        return responses_usage(usage)
    prompt, completion = mapping(usage.get("prompt_tokens_details")), mapping(usage.get("completion_tokens_details"))
    reasoning = count(completion.get("reasoning_tokens"))
    # Reasoning that is in the total only: Gemini behind this protocol hides it, xAI gives it beside the completion
    # (vercel/ai pull request 12425). It is billed as output, so it is counted there.
    hidden = (count(usage.get("total_tokens")) or 0) - tokens - output
    if hidden > 0:
        output, reasoning = output + hidden, max(reasoning or 0, hidden)
    elif "citation_tokens" in usage and (beside := count(usage.get("reasoning_tokens"))):
        output, reasoning = output + beside, beside  # Perplexity bills it, and has it in no sum
    return Usage(
        input_tokens=tokens,
        output_tokens=output,
        cache_read_tokens=_cache_read(usage, prompt),
        cache_write_tokens=count(prompt.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        input_audio_tokens=count(prompt.get("audio_tokens")),
        output_audio_tokens=count(completion.get("audio_tokens")),
        web_searches=_searches(usage),
    )


def responses_usage(usage: Any) -> Usage | None:
    """Return the usage of a response; None when there is none."""
    if not isinstance(usage, dict) or (tokens := count(usage.get("input_tokens"))) is None:
        return None
    given, made = mapping(usage.get("input_tokens_details")), mapping(usage.get("output_tokens_details"))
    return Usage(
        input_tokens=tokens,
        output_tokens=count(usage.get("output_tokens")) or 0,
        cache_read_tokens=_cache_read(usage, given),
        cache_write_tokens=count(given.get("cache_write_tokens")),
        reasoning_tokens=count(made.get("reasoning_tokens")),
        input_audio_tokens=count(given.get("audio_tokens")),
        output_audio_tokens=count(made.get("audio_tokens")),
    )


def _searches(usage: dict[str, Any]) -> int | None:
    """Return the searches that are billed beside tokens: OpenRouter's, Perplexity's, and the sources of xAI."""
    for name in ("server_tool_use", "server_tool_use_details"):
        if name in usage and (found := count(mapping(usage[name]).get("web_search_requests"))):
            return found
    return count(usage.get("num_search_queries")) or count(usage.get("num_sources_used")) or None


def embeddings_usage(usage: Any) -> Usage | None:
    """Return the usage of embeddings: input only. Voyage reports nothing but the total."""
    if not isinstance(usage, dict):
        return None
    tokens = count(usage.get("prompt_tokens"))
    if tokens is None:
        tokens = count(usage.get("total_tokens"))
    return None if tokens is None else Usage(input_tokens=tokens)


def _cache_read(usage: dict[str, Any], details: dict[str, Any]) -> int | None:
    """Return the cached tokens: OpenAI has them in the details, Mistral, hosts of vLLM and DeepSeek beside the sum."""
    found = count(details.get("cached_tokens"))
    if found:
        return found
    for name in ("num_cached_tokens", "cached_tokens", "prompt_cache_hit_tokens"):
        if name in usage and (beside := count(usage[name])) is not None:
            return beside
    return found


def stated_usd(usage: Any, headers: dict[str, str]) -> str | None:
    """Return the cost in US dollars that the reply states: in the usage, or in the header of a LiteLLM proxy.

    OpenRouter states a number, Perplexity a table with its `total_cost`. With the caller's own key at OpenRouter,
    `cost` is its fee alone and the provider's bill stands beside it. Sources, as of 2026-11-21:
    openrouter.ai/docs/use-cases/usage-accounting and docs.litellm.ai/docs/proxy/response_headers; for Perplexity,
    replies that public projects show, as of 2026-11-27.
    """
    cost = usage.get("cost") if isinstance(usage, dict) else None
    stated = _dollars(cost.get("total_cost") if isinstance(cost, dict) else cost)
    if stated is None:
        return header_usd(headers)
    if usage.get("is_byok") is True:
        stated += _dollars(mapping(usage.get("cost_details")).get("upstream_inference_cost")) or 0
    return f"{stated:f}"


def _dollars(value: Any) -> Decimal | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return Decimal(repr(value)) if number and isfinite(value) and value >= 0 else None


def header_usd(headers: dict[str, str]) -> str | None:
    """Return the cost in US dollars that a LiteLLM proxy states in a header, whatever API it speaks.

    None for 0 as well: it says so of a stream that has only begun, and of a model that it does not know.
    """
    value = headers.get("x-litellm-response-cost")
    try:
        stated = Decimal(value or 0)
    except ArithmeticError:
        return None
    return f"{stated:f}" if stated.is_finite() and stated > 0 else None
