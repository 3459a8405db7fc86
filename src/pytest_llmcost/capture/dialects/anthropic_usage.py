"""Token counts as Anthropic reports them.

Field names: the types of the anthropic SDK 2.11.0 (2026-11-21), which say that the top level leaves compaction out;
that it leaves the advisor out shows in recorded replies. Anthropic's `input_tokens` leaves out what the cache read and
wrote; ours has all of it.
"""

from __future__ import annotations

from typing import Any

from pytest_llmcost.capture.dialects.body import count, mapping, mappings
from pytest_llmcost.core.usage import Usage

_OUTSIDE = frozenset({"compaction", "advisor_message"})
"""Iterations that the top-level counts leave out; those of type `message` are inside."""


def messages_usage(stated: dict[str, Any]) -> Usage | None:
    """Return the usage of a message, iterations that the top level leaves out included; None when there is none."""
    usage = _counts(stated)
    if usage is None or "iterations" not in stated:
        return usage
    extra = (_counts(item) for item in mappings(stated["iterations"]) if _kind(item) in _OUTSIDE)
    return sum((counts for counts in extra if counts), start=usage)


def note(stated: dict[str, Any]) -> str | None:
    """Return what to say when a part of the tokens belongs to another model; None when all belong to one."""
    others = [item.get("model") for item in mappings(stated.get("iterations")) if _kind(item) == "advisor_message"]
    names = sorted({name for name in others if isinstance(name, str)})
    return f"includes tokens of the advisor {', '.join(names)}" if names else None


def _kind(iteration: dict[str, Any]) -> str:
    return str(iteration.get("type"))


def _counts(stated: dict[str, Any]) -> Usage | None:
    given, made = count(stated.get("input_tokens")), count(stated.get("output_tokens"))
    if given is None or made is None:
        return None
    read, written = count(stated.get("cache_read_input_tokens")), count(stated.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=given + (read or 0) + (written or 0),
        output_tokens=made,
        cache_read_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=count(mapping(stated.get("cache_creation")).get("ephemeral_1h_input_tokens")),
        reasoning_tokens=count(mapping(stated.get("output_tokens_details")).get("thinking_tokens")),
    )
