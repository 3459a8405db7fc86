"""Token counts as Gemini reports them.

Field names: the types of google-genai 3.4.0 (2026-11-21). A count of 0 is left out of the reply.
"""

from __future__ import annotations

from typing import Any

from pytest_llmcost.capture.dialects.body import count, mappings
from pytest_llmcost.core.usage import Usage

_AUDIO = frozenset({"AUDIO", 4})
"""Vertex may give a modality as its number, which is its place in the list of modalities."""


def pick(value: dict[str, Any], camel: str, snake: str) -> Any:
    """Return a field by either of its spellings."""
    found = value.get(camel)
    return value.get(snake) if found is None else found


def generate_usage(stated: dict[str, Any]) -> Usage | None:
    """Return the usage of a generation; None when there is none. Thoughts are output, results of tools input."""
    prompt = count(pick(stated, "promptTokenCount", "prompt_token_count"))
    made = count(pick(stated, "candidatesTokenCount", "candidates_token_count"))
    if prompt is None and made is None:
        return None
    thoughts = count(pick(stated, "thoughtsTokenCount", "thoughts_token_count")) or 0
    results = count(pick(stated, "toolUsePromptTokenCount", "tool_use_prompt_token_count")) or 0
    return Usage(
        input_tokens=(prompt or 0) + results,
        output_tokens=(made or 0) + thoughts,
        cache_read_tokens=count(pick(stated, "cachedContentTokenCount", "cached_content_token_count")) or 0,
        reasoning_tokens=thoughts,
        input_audio_tokens=_audio(
            pick(stated, "promptTokensDetails", "prompt_tokens_details"),
            pick(stated, "toolUsePromptTokensDetails", "tool_use_prompt_tokens_details"),
        ),
        output_audio_tokens=_audio(pick(stated, "candidatesTokensDetails", "candidates_tokens_details")),
    )


def _audio(*details: Any) -> int | None:
    """Return the audio tokens in some lists of counts by modality; None when all the lists are missing."""
    if all(rows is None for rows in details):
        return None
    return sum(
        count(pick(row, "tokenCount", "token_count")) or 0
        for rows in details
        for row in mappings(rows)
        if _is_audio(row.get("modality"))
    )


def _is_audio(modality: Any) -> bool:
    return isinstance(modality, (str, int)) and modality in _AUDIO
