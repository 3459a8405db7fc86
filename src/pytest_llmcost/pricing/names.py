"""Names: from the product of a call to the providers and models under which a price book may know it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_llmcost.core.call import Product

_ALIASES = {
    "ai-gateway": "vercel",
    "amazon": "aws",
    "amazon-bedrock": "aws",
    "azure-ai": "azure",
    "azure-openai": "azure",
    "bedrock": "aws",
    "bedrock-converse": "aws",
    "bedrock-mantle": "aws",
    "cohere-chat": "cohere",
    "codestral": "mistral",
    "dashscope": "alibaba",
    "docker-model-runner": "llamacpp",
    "fireworks-ai": "fireworks",
    "gemini": "google",
    "genai": "google",
    "google-cloud": "google",
    "google-genai": "google",
    "google-gla": "google",
    "google-vertex": "google",
    "google-vertexai": "google",
    "grok": "x-ai",
    "hosted-vllm": "vllm",
    "lm-studio": "lmstudio",
    "meta-llama-api": "meta",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "ollama-chat": "ollama",
    "openai-chat": "openai",
    "openai-responses": "openai",
    "openai-like": "unknown",
    "text-completion-codestral": "mistral",
    "text-completion-openai": "openai",
    "together-ai": "together",
    "vercel-ai-gateway": "vercel",
    "vertex": "google",
    "vertex-ai": "google",
    "vertexai": "google",
    "voyage": "voyageai",
    "xai": "x-ai",
    "z-ai": "zai",
}
"""Other people's words for a host (SDKs, LiteLLM, LangChain, pydantic-ai, OpenRouter; `_` as `-`) -> ours."""

_HOST_NAMES = """
    anthropic arcee aws azure baseten cerebras cloudflare cohere databricks deepseek fireworks github-copilot google
    groq huggingface meta minimax mistral moonshotai novita ollama ollama-cloud openai openrouter ovhcloud perplexity
    together voyageai x-ai zai zhipuai
"""

HOSTS = frozenset(_HOST_NAMES.split())
"""Hosts whose price list is their own: a model that is not on it has no price there."""

LOCAL = frozenset({"llamacpp", "llamafile", "lmstudio", "ollama", "vllm"})
"""What serves models on a machine of one's own: no call is billed. A gateway on this machine is none of them."""

_PREFIXES = (
    HOSTS
    | LOCAL
    | {"ai21", "alibaba", "crusoe", "deepinfra", "heroku", "jina", "nebius", "nvidia"}
    | {
        "sambanova",
        "snowflake",
        "vercel",
    }
)
"""What is a host where it stands before a model's name."""

VENDORS = ("openai", "anthropic", "google", "mistral", "cohere", "deepseek", "x-ai", "voyageai")
"""Who is asked, in this order, for a bare model name behind an unknown host."""

_WRAPPERS = re.compile(
    r"^(?:arn:aws[\w-]*:(?:bedrock|sagemaker)[^/]*/"
    r"|(?:projects/[^/]+/)?(?:locations/[^/]+/)?publishers/[^/]+/models/"
    r"|projects/[^/]+/(?:locations/[^/]+/)?models/|models/|(?:converse|converse_like|invoke|responses)/)"
)
"""What leads to a model's name: resources of Amazon and Google, and the routes that LiteLLM writes."""
_DATED = re.compile(r"(?:[-@]20\d{2}-?\d{2}-?\d{2}|-latest|@[\w.-]+)$")
_REGION = re.compile(r"^(?:us-gov|us|eu|apac|jp|au|ca|global)\.(?=[\w-]+\.)")
_BEDROCK = re.compile(
    rf"(?:{_REGION.pattern[1:]})?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshot(?:ai)?"
    r"|nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\.[\w-]+"
)
"""How Amazon writes a model, its maker before it: who else serves the model has another name for it."""
_PLACE = re.compile(r"^(?:[a-z]{2}(?:-gov)?-[a-z]+-\d)/(?=[\w-]+\.)")
"""A region as LiteLLM writes it before a model of Bedrock."""
_ZONE = re.compile(r"^(?:us|eu|global|global-standard)/")
"""A zone of data as LiteLLM writes it before a model of Azure."""
_REVISION = re.compile(r"(?:-v\d+)?:\d+(?::\w+)?$")
_OWNED = re.compile(r"^(ft:[^:]+):.*$")
"""A fine-tuned model's base, then its owner, its name and its number."""
_ROUTE = re.compile(r":(?!free$)[a-z]+$")
_NARROWING = {"aws": (_PLACE, _REGION, _REVISION), "azure": (_ZONE,), "openrouter": (_ROUTE,)}
"""What a host adds to a model's name."""

_HOST_UNKNOWN = "host not known: priced as {provider}"
_NOT_LISTED = "not on this host's list: priced as {provider}"
_NAME_UNKNOWN = "name not known: priced as {model}"
_MAPPED = "mapped to {provider}/{model}"


class Candidate(NamedTuple):
    """One name to try."""

    provider: str | None
    """The book's provider id; None asks the book to tell the provider by the model's name."""
    model: str
    remark: str = ""
    """What a reader must know of a price found this way; a template with `{provider}` and `{model}`."""

    def told(self, provider: str, model: str) -> str:
        """Return the remark on the entry that was found, empty where there is nothing to say."""
        return self.remark.format(provider=provider, model=model)

    @property
    def is_doubtful(self) -> bool:
        """Tell whether another model may be priced than was bought; whoever maps a name knows what it stands for."""
        return self.remark == _NOT_LISTED or self.remark.endswith(_NAME_UNKNOWN)


def canonical(provider: str) -> str:
    """Return our word for a host, in lower case."""
    name = provider.strip().lower()
    return _ALIASES.get(name.replace("_", "-"), name)


def mapped(product: Product, models: Mapping[str, str]) -> str | None:
    """Return what the user's map says of a product: its key is the requested name, with or without the provider."""
    return models.get(f"{product.provider}/{product.model}") or models.get(product.model)


def free(host: str, model: str) -> str:
    """Return the rule by which a model costs nothing at a host, as one phrase; empty where none says so."""
    # Ollama's cloud is not the user's machine.
    if (host in LOCAL and not model.endswith("cloud")) or (host not in HOSTS and model.lower().endswith(".gguf")):
        return "runs locally"
    return "by its name on openrouter" if host == "openrouter" and model.endswith(":free") else ""


def candidates(product: Product, models: Mapping[str, str] | None = None) -> tuple[Candidate, ...]:
    """Return the names to try for a product, the surest first; the user's map, where it has the name, stands alone."""
    host = canonical(product.provider)
    name = mapped(product, models or {})
    if name is None:
        return tuple(dict.fromkeys(_on(host, product.model)))
    owner, rest = split(name)
    found = [*(_on(owner, rest) if owner else ()), *_on(host, name)]
    return tuple(dict.fromkeys(Candidate(c.provider, c.model, c.remark or _MAPPED) for c in found))


def split(name: str) -> tuple[str | None, str]:
    """Take a known host off the front of a name: `azure/gpt-4o`, `openai:gpt-4o`; None when there is none."""
    for mark in "/:":
        prefix, found, rest = name.partition(mark)
        if found and rest and canonical(prefix) in _PREFIXES:
            return canonical(prefix), rest
    return None, name


def spellings(model: str, host: str) -> Iterator[tuple[str, bool]]:
    """Yield a model's name as it is, without what leads to it, then without what narrows it down.

    The flag is True where something was left out that may have a price of its own: a snapshot's date, a region, a
    route. A fine-tuned model keeps its `ft:`, and so never becomes its base; whose it is does not matter.
    """
    model = _OWNED.sub(r"\1", model)
    yield model, False
    bare = _OWNED.sub(r"\1", _bare(model))
    yield bare, False
    names: tuple[str, ...] = (model, bare)
    for pattern in (*_NARROWING.get(host, ()), _DATED):
        names = tuple(pattern.sub("", name) for name in names)
        yield from ((name, True) for name in names)


def _bare(model: str) -> str:
    name, shorter = "", model
    while name != shorter:  # a host may stand before a route, and a path may hold a host
        name = shorter
        owner, rest = split(_WRAPPERS.sub("", name))
        shorter = rest if owner else _WRAPPERS.sub("", name)
    return name


def _on(host: str, model: str) -> Iterator[Candidate]:
    """Yield the names of a model on one host, and by its name alone where the host has no price list."""
    for name, narrowed in _first(spellings(model, host)):
        yield Candidate(host, name, _NAME_UNKNOWN if narrowed else "")
    if host == "huggingface" and ":" in model:
        name, _, route = model.partition(":")
        yield Candidate(f"huggingface_{route}", name)
    listed = host in HOSTS or host.startswith("huggingface_")
    if not listed or host == "openrouter":
        yield from _by_name(model, _NOT_LISTED if listed else _HOST_UNKNOWN)


def _by_name(model: str, remark: str) -> Iterator[Candidate]:
    owner, rest = split(_WRAPPERS.sub("", model))
    owner = owner or ("aws" if _BEDROCK.match(rest) else None)
    for name, narrowed in _first(spellings(rest, owner or "")):
        owners = (owner,) if owner else (None, *VENDORS)
        told = f"{remark}; {_NAME_UNKNOWN}" if narrowed else remark
        yield from (Candidate(one, name, told) for one in owners)


def _first(pairs: Iterator[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """Drop names that came before: the first one is the surest."""
    seen: set[str] = set()
    for name, narrowed in pairs:
        if name and name not in seen:
            seen.add(name)
            yield name, narrowed
