"""Token counts as Amazon Bedrock reports them: in bodies, in the headers of InvokeModel, in the metrics of its streams.

Field names: the models of botocore 1.44.8 (2026-11-21), Amazon's pages on the request parameters of each maker, and
recorded replies. Bedrock's input leaves out what the cache read and wrote; ours has all of it.
"""

from __future__ import annotations

from typing import Any

from pytest_llmcost.capture.dialects.body import count, mapping, mappings
from pytest_llmcost.core.usage import Usage

METRICS = "amazon-bedrock-invocationMetrics"
"""Where the last chunk of a stream of InvokeModel has the counts, whoever made the model."""

_DIGITS = 15
"""More are no count."""


def converse_usage(stated: Any) -> Usage | None:
    """Return the usage of Converse, and of Nova, which speaks alike; None when there is none."""
    usage = mapping(stated)
    details = mappings(usage.get("cacheDetails"))
    kept = [count(item.get("inputTokens")) or 0 for item in details if item.get("ttl") == "1h"]
    return _usage(
        usage.get("inputTokens"),
        usage.get("outputTokens"),
        usage.get("cacheReadInputTokens", usage.get("cacheReadInputTokenCount")),
        usage.get("cacheWriteInputTokens", usage.get("cacheWriteInputTokenCount")),
        sum(kept) if kept else None,
    )


def metrics_usage(stated: Any) -> Usage | None:
    """Return the usage in the metrics of a stream; None when there is none."""
    usage = mapping(stated)
    return _usage(
        usage.get("inputTokenCount"),
        usage.get("outputTokenCount"),
        usage.get("cacheReadInputTokenCount"),
        usage.get("cacheWriteInputTokenCount"),
    )


def header_usage(headers: dict[str, str]) -> Usage | None:
    """Return the usage in the headers of a reply; None when there is none."""
    given, made, read, written = (
        _number(headers.get(f"x-amzn-bedrock-{name}-token-count"))
        for name in ("input", "output", "cache-read-input", "cache-write-input")
    )
    return _usage(given, made, read, written)


def maker_usage(value: dict[str, Any]) -> Usage | None:
    """Return the usage in a body as the makers of older models write it: Meta, Amazon's Titan, Cohere."""
    if "prompt_token_count" in value:
        return _usage(value["prompt_token_count"], value.get("generation_token_count"))
    if "inputTextTokenCount" in value:
        results = mappings(value.get("results"))
        made = sum(count(item.get("tokenCount")) or 0 for item in results)
        return _usage(value["inputTextTokenCount"], made)
    billed = mapping(mapping(value.get("meta")).get("billed_units"))
    return _usage(billed.get("input_tokens"), billed.get("output_tokens"))


def _usage(given: Any, made: Any, read: Any = None, written: Any = None, hour: int | None = None) -> Usage | None:
    tokens, read, written = count(given), count(read), count(written)
    if tokens is None:
        return None
    return Usage(
        input_tokens=tokens + (read or 0) + (written or 0),
        output_tokens=count(made) or 0,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=hour,
    )


def _number(text: str | None) -> int | None:
    digits = text is not None and len(text) <= _DIGITS and text.isascii() and text.isdecimal()
    return int(text) if text and digits else None
