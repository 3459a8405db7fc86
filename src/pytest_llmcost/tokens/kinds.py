"""Kinds of parts as far as counting tells them apart: a text is also a schema or the model's earlier call of a tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.core.prompt import Part

PLAIN = frozenset({"message", "text"})
"""What OpenAI's models read as it is written."""
READ = PLAIN | {"call"}
"""Text of the conversation itself: what has paragraphs, times and ids in it."""
WRITTEN = PLAIN | {"call", "schema", "tool", "output", "thought"}
"""Kinds that are text; the others are media, encrypted thoughts (`sealed`) and what a request asks for (`option`)."""


def kind_of(part: Part) -> str:
    """Return the kind of a part; a text among the tools is a `schema`, one that reads `name {...}` is a `call`."""
    if part.kind != "text":
        return part.kind
    if part.segment is Segment.TOOLS:
        return "schema"
    return "call" if part.segment is Segment.HISTORY and _is_call(part.text) else "text"


def _is_call(text: str) -> bool:
    name, _, arguments = text.partition(" ")
    return arguments.startswith("{") and arguments.endswith("}") and bool(name) and "\n" not in name


def has_nested(parts: Sequence[Part]) -> bool:
    """Tell whether the tools come in the nested form of OpenAI's chat completions."""
    return any(part.kind == "tool" and ('"function":{' in part.text or '"function": {' in part.text) for part in parts)
