"""Which provider answers at which host."""

from __future__ import annotations

from functools import lru_cache

# The hosts of the public APIs, as of 2026-11-21. Host and port are looked up first, then the host, then the patterns.
_HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x-ai",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.perplexity.ai": "perplexity",
    "router.huggingface.co": "huggingface",
    "api.cerebras.ai": "cerebras",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "api.z.ai": "zai",
    "localhost:11434": "ollama",
    "127.0.0.1:11434": "ollama",
    "ollama.com": "ollama",
    "api.voyageai.com": "voyage",
}
_PATTERNS = (  # how the host begins, how it ends, provider
    ("", ".openai.azure.com", "azure"),
    ("", ".cognitiveservices.azure.com", "azure"),
    ("", ".services.ai.azure.com", "azure"),
    ("", "aiplatform.googleapis.com", "google"),
    ("bedrock-", ".amazonaws.com", "aws"),
    ("bedrock-", ".api.aws", "aws"),
)

UNKNOWN = "unknown"
"""The provider at any other host: prices are then looked up by model alone."""


@lru_cache(maxsize=1024)
def provider_of(url: str, default: str = UNKNOWN) -> str:
    """Return who answers at this address, or `default` for a host that is in no table."""
    start = url.find("://") + 3 if "://" in url else 0
    end = url.find("/", start)
    return _provider(url[start:] if end < 0 else url[start:end]) or default


def _provider(authority: str) -> str | None:
    place = authority.rpartition("@")[2].partition("?")[0].lower()
    host = place.partition(":")[0]
    if found := _HOSTS.get(place) or _HOSTS.get(host):
        return found
    return next((name for begin, end, name in _PATTERNS if host.startswith(begin) and host.endswith(end)), None)
