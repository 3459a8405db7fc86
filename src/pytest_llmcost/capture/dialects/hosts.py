"""Which provider answers at which host, and behind which gateway."""

from __future__ import annotations

from functools import lru_cache

from pytest_llmcost.core.service_tiers import in_region

# The hosts of the public APIs, as of 2026-11-27. Host and port are looked up first, then the host, then the patterns.
_HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "codestral.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "api.deepseek.com": "deepseek",
    "api.x.ai": "x-ai",
    "api.together.xyz": "together",
    "api.together.ai": "together",
    "api.fireworks.ai": "fireworks",
    "api.perplexity.ai": "perplexity",
    "router.huggingface.co": "huggingface",
    "api-inference.huggingface.co": "huggingface",
    "api.cerebras.ai": "cerebras",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "api.z.ai": "zai",
    "open.bigmodel.cn": "zhipuai",
    "api.moonshot.ai": "moonshotai",
    "api.moonshot.cn": "moonshotai",
    "api.minimax.io": "minimax",
    "api.novita.ai": "novita",
    "api.arcee.ai": "arcee",
    "conductor.arcee.ai": "arcee",
    "inference.baseten.co": "baseten",
    "api.avian.io": "avian",
    "api.llama.com": "meta",
    "api.githubcopilot.com": "github-copilot",
    "models.github.ai": "github",
    "models.inference.ai.azure.com": "github",
    "integrate.api.nvidia.com": "nvidia",
    "api.sambanova.ai": "sambanova",
    "api.deepinfra.com": "deepinfra",
    "api.studio.nebius.com": "nebius",
    "api.studio.nebius.ai": "nebius",
    "api.inference.crusoecloud.com": "crusoe",
    "us.inference.heroku.com": "heroku",
    "api.jina.ai": "jina",
    "dashscope.aliyuncs.com": "alibaba",
    "dashscope-intl.aliyuncs.com": "alibaba",
    "ai-gateway.vercel.sh": "vercel",
    "ollama.com": "ollama-cloud",
    "api.voyageai.com": "voyage",
}
_PATTERNS = (  # how the place begins, how it ends, provider
    ("", ".api.openai.com", "openai"),  # one for each region
    ("", ".openai.azure.com", "azure"),
    ("", ".cognitiveservices.azure.com", "azure"),
    ("", ".services.ai.azure.com", "azure"),
    ("", ".models.ai.azure.com", "azure"),
    ("", "aiplatform.googleapis.com", "google"),
    ("bedrock-", ".amazonaws.com", "aws"),
    ("bedrock-", ".api.aws", "aws"),
    ("", ".snowflakecomputing.com", "snowflake"),
    ("", ".databricks.com", "databricks"),
    ("", ".azuredatabricks.net", "databricks"),
    ("", ".endpoints.huggingface.cloud", "huggingface"),
    ("", ":11434", "ollama"),
    ("127.0.0.1", ":1234", "lmstudio"),
    ("localhost", ":1234", "lmstudio"),
)
_BEHIND = {
    "anthropic": "anthropic",
    "azure": "azure",
    "azure-openai": "azure",
    "bedrock": "aws",
    "aws-bedrock": "aws",
    "cerebras": "cerebras",
    "cohere": "cohere",
    "deepseek": "deepseek",
    "fireworks": "fireworks",
    "google-ai-studio": "google",
    "google-vertex": "google",
    "google-vertex-ai": "google",
    "grok": "x-ai",
    "groq": "groq",
    "huggingface": "huggingface",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "perplexity-ai": "perplexity",
    "workers-ai": "cloudflare",
    "xai": "x-ai",
}
"""A part of a path by which gateways say to whom they pass a call on. `openai` is none: it often names a protocol."""
_GATEWAYS = frozenset({"gateway.ai.cloudflare.com", "gateway.pydantic.dev"})
"""Gateways where `openai` in the path is OpenAI itself."""
_BESIDE = {"api.cloudflare.com": "/ai/"}
"""Hosts with an API of models beside many others, and what the paths of that have."""

UNKNOWN = "unknown"
"""The provider at any other host: prices are then looked up by model alone."""


@lru_cache(maxsize=1024)
def provider_of(url: str, default: str = UNKNOWN) -> str:
    """Return who answers at this address, or `default` where neither the host nor a gateway's path tells."""
    start = url.find("://") + 3 if "://" in url else 0
    end = url.find("/", start)
    place = _place(url[start:] if end < 0 else url[start:end])
    path = "" if end < 0 else url[end:]
    found = _provider(place) or ("cloudflare" if place in _BESIDE and _BESIDE[place] in path else None)
    if found == "huggingface":
        return _routed(path)
    return found or _behind(place, path) or default


@lru_cache(maxsize=1024)
def tier_at(url: str, tier: str | None) -> str | None:
    """Return the tier of a call by its address, which may keep it in a region: that of OpenAI and of Vertex."""
    host = _place(url.partition("://")[2].partition("/")[0]).partition(":")[0]
    is_vertex = host.endswith("aiplatform.googleapis.com") and "/locations/" in url and "/locations/global/" not in url
    if not is_vertex and not host.endswith(".api.openai.com"):
        return tier
    return in_region(tier)


def _place(authority: str) -> str:
    return authority.rpartition("@")[2].partition("?")[0].lower()


def _provider(place: str) -> str | None:
    host = place.partition(":")[0]
    if found := _HOSTS.get(place) or _HOSTS.get(host):
        return found
    return next(
        (
            name
            for begin, end, name in _PATTERNS
            if (place if end[0] == ":" else host).endswith(end) and host.startswith(begin)
        ),
        None,
    )


def _routed(path: str) -> str:
    """Return the provider to which Hugging Face's router passes a call on: each one has prices of its own."""
    first = path.strip("/").partition("/")[0]
    return "huggingface" if first in {"", "v1", "hf-inference", "models"} else f"huggingface_{first}"


def _behind(place: str, path: str) -> str | None:
    """Return whom a gateway asks; only the parts of the path before the model's name are looked at."""
    parts = path.partition("?")[0].strip("/").split("/")[:4]
    found = next((_BEHIND[part] for part in parts if part in _BEHIND), None)
    if found is None and place in _GATEWAYS and "openai" in parts:
        return "openai"
    return found
