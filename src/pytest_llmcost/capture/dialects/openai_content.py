"""The content of a message in OpenAI's two chat protocols, and in those that imitate them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import mapping
from pytest_llmcost.capture.dialects.parts import bare, inline, media

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_llmcost.core.prompt import Part


def pieces(content: Any) -> Iterator[str | Part]:
    """Yield the texts and the media of a message's content: one text, or a list of typed items."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for item in content:
            if isinstance(item, str):
                yield item
            elif isinstance(item, dict):
                yield _piece(item)


def _piece(item: dict[str, Any]) -> str | Part:
    text = item.get("text")
    if isinstance(text, str):
        return text
    kind = item.get("type")
    read = _MEDIA.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return read(item)
    refusal = item.get("refusal")
    return refusal if isinstance(refusal, str) else bare(item)


def _image(item: dict[str, Any]) -> Part:
    image = item.get("image_url")  # an object in chat, a text in responses and at Mistral
    if isinstance(image, dict):
        return media("image", image.get("url"), image.get("detail"))
    return media("image", image or item.get("file_id"), item.get("detail"))


def _audio(item: dict[str, Any]) -> Part:
    audio = item.get("input_audio")
    return inline("audio", audio if isinstance(audio, str) else mapping(audio).get("data"))


def _document(item: dict[str, Any]) -> Part:
    inner = item.get("file")
    file = inner if isinstance(inner, dict) else item
    return media("document", file.get("file_data") or file.get("file_url") or file.get("file_id"))


def _located(item: dict[str, Any]) -> Part:
    locator = item.get(str(item.get("type")))
    return media("document", mapping(locator).get("url") if isinstance(locator, dict) else locator)


_MEDIA: dict[str, Callable[[dict[str, Any]], Part]] = {
    "image_url": _image,
    "input_image": _image,
    "input_audio": _audio,
    "file": _document,
    "input_file": _document,
    "document_url": _located,
    "video_url": _located,
}
