"""Make the fallback price table of `pytest_llmcost.pricing`, and its list of current models, from LiteLLM's price list.

    python tools/refresh_prices.py model_prices_and_context_window.json 1.110.2 2026-11-27

The list is public under the MIT licence and part of LiteLLM's repository and wheel, where its name has `_backup`. Kept
is what genai-prices, as it is installed, does not know of the hosts that we know: whole models, service tiers, and fees
by the piece. One model a line, one rate a word; `pricing/fallback.py` reads it. A model that the list has dropped keeps
its last price, with the day, as recordings outlive models.

The list of current models, which `llmcost whatif --candidates` chooses from, is models.csv: the general chat models of
a few hosts that are not deprecated on that day, each with its limits and with what it can read; `pricing/abilities.py`
reads it.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmcost.core.models import undated
from pytest_llmcost.pricing.abilities import ABILITIES, COLUMNS
from pytest_llmcost.pricing.fallback import LAST, NEWER, read, table_of
from pytest_llmcost.pricing.library import Library
from pytest_llmcost.pricing.names import Candidate

if TYPE_CHECKING:
    from pytest_llmcost.pricing.fallback import Rows

TARGET = Path(__file__).parent.parent / "src/pytest_llmcost/pricing/data/litellm.txt"

MODELS = TARGET.with_name("models.csv")

HOSTS = {
    "ai21": "ai21", "anthropic": "anthropic", "azure": "azure", "azure_ai": "azure", "azure_text": "azure",
    "baseten": "baseten", "bedrock": "aws", "bedrock_converse": "aws", "bedrock_mantle": "aws", "cerebras": "cerebras",
    "cloudflare": "cloudflare", "codestral": "mistral", "cohere": "cohere", "cohere_chat": "cohere", "crusoe": "crusoe",
    "dashscope": "alibaba", "databricks": "databricks", "deepinfra": "deepinfra", "deepseek": "deepseek",
    "fireworks_ai": "fireworks", "fireworks_ai-embedding-models": "fireworks", "gemini": "google", "groq": "groq",
    "heroku": "heroku", "jina_ai": "jina", "meta_llama": "meta", "minimax": "minimax", "mistral": "mistral",
    "moonshot": "moonshotai", "nebius": "nebius", "novita": "novita", "nvidia_nim": "nvidia", "openai": "openai",
    "ovhcloud": "ovhcloud", "perplexity": "perplexity", "sambanova": "sambanova", "snowflake": "snowflake",
    "text-completion-openai": "openai", "together_ai": "together", "vercel_ai_gateway": "vercel",
    "voyage": "voyageai", "xai": "x-ai", "zai": "zai",
}  # fmt: skip
"""LiteLLM's names of hosts -> ours; Vertex's many are Google's. Hosts that no dialect can meet are left out."""

TOKENS = {
    "input_cost_per_token": "in",
    "output_cost_per_token": "out",
    "cache_read_input_token_cost": "read",
    "cache_creation_input_token_cost": "write",
    "cache_creation_input_token_cost_above_1hr": "write1h",
    "input_cost_per_audio_token": "audio_in",
    "output_cost_per_audio_token": "audio_out",
    "output_cost_per_reasoning_token": "thought",
    "output_cost_per_image_token": "drawn",
}
"""US dollars per token there, per million tokens here."""
PIECES = {
    "input_cost_per_query": "rerank_searches",
    "ocr_cost_per_page": "document_pages",
    "input_cost_per_second": "audio_seconds",
    "input_cost_per_character": "input_characters",
    "output_cost_per_image": "image_count",
    "input_cost_per_request": "request",
}
"""US dollars a piece."""
TIERS = ("batches", "flex", "priority")
SIZE = re.compile(r"_above_(\d+)k_tokens")
LEFT_OUT = re.compile(r"commitment|\*|\s|=|-x-\d|(?:^|/)(?:us-gov|us|eu|ap|ca|sa|me|af)-[a-z]+-\d/")
"""Names of no one model on demand: a region apart from the rest, a size of a picture, a wildcard."""

FAMILIES = {
    "anthropic": r"claude-[a-z]+-\d",
    "aws": r"amazon\.nova-|anthropic\.claude-[a-z]+-\d",
    "azure": r"gpt-(?:4o|4\.1|[5-9])|o\d",
    "cohere": r"command-[ar]",
    "deepseek": r"deepseek-v\d",
    "google": r"gemini-\d",
    "groq": r"openai/gpt-|qwen/",
    "mistral": r"mistral-(?:large|medium|small)-\d|ministral-\d+b",
    "moonshotai": r"kimi-k\d",
    "openai": r"gpt-(?:4o|4\.1|[5-9])|o\d",
    "x-ai": r"grok-\d",
}
"""Host -> how the names of its general models begin, of those that are on the list of current ones."""
SPECIAL = re.compile(
    r"latest|beta|experimental|audio|image|search|tts|multi-agent|cod(?:e|ing)|cyber|rosalind|-law|custom|gv2|highspeed|@|safeguard|computer|vision"
)
"""What is in the name of a channel, or of a model for one purpose."""


def rates_of(entry: dict[str, Any]) -> dict[str, Decimal]:
    """Return the rates of an entry by their words here: `in`, `272000>in`, `batch.out` and so on."""
    found: dict[str, Decimal] = {}
    for key, value in entry.items():
        if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or value < 0:
            continue
        tier = next((tier for tier in TIERS if key.endswith(f"_{tier}")), "")
        plain = key.removesuffix(f"_{tier}") if tier else key
        size = SIZE.search(plain)
        plain = SIZE.sub("", plain)
        word = TOKENS.get(plain) or PIECES.get(plain)
        if word is None:
            continue
        front = f"{'batch' if tier == 'batches' else tier}." if tier else ""
        above = f"{int(size[1]) * 1000}>" if size else ""
        found[f"{front}{above}{word}"] = Decimal(value) * 10**6 if plain in TOKENS else Decimal(value)
    queries = entry.get("search_context_cost_per_query")
    if isinstance(queries, dict) and len(set(queries.values())) == 1:  # no one price where it depends on a size
        found["web_searches"] = Decimal(next(iter(queries.values())))
    return _told_once(found)


def _told_once(found: dict[str, Decimal]) -> dict[str, Decimal]:
    """Leave out the second of two ways to say a price: pictures by their tokens, and pieces beside tokens.

    A picture's own price stays: replies that state no tokens need it.
    """
    kept = {word.replace("drawn", "out"): rate for word, rate in found.items() if word.endswith("drawn")}
    kept |= {word: rate for word, rate in found.items() if not word.endswith("drawn")}
    if kept.get("in"):
        instead = set(PIECES.values()) - {"image_count", "request"}
        kept = {word: rate for word, rate in kept.items() if word not in instead}
    return kept


def host_of(entry: dict[str, Any]) -> str | None:
    """Return our word for who sells this; None for a host that we do not know."""
    theirs = str(entry.get("litellm_provider"))
    return "google" if theirs.startswith("vertex_ai") else HOSTS.get(theirs)


def named(name: str, host: str) -> str:
    """Return the model's name on its host: LiteLLM puts its word for the host before most of them."""
    first, mark, rest = name.partition("/")
    ours = HOSTS.get(first) or ("google" if first == "vertex_ai" else None)
    is_host = ours == host or first in {"bedrock", "voyage", "fireworks_ai", "together_ai", "text-completion-openai"}
    return rest if mark and is_host else name


def missing(library: Library, host: str, model: str, rates: dict[str, Decimal]) -> dict[str, Decimal]:
    """Return what the library does not know of this: all of it, or its tiers and pieces."""
    candidate = Candidate(host, model)
    known = library.find(candidate, None)
    if known is None or (host, model) in NEWER or ("in" in rates and "input" in known.unpriced):
        return rates
    tiers = {tier for tier in ("batch", "flex", "priority") if not library.has_tier(candidate, tier)}
    kept = {word: rate for word, rate in rates.items() if word.partition(".")[0] in tiers}
    pieces = {word: rate for word, rate in rates.items() if word in PIECES.values() or word == "web_searches"}
    return kept | {word: rate for word, rate in pieces.items() if word != "request" and word not in known.units}


def rows(entries: dict[str, dict[str, Any]], library: Library) -> Rows:
    """Return what is to be kept, by host and model."""
    found: Rows = {}
    for name, entry in sorted(entries.items()):
        host = host_of(entry)
        if host is None or LEFT_OUT.search(name):
            continue
        rates = rates_of(entry)
        model = named(name, host).lower()
        free = not any(rates.values())
        if kept := {} if free else missing(library, host, model, rates):
            found.setdefault((host, model), kept)
    return found


def current(entries: dict[str, dict[str, Any]], day: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the general models of a day by host and name; a dated snapshot only where its name has no other."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name, entry in sorted(entries.items()):
        host = host_of(entry)
        model = named(name, host or "")
        is_general = host in FAMILIES and re.match(FAMILIES[host], model) and not SPECIAL.search(model)
        is_known = entry.get("mode") in {"chat", "responses"} and entry.get("max_input_tokens")
        if is_general and is_known and entry.get("deprecation_date", "9999") > day:
            found.setdefault((str(host), model), entry)
    return {
        (host, model): entry
        for (host, model), entry in found.items()
        if undated(model) == model.lower() or (host, undated(model)) not in found
    }


def models_of(entries: dict[str, dict[str, Any]], release: str, day: str) -> list[list[str]]:
    """Return a row for each current model: host, name, limits in tokens, abilities, source and day."""
    answers = {True: "yes", False: "no", None: ""}
    return [
        [host, model, str(entry["max_input_tokens"]), str(entry.get("max_output_tokens") or "")]
        + [answers[entry.get(f"supports_{word}")] for word in ABILITIES.values()]
        + [f"LiteLLM {release}", day]
        for (host, model), entry in sorted(current(entries, day).items())
    ]


def main(source: str, release: str, day: str) -> int:
    """Write the table."""
    entries = json.loads(Path(source).read_text(encoding="utf-8"), parse_float=Decimal)
    entries.pop("sample_spec", None)
    library = Library.load(date.fromisoformat(day))
    found = rows(entries, library)
    listed = {(host, named(name, host).lower()) for name, entry in entries.items() if (host := host_of(entry))}
    for key, rates in read(TARGET.read_text(encoding="utf-8")).items():
        if key not in listed and "in" in rates and library.find(Candidate(*key), None) is None:
            found[key] = {LAST: Decimal(day.replace("-", "")), **rates}
    TARGET.write_text(table_of(found, f"LiteLLM {release} of {day}"), encoding="utf-8", newline="\n")
    print(f"{TARGET}: {len(found)} models, {TARGET.stat().st_size} bytes")
    models = models_of(entries, release, day)
    with MODELS.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *models])
    print(f"{MODELS}: {len(models)} models")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
