"""Which API a fake stands for: by the class of what it gives back, by the name of a mock, by what it replaces."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "responses": "/v1/responses",
    "embeddings": "/v1/embeddings",
    "transcriptions": "/v1/audio/transcriptions",
    "translations": "/v1/audio/translations",
    "speech": "/v1/audio/speech",
    "images": "/v1/images/generations",
    "image-edits": "/v1/images/edits",
    "messages": "/v1/messages",
    "generate": "/v1beta/models/{model}:generateContent",
    "generate-stream": "/v1beta/models/{model}:streamGenerateContent",
    "embed-content": "/v1beta/models/{model}:embedContent",
    "cohere-chat": "/v2/chat",
    "cohere-embed": "/v2/embed",
    "cohere-rerank": "/v2/rerank",
    "ollama-chat": "/api/chat",
    "ollama-generate": "/api/generate",
    "ollama-embed": "/api/embed",
}
"""API -> its path. A dialect is found by the path, as on the wire."""

ASKS = {
    "chat": ("messages",),
    "completions": ("prompt",),
    "responses": ("input", "prompt", "previous_response_id"),
    "embeddings": ("input",),
    "transcriptions": ("file",),
    "translations": ("file",),
    "speech": ("input",),
    "images": ("prompt",),
    "image-edits": ("prompt",),
    "messages": ("messages",),
    "generate": ("contents",),
    "generate-stream": ("contents",),
    "embed-content": ("contents",),
    "cohere-chat": ("messages",),
    "cohere-embed": ("texts", "inputs"),
    "cohere-rerank": ("query",),
    "ollama-chat": ("messages",),
    "ollama-generate": ("prompt",),
    "ollama-embed": ("input",),
}
"""API -> the arguments of which a call has at least one."""

UNKNOWN_HOST = "https://fake.invalid"
"""The address of a fake of which nobody knows whom it stands for: its price is found by the model alone."""

_HOSTS = {
    "openai": "https://api.openai.com",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "mistralai": "https://api.mistral.ai",
    "groq": "https://api.groq.com/openai",
    "together": "https://api.together.xyz",
    "cohere": "https://api.cohere.com",
    "ollama": "http://localhost:11434",
    "huggingface_hub": "https://router.huggingface.co",
    "cerebras": "https://api.cerebras.ai",
    "botocore": "https://bedrock-runtime.us-east-1.amazonaws.com",
    "litellm": UNKNOWN_HOST,
}
"""Package of an SDK -> where it sends by default. Of litellm the model's name tells."""

SDKS = frozenset(_HOSTS)

_PROVIDERS = {
    "openai": "openai",
    "text-completion-openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google",
    "vertex_ai": "google",
    "mistral": "mistralai",
    "groq": "groq",
    "together_ai": "together",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "ollama": "ollama",
    "ollama_chat": "ollama",
    "bedrock": "botocore",
}
"""litellm's word for a provider -> the package of its SDK."""

_OWN_MODELS = re.compile(r"(?:gpt|chatgpt|o\d|text-|ft:|davinci|babbage|omni-|codex|computer-use|whisper-|tts-|dall-e)")
"""How the names of OpenAI's models begin: everyone else is called with the same SDK."""

_HOME = {
    "messages": "anthropic",
    "generate": "google",
    "generate-stream": "google",
    "embed-content": "google",
    "cohere-chat": "cohere",
    "cohere-embed": "cohere",
    "cohere-rerank": "cohere",
    "ollama-chat": "ollama",
    "ollama-generate": "ollama",
    "ollama-embed": "ollama",
}
"""API -> whose it is; OpenAI's where nothing is said."""

_OF_OPENAI = {
    "ChatCompletion": "chat",
    "ParsedChatCompletion": "chat",
    "ChatCompletionChunk": "chat",
    "ChatCompletionResponse": "chat",
    "ChatCompletionOutput": "chat",
    "ChatCompletionStreamOutput": "chat",
    "CompletionChunk": "chat",
    "CompletionEvent": "chat",
    "ModelResponse": "chat",
    "ModelResponseStream": "chat",
    "Completion": "completions",
    "TextCompletionResponse": "completions",
    "Response": "responses",
    "ParsedResponse": "responses",
    "ResponsesAPIResponse": "responses",
    "CreateEmbeddingResponse": "embeddings",
    "EmbeddingResponse": "embeddings",
    "Transcription": "transcriptions",
    "TranscriptionVerbose": "transcriptions",
    "Translation": "translations",
    "ImagesResponse": "images",
}
"""Class of a reply -> API, for OpenAI and for all whose API is the same: the types of the SDKs as of 2026-11-21."""

_OF_OTHERS = {
    "anthropic": dict.fromkeys(("Message", "ParsedMessage", "BetaMessage", "ParsedBetaMessage"), "messages"),
    "google": {"GenerateContentResponse": "generate", "EmbedContentResponse": "embed-content"},
    "cohere": {
        "V2ChatResponse": "cohere-chat",
        "EmbedByTypeResponse": "cohere-embed",
        "V2RerankResponse": "cohere-rerank",
    },
    "ollama": {"ChatResponse": "ollama-chat", "GenerateResponse": "ollama-generate", "EmbedResponse": "ollama-embed"},
}
"""SDK -> its own classes."""

_NAMES = {
    "completions.create": "chat",
    "completions.parse": "chat",
    "completions.stream": "chat",
    "chat.complete": "chat",
    "chat.complete_async": "chat",
    "chat.stream": "chat",
    "chat.stream_async": "chat",
    "responses.create": "responses",
    "responses.parse": "responses",
    "responses.stream": "responses",
    "embeddings.create": "embeddings",
    "transcriptions.create": "transcriptions",
    "translations.create": "translations",
    "speech.create": "speech",
    "images.generate": "images",
    "images.edit": "image-edits",
    "messages.create": "messages",
    "messages.parse": "messages",
    "messages.stream": "messages",
    "v2client.chat": "cohere-chat",
    "clientv2.chat": "cohere-chat",
    "generate_content": "generate",
    "generate_content_stream": "generate-stream",
    "embed_content": "embed-content",
    "completion": "chat",
    "acompletion": "chat",
    "chat_completion": "chat",
    "embedding": "embeddings",
    "aembedding": "embeddings",
}
"""The last words of a method's name -> API."""

_OWN_WORDS = {
    "cohere": {"chat": "cohere-chat", "embed": "cohere-embed", "rerank": "cohere-rerank"},
    "ollama": {"chat": "ollama-chat", "generate": "ollama-generate", "embed": "ollama-embed"},
}
"""SDK -> the last word of a method's name that says enough where the SDK is known -> API."""
_HOLDERS = frozenset({
    "chat", "completions", "responses", "embeddings", "transcriptions", "translations", "speech", "images", "messages",
    "models", "with_raw_response", "with_streaming_response",
})  # fmt: skip
"""What the methods of SDKs hang on."""
_WRAPPERS = {"with_raw_response", "with_streaming_response", "beta"}


def litellm_url(model: str, provider: str = "") -> str:
    """Return the address of a chat at the provider that litellm is told, or that the model's name begins with."""
    prefix, slash, _ = model.partition("/")
    provider = provider or (prefix if slash else "openai" if _OWN_MODELS.match(model) else "")
    return _HOSTS.get(_PROVIDERS.get(provider, ""), UNKNOWN_HOST) + _PATHS["chat"]


class Api(NamedTuple):
    """What a fake stands for: the API, and the package of the SDK, empty where it is not known."""

    name: str
    sdk: str = ""

    def url(self, model: str | None) -> str:
        """Return the address that the SDK would send to by default."""
        sdk = self.sdk or _HOME.get(self.name, "openai")
        if sdk == "litellm" and self.name == "chat":
            return litellm_url(model or "")
        host = _HOSTS[sdk]
        if sdk == "openai" and model and not _OWN_MODELS.match(model):
            host = UNKNOWN_HOST
        return host + _PATHS[self.name].replace("{model}", (model or "unknown").removeprefix("models/"))


def sdk_of(module: str) -> str:
    """Return the package of the SDK that a module belongs to; empty for any other."""
    top = module.partition(".")[0]
    return top if top in SDKS and (top != "google" or module.startswith("google.genai")) else ""


def of_class(kind: type) -> Api | None:
    """Return the API whose replies are of this class; None for any other class."""
    sdk = sdk_of(kind.__module__)
    if not sdk:
        return None
    name = kind.__name__.partition("[")[0]
    api = _OF_OTHERS.get(sdk, _OF_OPENAI).get(name) or _of_event(sdk, name)
    return None if api is None else Api(api, sdk)


def _of_event(sdk: str, name: str) -> str | None:
    """Return the API that streams events of this class."""
    if not name.endswith("Event"):
        return None
    return {"openai": "responses", "litellm": "responses", "anthropic": "messages"}.get(sdk)


@lru_cache(maxsize=1024)
def of_name(name: str, sdk: str = "") -> Api | None:
    """Return the API that a method stands for by its dotted name; None where the name says nothing."""
    words = [word.lower().removeprefix("async") for word in name.replace("()", "").split(".") if word not in _WRAPPERS]
    last = words[-1]
    api = _NAMES.get(".".join(words[-2:])) or _NAMES.get(last)
    api = _OWN_WORDS.get(sdk, {}).get(last, api)
    return None if api is None else Api(api, sdk)


def of_words(words: str, sdk: str = "") -> Api | None:
    """Return the API that is called with these dotted words; one word alone may be anybody's function."""
    found = of_name(words, sdk) if words else None
    return found if sdk or words.rpartition(".")[0].rpartition(".")[2] in _HOLDERS else None
