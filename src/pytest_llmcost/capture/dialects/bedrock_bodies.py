"""Requests to Bedrock's InvokeModel, in the form of whoever made the model.

Told apart by their fields and not by the model's name, which an inference profile of one's own hides. Fields: Amazon's
pages on the inference parameters of each maker, read 2026-11-21.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import anthropic_messages, bedrock_content, openai_chat
from pytest_llmcost.capture.dialects.body import compact, count, mapping, mappings
from pytest_llmcost.capture.dialects.openai_content import pieces
from pytest_llmcost.capture.dialects.parts import HISTORY, SYSTEM, USER, inline, media
from pytest_llmcost.core.prompt import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_NAMES = {"embed": "embeddings", "rerank": "rerank", "stability.": "image", "image": "image", "canvas": "image"}
"""Words in a model's name, and what such a model does."""
_FIELDS = {
    "texts": "embeddings",
    "inputs": "embeddings",
    "singleEmbeddingParams": "embeddings",
    "segmentedEmbeddingParams": "embeddings",
    "embeddingTypes": "embeddings",
    "embeddingConfig": "embeddings",
    "normalize": "embeddings",
    "dimensions": "embeddings",
    "query": "rerank",
    "text_prompts": "image",
    "aspect_ratio": "image",
    "imageGenerationConfig": "image",
}
"""Fields that only a request for this has."""
_LIMITS = (
    "max_tokens",
    "max_completion_tokens",
    "max_gen_len",
    "max_tokens_to_sample",
    "max_new_tokens",
    "maxTokens",
    "maxTokenCount",
)
_CONFIGS = ("inferenceConfig", "textGenerationConfig")
_PROMPTS = ("prompt", "inputText", "inputPrompt", "query", "negative_prompt")
_IMAGES = ("inputImage", "image", "init_image", "mask")
_NOVA = frozenset({"schemaVersion", "inferenceConfig", "toolConfig"})


def operation(model: str | None, body: dict[str, Any]) -> str:
    """Return what is asked for: by the model's name, else by the fields of the request."""
    name = (model or "").lower()
    found = (what for word, what in _NAMES.items() if word in name)
    by_field = (what for field, what in _FIELDS.items() if field in body)
    return next(found, None) or next(by_field, "chat")


def output_limit(body: dict[str, Any]) -> int | None:
    """Return the output tokens that a request allows at most."""
    nested = [mapping(body.get(name)) for name in _CONFIGS]
    for source in (body, *nested):
        for name in _LIMITS:
            if (limit := count(source.get(name))) is not None:
                return limit
    return None


def parts_of(body: dict[str, Any]) -> Iterable[Part]:
    """Return the parts of a request."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return _plain(body)
    if "anthropic_version" in body:
        return anthropic_messages.parts_of(body)
    if not _NOVA.isdisjoint(body):
        return bedrock_content.parts_of(body)
    return openai_chat.message_parts(body, messages)


def _plain(body: dict[str, Any]) -> Iterator[Part]:
    """Yield the parts of a request that has no messages: texts and images under many names."""
    yield from _texts(SYSTEM, [body.get("preamble")])
    yield from _conversation(body)
    yield from _texts(USER, [body.get(name) for name in _PROMPTS])
    yield from _texts(USER, _listed(body, "texts"))
    yield from _texts(USER, (item.get("text") for item in mappings(body.get("text_prompts"))))
    yield from _documents(body)
    for item in mappings(body.get("inputs")):
        yield from _framed(pieces(item.get("content")))
    yield from (media("image", image) for image in _listed(body, "images") if isinstance(image, str))
    yield from (inline("image", body[name]) for name in _IMAGES if isinstance(body.get(name), str))
    for name, inner in body.items():
        if isinstance(inner, dict) and name.endswith("Params"):
            yield from _amazon(inner)


def _conversation(body: dict[str, Any]) -> Iterator[Part]:
    """Yield what Cohere's Command R is sent: the history, then the message."""
    for turn in mappings(body.get("chat_history")):
        yield from _texts(HISTORY, [turn.get("message")], "message")
    yield from _texts(USER, [body.get("message")], "message")


def _documents(body: dict[str, Any]) -> Iterator[Part]:
    for item in _listed(body, "documents"):
        yield Part(USER, "text", item if isinstance(item, str) else compact(item))


def _amazon(inner: dict[str, Any]) -> Iterator[Part]:
    """Yield the parts of Amazon's embeddings and images: in `singleEmbeddingParams`, `textToImageParams` and others."""
    text = inner.get("text")
    yield from _texts(USER, [mapping(text).get("value") if isinstance(text, dict) else text, inner.get("negativeText")])
    media_blocks = {name: inner[name] for name in ("image", "audio", "video") if isinstance(inner.get(name), dict)}
    yield from _framed(bedrock_content.pieces(USER, [media_blocks]))
    images = [inner.get("image"), *_listed(inner, "images")]
    yield from (inline("image", image) for image in images if isinstance(image, str))


def _texts(segment: Any, values: Iterable[Any], kind: str = "text") -> Iterator[Part]:
    return (Part(segment, kind, value) for value in values if isinstance(value, str))


def _framed(found: Iterable[str | Part]) -> Iterator[Part]:
    return (Part(USER, "text", piece) if isinstance(piece, str) else piece for piece in found)


def _listed(body: dict[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    return value if isinstance(value, list) else []
