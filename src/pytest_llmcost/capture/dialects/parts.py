"""Framing a prompt into parts: messages, tool definitions, media."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import compact
from pytest_llmcost.core.prompt import Part, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Names, because a member of an enum costs four times as much to look up, and every message needs one.
SYSTEM, TOOLS, HISTORY, USER = Segment.SYSTEM, Segment.TOOLS, Segment.HISTORY, Segment.USER

_OF_OPTION = {
    "forced": TOOLS,
    "named": TOOLS,
    "adding": TOOLS,
    "parallel": HISTORY,
    "kept": HISTORY,
    "recalled": HISTORY,
    "conversation": HISTORY,
}
"""Where what an option adds stands in the prompt; it is among the instructions for the others."""
_WITHOUT_TEXT = frozenset(
    {
        "id",
        "type",
        "status",
        "call_id",
        "tool_use_id",
        "encrypted_content",
        "encrypted_stdout",
        "signature",
        "cache_control",
    }
)
"""Fields that address an item or that only the provider can read: their length says nothing about tokens."""


def message(segment: Segment, pieces: Iterable[str | Part]) -> Iterator[Part]:
    """Yield the parts of one message: the first text (or an empty one) is its `message`; other parts stay."""
    kind = "message"
    for piece in pieces:
        if isinstance(piece, str):
            yield Part(segment, kind, piece)
            kind = "text"
        else:
            yield piece
    if kind == "message":
        yield Part(segment, kind, "")


def segment_of(index: int, last_turn: int) -> Segment:
    """Return where a message belongs: up to the model's last turn it is history."""
    return HISTORY if index <= last_turn else USER


def last_turn(turns: Sequence[bool]) -> int:
    """Return the index of the model's last turn, -1 when it has had none."""
    for index in range(len(turns) - 1, -1, -1):
        if turns[index]:
            return index
    return -1


def last_by(role: str, messages: Sequence[Any]) -> int:
    """Return the index of the last message by this role, -1 when there is none."""
    index = len(messages)
    for item in reversed(messages):
        index -= 1
        if isinstance(item, dict) and item.get("role") == role:
            return index
    return -1


def tool(definition: Any) -> Part:
    """Return one tool definition."""
    return Part(TOOLS, "tool", compact(definition))


def schema(definition: Any) -> Part:
    """Return the schema that the answer must follow; providers put it before the prompt as they do tools."""
    return Part(TOOLS, "text", compact(definition))


def tool_call(segment: Segment, name: Any, arguments: Any) -> Part:
    """Return an earlier call of a tool, which the prompt repeats: its name and its arguments as JSON."""
    return Part(segment, "text", called(name, arguments))


def called(name: Any, arguments: Any) -> str:
    """Return the text of a tool call."""
    text = arguments if isinstance(arguments, str) else compact({} if arguments is None else arguments)
    return f"{name} {text}" if isinstance(name, str) else text


def bare(item: dict[str, Any]) -> str:
    """Return the JSON of an item of a kind that needs no reading of its own, without what is no text to the model."""
    return compact(_bare(item, 0))


def _bare(value: Any, depth: int) -> Any:
    if depth > 50:  # noqa: PLR2004 - deeper is no prompt
        return None
    if isinstance(value, dict):
        return {key: _bare(inner, depth + 1) for key, inner in value.items() if key not in _WITHOUT_TEXT}
    return [_bare(inner, depth + 1) for inner in value] if isinstance(value, list) else value


def media(kind: str, locator: Any, detail: Any = None) -> Part:
    """Return media by its address, which may be a `data:` one that holds the bytes."""
    text = locator if isinstance(locator, str) else ""
    if text[:5].lower() == "data:":
        return inline(kind, text.partition(",")[2], detail)
    return Part(Segment.MEDIA, kind, text, None, detail if isinstance(detail, str) else None)


def inline(kind: str, encoded: Any, detail: Any = None) -> Part:
    """Return media whose bytes the request holds in base64, the URL-safe alphabet included."""
    return Part(Segment.MEDIA, kind, "", _decoded(encoded), detail if isinstance(detail, str) else None)


def _decoded(encoded: Any) -> bytes | None:
    if not isinstance(encoded, str) or not encoded:
        return None
    text = encoded.replace("-", "+").replace("_", "/")
    try:
        return binascii.a2b_base64(text + "=" * (-len(text) % 4))
    except ValueError:
        return None


def option(name: str) -> Part:
    """Return something that the request asks for and that providers put into the prompt, such as `thinking`."""
    return Part(_OF_OPTION.get(name, SYSTEM), "option", name)


def sealed(segment: Segment, encrypted: Any) -> Iterator[Part]:
    """Yield an encrypted thought that the request hands back; nothing when there is none."""
    if isinstance(encrypted, str) and encrypted:
        yield Part(segment, "sealed", encrypted)


def media_kind(mime: Any) -> str:
    """Return `image`, `audio`, `video` or `document` for a MIME type."""
    kind = mime.partition("/")[0].lower() if isinstance(mime, str) else ""
    return kind if kind in {"image", "audio", "video"} else "document"
