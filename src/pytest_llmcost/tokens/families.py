"""What is known of each family of models: its encoding or a factor to one, its framing, its media, its error bounds.

Figures of 2026-11-21. Those for OpenAI follow its cookbook; the fixed part of Claude's tools is from Anthropic's page
on tool use; the others were fitted to the input tokens that providers reported for recorded requests. The bounds are
what 95 in 100 of those requests stayed below, rounded up, and wider where few were at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_llmcost.tokens.images import Crops, Flat, Grid, ImageRule, Patches, Squares, Tiles

_UNKNOWN_IMAGE = Flat(1000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Family:
    """One row. Two rows are never equal, so that they are quick dictionary keys.

    Units: `permille` and `milli` figures are thousandths of a token, so that counts are exact integers everywhere.
    """

    name: str
    """Also the tokenizer's name in fingerprints: counts of one family never serve for another."""
    pattern: str
    """Found in the lower-case model name."""
    encoding: str = "o200k_base"
    own: bool = False
    """True when `encoding` is the model's own: then messages are counted exactly."""
    scale_permille: int = 1000
    """Tokens of the model per token of the encoding."""
    message_milli: int = 4000
    """What one message costs beside its content."""
    priming: int = 3
    """Tokens per request that has messages: the start of the reply, a hidden system prompt."""
    per_function: int | None = None
    """OpenAI's formula for tools is used, with this start value; None: the next two fields."""
    tool_milli: int = 0
    tool_permille: int = 1000
    """Tokens of the model per token of a tool definition's JSON."""
    tools: int = 0
    """Tokens per request that has tools: a hidden prompt about their use."""
    nested_tools: int | None = None
    """The same when the tools come in the nested form of OpenAI's chat completions; None when that is no different."""
    call_milli: int = 7000
    """What one earlier call of a tool costs beside its name and arguments."""
    schema_permille: int = 1000
    """Tokens of the model per token of the JSON schema that the answer must follow."""
    schema: int = 0
    """Tokens per request that has such a schema."""
    image: ImageRule = _UNKNOWN_IMAGE
    document: int = 1000
    """Tokens of a document; mostly one page in tests."""
    bound_permille: int = 1500
    """Upper bound of a count of text, per counted token."""
    tool_bound_permille: int = 2000


_OPENAI = Family(
    name="openai", pattern=r"gpt-|chatgpt|davinci|babbage|codex|computer-use|omni-", own=True,
    per_function=7, tools=12, schema_permille=930, image=Tiles(85, 170), bound_permille=1100, tool_bound_permille=1600,
)  # fmt: skip
_CLAUDE = Family(
    name="claude", pattern="claude|anthropic", scale_permille=1070, message_milli=3700, priming=3,
    tools=313, tool_milli=30_000, tool_permille=1250,
    call_milli=28_000, schema=140, image=Grid(28, 1568, 1568), document=1700,
    tool_bound_permille=1400,
)  # fmt: skip
_GEMINI = Family(
    name="gemini", pattern="gemini|learnlm", message_milli=1000, priming=0,
    tool_permille=950, call_milli=5000, schema_permille=0,
    image=Squares(), document=258, bound_permille=1300,
)  # fmt: skip
_MISTRAL = Family(
    name="mistral", pattern=r"mi[sx]tral|magistral|ministral|codestral|devstral|voxtral", scale_permille=1050,
    message_milli=2000, priming=1, tool_milli=10_000, tool_permille=1250, image=Grid(28, 1540, 4096),
    bound_permille=1700,
)  # fmt: skip

UNKNOWN = Family(
    name="unknown", pattern="", scale_permille=1100, tools=100, tool_permille=1100,
    bound_permille=2500, tool_bound_permille=4000,
)  # fmt: skip
"""For models nobody here has seen."""

FAMILIES: tuple[Family, ...] = (
    # Open models whose names contain those of other makers come first.
    Family(name="gpt-oss", pattern="gpt-oss", message_milli=4000, priming=64, tools=40, tool_permille=900),
    # The prompt about tools is Groq's; other hosts add less.
    Family(name="llama-4", pattern=r"llama-?4", message_milli=5000, priming=5, tools=660, image=Flat(725)),
    Family(name="llama-3.1", pattern=r"llama-?3[.-][1-9](?!b)", message_milli=5000, priming=28, tools=80),
    Family(name="llama", pattern="llama", message_milli=4000, priming=1, tools=80),
    Family(name="qwen", pattern="qwen|qwq", message_milli=5000, priming=3, tools=130, image=Grid(28, 4096, 16384)),
    Family(name="deepseek-4", pattern=r"deepseek-v[4-9]", message_milli=1000, priming=82, tools=165),
    Family(name="deepseek", pattern="deepseek", message_milli=1000, priming=3, tools=165),
    replace(_MISTRAL, name="pixtral", pattern="pixtral", image=Grid(16, 1024, 4096)),
    _MISTRAL,
    Family(name="glm-5", pattern="glm-?[5-9]", message_milli=2000, priming=10, tools=95, image=Grid(28, 4096, 16384)),
    Family(name="glm", pattern="glm", message_milli=2000, priming=3, tools=140, image=Grid(28, 4096, 16384)),
    Family(name="kimi", pattern="kimi|moonshot", message_milli=4000, priming=4, tool_milli=5000),
    Family(name="grok", pattern="grok", message_milli=4000, priming=680, tools=100),
    Family(name="minimax", pattern="minimax", message_milli=4000, priming=37, tools=100),
    Family(name="nova-2", pattern="nova-2", message_milli=0, priming=0, tools=859, image=Flat(500)),
    Family(name="nova", pattern="nova-(?:micro|lite|pro|premier|sonic)", message_milli=0, priming=0, tools=357,
           image=Flat(1818)),
    Family(name="titan", pattern="titan", message_milli=3000, priming=0),
    # What Cohere bills is the bare text; what it reads is more.
    Family(name="cohere", pattern="command|cohere|embed-(?:english|multilingual|v)", message_milli=0, priming=0,
           tool_permille=650),
    # Claude's models differ in the hidden prompt about tools, and the newer ones in their tokenizer.
    replace(_CLAUDE, name="claude-5", pattern=r"claude-(?:[a-z]+-)?5|fable", scale_permille=1210, tools=354,
            image=Grid(28, 2576, 4784)),
    replace(_CLAUDE, name="claude-4.8", pattern=r"claude-.*4[.-][89]", scale_permille=1210, tools=290,
            image=Grid(28, 2576, 4784)),
    replace(_CLAUDE, name="claude-4.7", pattern=r"claude-.*4[.-]7", scale_permille=1210, tools=675,
            image=Grid(28, 2576, 4784)),
    replace(_CLAUDE, name="claude-4.5", pattern=r"claude-.*4[.-][56]", tools=496),
    replace(_CLAUDE, name="claude-3.5-haiku", pattern=r"claude-.*(?:3[.-]5-haiku|haiku-3[.-]5)", tools=264),
    replace(_CLAUDE, name="claude-3.7", pattern=r"claude-.*3[.-][57]", tools=346),
    replace(_CLAUDE, name="claude-3", pattern="claude-.*3", tools=264),
    _CLAUDE,
    replace(_GEMINI, name="gemini-3", pattern="gemini-[3-9]", tool_permille=1000,
            image=Flat(1110, low=280, high=1120), document=540),
    replace(_GEMINI, name="gemini-2.0", pattern=r"gemini-(?:1|2\.0)", message_milli=0, tool_permille=450,
            image=Crops()),
    replace(_GEMINI, name="gemma", pattern="gemma"),
    _GEMINI,
    replace(_OPENAI, name="openai-cl100k", encoding="cl100k_base", per_function=10,
            pattern=r"gpt-(?:4(?![.o])|3)|text-embedding-(?:3|ada)|davinci-002|babbage-002"),
    replace(_OPENAI, name="openai-o", pattern=r"(?:^|[/.-])o[1-9](?:$|-(?!mini-2024-09-12))", priming=2,
            image=Tiles(75, 150)),
    replace(_OPENAI, name="openai-5", pattern="gpt-[5-9]",
            priming=2, nested_tools=94, bound_permille=1200, tool_bound_permille=2000, image=Tiles(70, 140)),
    _OPENAI,
)  # fmt: skip

IMAGES: tuple[tuple[str, ImageRule], ...] = (
    # OpenAI's models of one family differ in what they charge for an image.
    ("gpt-4o-mini", Tiles(2833, 5667)),
    (r"gpt-4\.1-mini", Patches(1536, 1620)),
    (r"gpt-4\.1-nano", Patches(1536, 2460)),
    (r"gpt-5(?:-\d|\.\d-).*mini|gpt-5-mini", Patches(1536, 1200)),
    (r"gpt-5(?:-\d|\.\d-).*nano|gpt-5-nano", Patches(1536, 1500)),
    (r"gpt-5\.[4-9]|gpt-[6-9]", Patches(2500, 1200, longest=2048)),
    ("o4-mini", Patches(1536, 1720)),
    ("computer-use", Tiles(65, 129)),
)

PROVIDERS: dict[str, Family] = {"openai": _OPENAI, "azure": _OPENAI, "anthropic": _CLAUDE, "google": _GEMINI}
"""For model names that say nothing: deployments, aliases. By the first word of the provider."""


@lru_cache(maxsize=1024)
def family_of(provider: str, model: str | None, operation: str) -> Family:
    """Return the family of a model: by its name, since hosts serve models of many makers, else by the provider."""
    name = (model or "").lower().removeprefix("ft:")
    family = _by_name(name) or PROVIDERS.get(re.split(r"[\W_]", provider.lower())[0], UNKNOWN)
    if family is _OPENAI and operation == "embeddings":
        family = next(row for row in FAMILIES if row.name == "openai-cl100k")
    if not family.own:
        return family
    rule = next((rule for pattern, rule in IMAGES if re.search(pattern, name)), None)
    return replace(family, image=rule) if rule else family


def _by_name(name: str) -> Family | None:
    return next((row for row in FAMILIES if name and re.search(row.pattern, name)), None)
