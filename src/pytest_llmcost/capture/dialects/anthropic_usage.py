"""Token counts as Anthropic reports them.

Field names: the types of the anthropic SDK 2.11.0 (2026-11-21), which say that the top level leaves compaction out;
that it leaves the advisor out shows in recorded replies. Anthropic's `input_tokens` leaves out what the cache read and
wrote; ours has all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import count, mapping, mappings, string
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

ADVISOR = "advisor_message"
"""The type of an iteration of another model; those of type `message` are in the top-level counts."""


def messages_usage(stated: dict[str, Any]) -> Usage | None:
    """Return the usage of a message, compaction included, which the top level leaves out; None when there is none."""
    usage = _counts(stated)
    if usage is None or "iterations" not in stated:
        return usage
    extra = (_counts(item) for item in mappings(stated["iterations"]) if _kind(item) == "compaction")
    return sum((counts for counts in extra if counts), start=usage)


def advisors(stated: dict[str, Any]) -> Iterator[tuple[str | None, Usage]]:
    """Yield model and usage of each time that the model asked an advisor, another model with a price of its own."""
    for item in mappings(stated.get("iterations")):
        if _kind(item) == ADVISOR and (usage := _counts(item)):
            yield string(item.get("model")), usage


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
        web_searches=count(mapping(stated.get("server_tool_use")).get("web_search_requests")) or None,
    )
