"""Which family a model belongs to, and the figures of each.

Figures of 2026-11-27. OpenAI's messages follow its cookbook, its functions `declarations.py`; the fixed part of
Claude's tools is from Anthropic's page on tool use; images from the providers' pages (`images.py`). The others were
fitted to the input tokens that providers reported for 3,076 recorded requests of public test suites, by least absolute
relative error. `measured.py` says how far off each is, and docs/accuracy.md has the table.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache

from pytest_llmcost.tokens.extras import TEKKEN, is_installed
from pytest_llmcost.tokens.family import Family
from pytest_llmcost.tokens.images import Crops, Flat, Grid, ImageRule, Patches, Rows, Squares, Tiles, Views
from pytest_llmcost.tokens.writing import Writing

# Tokens per token of o200k_base in texts of one writing, the middle of its languages. For Claude by the reconstruction
# in ctok 1.3, in message catalogues of Debian's programs (2026-11-27; 20 languages, from Polish with 1.10 to Hindi with
# 2.09) and in samples of 150 KB (2026-11-21). The others by their tokenizers in these samples, Gemini by Gemma's.
_CLAUDE_SCALES = {
    Writing.ACCENTED: 1290, Writing.CYRILLIC: 1330, Writing.GREEK: 1710, Writing.ARABIC: 1850, Writing.INDIC: 1900,
    Writing.CHINESE: 1310, Writing.KOREAN: 1600,
}  # fmt: skip
_CLAUDE_NEW_SCALES = {
    Writing.ACCENTED: 1700, Writing.CYRILLIC: 1450, Writing.GREEK: 1760, Writing.ARABIC: 1910, Writing.INDIC: 2000,
    Writing.CHINESE: 1430, Writing.KOREAN: 1700,
}  # fmt: skip
_GEMINI_SCALES = {
    Writing.MARKUP: 1315, Writing.ACCENTED: 1090, Writing.CYRILLIC: 1100, Writing.ARABIC: 1170, Writing.INDIC: 1170,
    Writing.KOREAN: 1170,
}  # fmt: skip
_MISTRAL_SCALES = {
    Writing.MARKUP: 1150, Writing.ACCENTED: 1100, Writing.CYRILLIC: 1130, Writing.ARABIC: 1030, Writing.INDIC: 1150,
    Writing.CHINESE: 1130, Writing.KOREAN: 1070,
}  # fmt: skip
_DEEPSEEK_SCALES = {
    Writing.MARKUP: 1105, Writing.ACCENTED: 1140, Writing.CYRILLIC: 1100, Writing.ARABIC: 1160, Writing.INDIC: 1400,
    Writing.CHINESE: 970, Writing.KOREAN: 1140,
}  # fmt: skip

_OPENAI = Family(
    name="openai", pattern=r"gpt-|chatgpt|davinci|babbage|codex|computer-use|omni-", group="openai", own=True,
    declares=True, tools=10, nested_tools=11, alone=4, parallel=14, named=9, schema_permille=900, sealed_permille=156,
    sealed_free=800, recalled=192, image=Tiles(85, 170), page=220, compacting=93,
)  # fmt: skip
_CLAUDE = Family(
    name="claude", pattern="claude|anthropic", group="claude", scale_permille=1115, message_milli=2300, priming=4,
    scales=_CLAUDE_SCALES,
    tools=313, forced=12, tool_milli=10_000, tool_permille=1310, call_milli=54_000, schema_permille=1600, schema=112,
    thinking=28, adaptive=17, image=Grid(28, 1568, 1568),
    page=1800, page_permille=1500,
)  # fmt: skip
_CLAUDE_NEW = replace(
    _CLAUDE, scale_permille=1400, message_milli=3000, priming=3, tool_permille=2000,
    scales=_CLAUDE_NEW_SCALES,
    call_milli=75_000, thinking=0, adaptive=0, image=Grid(28, 2576, 4784),
)  # fmt: skip
"""From Opus 4.7 on there is another tokenizer."""
_GEMINI = Family(
    name="gemini", pattern="gemini|learnlm", group="gemini", message_milli=1000, priming=0, is_open=True,
    scales=_GEMINI_SCALES,
    tool_milli=7000, tool_permille=1010, call_milli=7000, image=Squares(), page=258, page_permille=1300,
    audio_second=32,
    video_second=290,
)  # fmt: skip
_GEMINI_3 = replace(
    _GEMINI, name="gemini-3", pattern="gemini-[3-9]", tool_milli=0, tool_permille=1175, call_milli=3000,
    sealed_permille=188,
    image=Flat(1080, low=280, high=1120), page=515, audio_second=25, video_second=90,
)  # fmt: skip
_GEMINI_BARE = replace(
    _GEMINI, message_milli=0, bare=True, tool_milli=3000, tool_permille=1000, call_milli=1000,
)  # fmt: skip
_MISTRAL = Family(
    name="mistral", pattern=r"mi[sx]tral|magistral|ministral|codestral|devstral|voxtral", group="mistral",
    scales=_MISTRAL_SCALES,
    message_milli=2000, priming=1, forgets=True, tool_milli=12_000, tool_permille=1550, image=Rows(28, 1540, 4096),
    page=450,
)  # fmt: skip
_LLAMA_4 = Family(
    name="llama-4", pattern="llama-?4", group="llama", message_milli=5000, priming=5, tools=649, tool_milli=14_000,
    call_milli=20_000, image=Views(336, 16, 145, 17),
)  # fmt: skip
_QWEN = Family(
    name="qwen", pattern="qwen|qwq", message_milli=5000, priming=3, forgets=True, tools=120, tool_permille=1100,
    image=Grid(28, 4096, 16384),
)  # fmt: skip
_DEEPSEEK = Family(
    name="deepseek", pattern="deepseek", message_milli=1000, priming=3, forgets=True, tools=165, tool_milli=20_000,
    call_milli=30_000, scales=_DEEPSEEK_SCALES,
)  # fmt: skip
_GLM = Family(
    name="glm", pattern="glm", message_milli=2000, priming=3, forgets=True, tools=130, tool_permille=1100,
    image=Grid(28, 4096, 16384),
)  # fmt: skip
_NOVA = Family(
    name="nova", pattern="nova-(?:micro|lite|pro|premier|sonic)", group="nova", message_milli=0, priming=0, tools=333,
    tool_milli=22_000, tool_permille=1200, call_milli=34_000, image=Flat(1818), page=1800, page_permille=1300,
    video=1700, video_second=0,
)  # fmt: skip

_GPT_OSS = Family(
    name="gpt-oss", pattern="gpt-oss", priming=63, forgets=True, declares=True, tools=32, call_milli=12_000,
    schema_permille=1000,
)  # fmt: skip

_OPENAI_5 = replace(
    _OPENAI, name="openai-5", pattern="gpt-[5-9]", group="openai-5", priming=2, tools=15, nested_tools=95, alone=2,
    named=0, adding=94, image=Tiles(70, 140),
)  # fmt: skip
UNKNOWN = Family(name="unknown", pattern="", group="unknown", scale_permille=1100, tools=100, tool_permille=1100)
"""For models nobody here has seen."""

FAMILIES: tuple[Family, ...] = (
    # Open models whose names contain those of other makers come first.
    replace(_GPT_OSS, name="gpt-oss-groq", host="groq", priming=67),
    _GPT_OSS,
    # The prompt about tools is the host's own.
    replace(_LLAMA_4, name="llama-4-aws", host="aws", tools=100),
    _LLAMA_4,
    Family(name="llama-distilled", pattern="distill-llama", group="llama", message_milli=3000, priming=2, tools=80,
           forgets=True),
    Family(name="llama-3.1", pattern=r"llama-?3[.-][1-9](?!b)", group="llama", message_milli=5000, priming=30,
           tools=80),
    Family(name="llama", pattern="llama", group="llama", message_milli=5000, priming=5, tools=80),
    replace(_QWEN, name="qwen-coder", pattern="qwen.*coder", tools=240),
    _QWEN,
    replace(_DEEPSEEK, name="deepseek-4", pattern=r"deepseek-v[4-9]", priming=82),
    replace(_DEEPSEEK, name="deepseek-huggingface", host="huggingface", priming=2),
    _DEEPSEEK,
    replace(_MISTRAL, name="pixtral", pattern="pixtral", image=Rows(16, 1024, 4096)),
    replace(_MISTRAL, name="mistral-small", pattern="(?:mi|magi)stral-small", priming=13),
    _MISTRAL,
    replace(_GLM, name="glm-5", pattern="glm-?[5-9]", priming=10, tools=95),
    _GLM,
    Family(name="kimi", pattern="kimi|moonshot", priming=4, forgets=True, tools=20, tool_milli=5000, call_milli=20_000),
    Family(name="grok", pattern="grok", priming=680, tools=100),
    Family(name="minimax", pattern="minimax", priming=37, forgets=True, tools=100),
    replace(_NOVA, name="nova-2", pattern="nova-2", tools=835, call_milli=45_000, image=Rows(28, 4096, 16384, 25),
            page=2600),
    _NOVA,
    # Groq's systems search the web and run code by themselves: the median of 3 requests.
    Family(name="compound", pattern="compound", own_tools=5280),
    Family(name="titan", pattern="titan", message_milli=3000, priming=0),
    # What Cohere bills is the bare text; what it reads is more.
    Family(name="cohere", pattern="command|cohere|embed-(?:english|multilingual|v)", group="cohere", message_milli=0,
           priming=0, forgets=True, tool_permille=920, call_milli=0),
    # Claude's models differ in the hidden prompt about tools, and the newer ones in their tokenizer.
    replace(_CLAUDE_NEW, name="claude-sonnet-5", pattern="claude-sonnet-5", tools=422, forced=120),
    replace(_CLAUDE_NEW, name="claude-5", pattern=r"claude-(?:[a-z]+-)?5|fable", tools=354, forced=120),
    replace(_CLAUDE_NEW, name="claude-4.8", pattern=r"claude-.*4[.-][89]", tools=290, forced=120),
    replace(_CLAUDE_NEW, name="claude-4.7", pattern=r"claude-.*4[.-]7", tools=675, forced=129, priming=8),
    # Snowflake has the answer made as a call of a tool: the prompt about tools, the choice of one, the tool.
    replace(_CLAUDE, name="claude-snowflake", host="snowflake", pattern=r"claude-.*4[.-][56]", tools=497, forced=97,
            call_milli=67_000, schema=497 + 97 + 10, schema_permille=1310),
    replace(_CLAUDE, name="claude-4.5", pattern=r"claude-.*4[.-][56]", tools=497, forced=97, call_milli=67_000),
    replace(_CLAUDE, name="claude-3.5-haiku", pattern=r"claude-.*(?:3[.-]5-haiku|haiku-3[.-]5)", tools=261, forced=97),
    replace(_CLAUDE, name="claude-3.5", pattern=r"claude-3-5-sonnet-20240620", tools=294, forced=-33),
    replace(_CLAUDE, name="claude-3.7", pattern=r"claude-.*3[.-][57]", tools=346, forced=-33),
    replace(_CLAUDE, name="claude-3", pattern="claude-.*3", tools=264, forced=76),
    _CLAUDE,
    # Vertex and the models up to Gemini 2.0 count text alone.
    replace(_GEMINI_3, name="gemini-3-vertex", host="google-vertex", message_milli=0, bare=True, tool_milli=2000,
            tool_permille=1000, call_milli=1000, sealed_permille=0, page=460, image=Flat(1060, low=280, high=1120)),
    _GEMINI_3,
    replace(_GEMINI_BARE, name="gemini-2.0", pattern=r"gemini-(?:1|2\.0)", image=Crops()),
    # Google counts the text alone, other hosts its published template: five tokens of framing a message.
    replace(_GEMINI, name="gemma", pattern="gemma", host="google"),
    replace(_GEMINI, name="gemma-template", pattern="gemma", message_milli=5000, priming=4),
    replace(_GEMINI_BARE, name="gemini-vertex", host="google-vertex"),
    _GEMINI,
    replace(_OPENAI, name="openai-cl100k", encoding="cl100k_base", nested_tools=12, alone=3,
            pattern=r"gpt-(?:4(?![.o])|3)|text-embedding-(?:3|ada)|davinci-002|babbage-002"),
    replace(_OPENAI, name="openai-o", group="openai-5", pattern=r"(?:^|[/.-])o[1-9](?:$|-(?!mini-2024-09-12))",
            priming=2, image=Tiles(75, 150)),
    # On Bedrock a call of a tool costs 11 tokens more (9 requests).
    replace(_OPENAI_5, name="openai-5-aws", host="aws", tools=21, call_milli=18_000),
    _OPENAI_5,
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

EXTRAS: tuple[tuple[str, str], ...] = (
    ("mistral", TEKKEN), ("pixtral", TEKKEN), ("claude-5", "ctok-4.8"), ("claude-sonnet-5", "ctok-4.8"),
    ("claude-4.8", "ctok-4.8"), ("claude-4.7", "ctok-4.7"), ("claude", "ctok-3.0"),
)  # fmt: skip
"""How a family's name begins, and its tokenizer that can be installed (`extras.py`)."""
JSON_PERMILLE = {"ctok-3.0": 1290, "ctok-4.7": 1600, "ctok-4.8": 1600}
"""Tokens of these tokenizers per token of o200k_base in JSON (measured 2026-11-21 on 150 KB)."""

ROUTERS = ("openrouter",)
"""How the names of providers begin that serve models of others by way of their makers."""

PROVIDERS: dict[str, Family] = {"openai": _OPENAI, "azure": _OPENAI, "anthropic": _CLAUDE, "google": _GEMINI}
"""For model names that say nothing: deployments, aliases. By the first word of the provider."""


@lru_cache(maxsize=1024)
def family_of(provider: str, model: str | None, operation: str) -> Family:
    """Return the family of a model: by its name, since hosts serve models of many makers, else by the provider."""
    name, host = (model or "").lower().removeprefix("ft:"), provider.lower()
    family = _by_name(name, host) or PROVIDERS.get(re.split(r"[\W_]", host)[0], UNKNOWN)
    if family is _OPENAI and operation == "embeddings":
        family = next(row for row in FAMILIES if row.name == "openai-cl100k")
    if not family.own:
        family = _with_extra(family)
    elif rule := next((rule for pattern, rule in IMAGES if re.search(pattern, name)), None):
        family = replace(family, image=rule)
    return _routed(family) if host.startswith(ROUTERS) else family


@cache
def _routed(family: Family) -> Family:
    """Return a family as a router serves it: the same object each time, for it is what counts are kept by."""
    return replace(family, is_routed=True)


@cache
def _with_extra(family: Family) -> Family:
    """Return a family with its own tokenizer, where the user has installed it."""
    extra = next((extra for begin, extra in EXTRAS if family.name.startswith(begin)), None)
    if extra is None or not is_installed(extra):
        return family
    name = f"{family.name}-{extra}"
    if extra == TEKKEN:
        return replace(family, name=name, encoding=extra, scales={})
    # Their factors hold for o200k_base: what is more in a tool's JSON than in plain text stays.
    tool, schema = (
        permille * 1000 // JSON_PERMILLE[extra] for permille in (family.tool_permille, family.schema_permille)
    )
    return replace(
        family, name=name, encoding=extra, scale_permille=1000, scales={}, message_milli=3000, tool_permille=tool,
        schema_permille=schema,
    )  # fmt: skip


def _by_name(name: str, host: str) -> Family | None:
    return next((row for row in FAMILIES if name and host.startswith(row.host) and re.search(row.pattern, name)), None)
