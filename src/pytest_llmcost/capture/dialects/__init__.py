"""Provider APIs: which address speaks which dialect, and how to read it."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pytest_llmcost.capture.dialects.dialect import Dialect

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["NEED_HOSTS", "Dialect", "recognise"]

_ENDINGS = {
    "/chat/completions": "openai_chat",
    "/completions": "openai_completions",
    "/responses": "openai_responses",
    "/responses/compact": "openai_responses",
    "/embeddings": "openai_embeddings",
    "/messages": "anthropic_messages",
    ":rawPredict": "anthropic_messages",
    ":streamRawPredict": "anthropic_messages",
    ":generateContent": "gemini_generate",
    ":streamGenerateContent": "gemini_generate",
    ":embedContent": "gemini_embeddings",
    ":batchEmbedContents": "gemini_embeddings",
    "/converse": "bedrock_converse",
    "/converse-stream": "bedrock_converse",
    "/invoke": "bedrock_invoke",
    "/invoke-with-response-stream": "bedrock_invoke",
    "/count-tokens": "bedrock_count",
    ":batchGenerateContent": "gemini_batch",
    ":asyncBatchEmbedContent": "gemini_batch",
    "/cachedContents": "gemini_cache",
    "/interactions": "gemini_interactions",
    ":predict": "vertex_predict",
    ":countTokens": "unbilled",
    "/count-tokens:rawPredict": "unbilled",
    "/messages/count_tokens": "unbilled",
    "/responses/input_tokens": "unbilled",
    "/moderations": "unbilled",
    "/v1/chat": "cohere_chat",
    "/v2/chat": "cohere_chat",
    "/v1/embed": "cohere_embed",
    "/v2/embed": "cohere_embed",
    "/rerank": "rerank",
    "/agents/completions": "openai_chat",
    "/ocr": "mistral_ocr",
    "/conversations": "mistral_conversations",
    "/restart": "mistral_conversations",
    "/images/generations": "openai_images",
    "/images/edits": "openai_images",
    "/images/variations": "openai_images",
    "/audio/transcriptions": "openai_audio",
    "/audio/translations": "openai_audio",
    "/audio/speech": "openai_audio",
    "/threads/runs": "openai_runs",
    "/runs": "openai_runs",
    "/submit_tool_outputs": "openai_runs",
    "/v1/files": "openai_batch",
    "/openai/files": "openai_batch",
    "/messages/batches": "anthropic_batch",
    "/batch/jobs": "mistral_batch",
    "/generate": "huggingface_text",
    "/generate_stream": "huggingface_text",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
    "/api/embed": "ollama_embed",
    "/api/embeddings": "ollama_embed",
}
"""How a path ends, and the module here whose `DIALECT` is spoken there; it is imported when the first call needs it."""

_BELOW = {
    **dict.fromkeys(("bedrock_converse", "bedrock_invoke", "bedrock_count"), "/model/"),
    "mistral_conversations": "/conversations",
}
"""What must stand before the ending where that alone says too little: many services have something to invoke."""

_WITHIN = {
    "/hf-inference/models/": "huggingface_text",
    "api-inference.huggingface.co/models/": "huggingface_text",
    "/ai/run/@": "cloudflare_run",
    "/workers-ai/@": "cloudflare_run",
    "api.mistral.ai/v1/conversations/": "mistral_conversations",
}
"""Within paths that end with the name of a model or of a conversation; with the host where a path says too little."""
_POLLED = re.compile(r"/(?:threads/[^/]+/runs/run_|responses/resp_)[^/?]+(?:\?|$)")
"""Where OpenAI and Azure tell what has become of a run, and of a response that is made in the background."""
NEED_HOSTS = ("/models/", "/v1/conversations/")
"""How those paths begin that tell only together with their host."""


def _last_word(path: str) -> str:
    return path[max(path.rfind("/"), path.rfind(":")) + 1 :]


def _by_last_word() -> dict[str, tuple[str, ...]]:
    """Index the endings by their last word: any other path costs one look-up. The longest ending comes first."""
    longest_first = sorted(_ENDINGS, key=len, reverse=True)
    words = {_last_word(ending) for ending in _ENDINGS}
    return {word: tuple(ending for ending in longest_first if _last_word(ending) == word) for word in words}


_INDEX = _by_last_word()


def recognise(method: str, path: str) -> Dialect | None:
    """Return the dialect that is spoken at this path, mostly by its ending; None for all that is no LLM call.

    Called for every request that the user's code makes: well below a microsecond when the answer is None.
    `path` may carry a query, and may be a whole address.
    """
    if method != "POST" and method.upper() != "POST":
        is_polled = method == "GET" and ("/run_" in path or "/resp_" in path) and _POLLED.search(path)
        return _dialect("openai_polled") if is_polled else None
    at = path.find("?")
    if at >= 0:
        path = path[:at]
    for ending in _INDEX.get(path[max(path.rfind("/"), path.rfind(":")) + 1 :], ()):
        if path.endswith(ending) and _BELOW.get(name := _ENDINGS[ending], "") in path:
            return _dialect(name)
    return next((_dialect(name) for part, name in _WITHIN.items() if part in path), None)


@cache
def _dialect(name: str) -> Dialect:
    module: ModuleType = import_module(f"{__name__}.{name}")
    dialect: Dialect = module.DIALECT
    return dialect
