"""The content of Amazon Bedrock's Converse, which Amazon's own Nova models speak in InvokeModel as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.anthropic_messages import options
from pytest_llmcost.capture.dialects.body import compact, load, mapping, mappings, string
from pytest_llmcost.capture.dialects.parts import (
    SYSTEM,
    bare,
    called,
    inline,
    last_by,
    media,
    message,
    schema,
    segment_of,
    tool,
    tool_call,
)
from pytest_llmcost.core.prompt import Part, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN = ("txt", "md", "csv", "html")
"""Formats of documents that are text; a tuple, because what is looked up may be no text, and not hashable."""
_DEEPEST = 4
"""Blocks nest: a result holds a document, which holds texts."""


def parts_of(body: dict[str, Any]) -> Iterator[Part]:
    """Yield the parts of a request; what it lacks is left out."""
    yield from _tools(body)
    yield from _schema(body)
    system = body.get("system")
    for piece in pieces(SYSTEM, [{"text": system}] if isinstance(system, str) else system):
        yield Part(SYSTEM, "text", piece) if isinstance(piece, str) else piece
    chat = mappings(body.get("messages"))
    last = last_by("assistant", chat)
    for index, item in enumerate(chat):
        segment = segment_of(index, last)
        content = item.get("content")
        blocks = [{"text": content}] if isinstance(content, str) else content
        yield from message(segment, pieces(segment, blocks))
    fields = mapping(body.get("additionalModelRequestFields"))
    choice = next(iter(mapping(mapping(body.get("toolConfig")).get("toolChoice"))), None)
    yield from options(fields.get("thinking") or fields.get("reasoning_config"), choice)


def _tools(body: dict[str, Any]) -> Iterator[Part]:
    """Yield the tools, those of a maker's own included; a point up to which the cache reaches is none."""
    for item in mappings(mapping(body.get("toolConfig")).get("tools")):
        if "cachePoint" not in item:
            yield tool(item)
    yield from map(tool, mappings(mapping(body.get("additionalModelRequestFields")).get("tools")))


def _schema(body: dict[str, Any]) -> Iterator[Part]:
    structure = mapping(mapping(mapping(body.get("outputConfig")).get("textFormat")).get("structure"))
    text = string(mapping(structure.get("jsonSchema")).get("schema"))
    if text is not None:
        yield schema(load(text.encode("utf-8", "replace")) or text)


def pieces(segment: Segment, content: Any, depth: int = 0) -> Iterator[str | Part]:
    """Yield the texts and other parts of blocks; each block is an object with one key, its kind."""
    if depth > _DEEPEST:
        return
    for block in mappings(content):
        for kind, value in block.items():
            if kind == "json":
                yield compact(value)
            elif isinstance(value, str):
                yield from [value] if kind == "text" else []
            elif isinstance(value, dict) and kind != "cachePoint":
                read = _BLOCKS.get(kind)
                yield from [bare(value)] if read is None else read(segment, value, depth)


def _called(segment: Segment, value: dict[str, Any], _: int) -> Iterator[str | Part]:
    yield tool_call(segment, value.get("name"), value.get("input"))


def _within(segment: Segment, value: dict[str, Any], depth: int) -> Iterator[str | Part]:
    yield from pieces(segment, value.get("content"), depth + 1)


def _guarded(segment: Segment, value: dict[str, Any], depth: int) -> Iterator[str | Part]:
    text = mapping(value.get("text")).get("text")
    yield from pieces(segment, [{"text": text} if isinstance(text, str) else value], depth + 1)


def _thought(segment: Segment, value: dict[str, Any], _: int) -> Iterator[str | Part]:
    text = mapping(value.get("reasoningText")).get("text")
    if isinstance(text, str):
        yield Part(segment, "thought", text)


def _found(segment: Segment, value: dict[str, Any], depth: int) -> Iterator[str | Part]:
    yield bare({name: text for name, text in value.items() if name in {"source", "title"}})
    yield from _within(segment, value, depth)


def _medium(kind: str) -> Callable[[Segment, dict[str, Any], int], Iterator[str | Part]]:
    def read(segment: Segment, value: dict[str, Any], depth: int) -> Iterator[str | Part]:
        source = mapping(value.get("source"))
        text = source.get("text")
        if "bytes" in source:
            part = inline(kind, source["bytes"])
            yield str(part.data, "utf-8", "replace") if part.data and value.get("format") in _PLAIN else part
        elif isinstance(text, str):
            yield text
        elif "content" in source:
            yield from _within(segment, source, depth)
        else:
            yield media(kind, mapping(source.get("s3Location")).get("uri"))

    return read


_BLOCKS: dict[str, Callable[[Segment, dict[str, Any], int], Iterator[str | Part]]] = {
    "toolUse": _called,
    "toolResult": _within,
    "guardContent": _guarded,
    "reasoningContent": _thought,
    "citationsContent": _within,
    "searchResult": _found,
    "image": _medium("image"),
    "document": _medium("document"),
    "video": _medium("video"),
    "audio": _medium("audio"),
}


def written(content: Any) -> str:
    """Return what the model wrote in the blocks of a reply."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces(Segment.HISTORY, content))


def streamed(event: dict[str, Any]) -> str:
    """Return what the model wrote in one event of a stream: text, reasoning, the name and the input of a tool."""
    delta = mapping(mapping(event.get("contentBlockDelta")).get("delta"))
    start = mapping(mapping(event.get("contentBlockStart")).get("start"))
    found = (
        delta.get("text"),
        mapping(delta.get("reasoningContent")).get("text"),
        mapping(delta.get("toolUse")).get("input"),
        called(mapping(start["toolUse"]).get("name"), "") if "toolUse" in start else None,
    )
    return next((text for text in found if isinstance(text, str)), "")
