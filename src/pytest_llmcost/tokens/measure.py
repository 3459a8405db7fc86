"""Measure: the model's tokens of one part of a prompt, its framing included, and how far off they may be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.tokens import encodings
from pytest_llmcost.tokens.compaction import compacted
from pytest_llmcost.tokens.declarations import declaration
from pytest_llmcost.tokens.definitions import definition, values
from pytest_llmcost.tokens.hosted import BOUND_PERMILLE, hosted_tokens
from pytest_llmcost.tokens.kinds import WRITTEN
from pytest_llmcost.tokens.media import media_bound_permille, media_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.prompt import Part
    from pytest_llmcost.tokens.family import Family

SEALED_BOUND_PERMILLE = 1600
"""Upper bound of an encrypted thought, per counted token."""

_THOUGHT = re.compile(r"<think>.*?</think>\s*", re.DOTALL)
_RESULT = '{"functionResponse":'
"""How the result of a tool begins in a prompt for Gemini."""


def measure(kind: str, part: Part, family: Family) -> int:
    """Return the tokens of a part, rounded to whole tokens of the model."""
    if kind == "tool":
        return _tool(part.text, family)
    if kind == "option":
        return int(getattr(family, part.text, 0))
    if kind == "sealed":
        return _rounded(max(len(part.text) - family.sealed_free, 0) * family.sealed_permille)
    if kind == "thought" and family.forgets:
        return 0
    if kind in WRITTEN:
        return framed(kind, family, part.text, raw(kind, family, part.text))
    return media_tokens(part, family, lambda text: framed("text", family, text, encodings.count(family.encoding, text)))


def bound_permille(kind: str, part: Part, family: Family) -> int | None:
    """Return the upper bound of a part per counted token, in thousandths; None where that of the request holds."""
    if kind == "tool":
        return BOUND_PERMILLE if _hosted(part.text, family) is not None else None
    if kind == "sealed":
        return SEALED_BOUND_PERMILLE
    if kind == "option":
        return BOUND_PERMILLE if part.text in {"kept", "recalled"} else None
    return None if kind in WRITTEN else media_bound_permille(part, family)


def raw(kind: str, family: Family, text: str) -> int:
    """Return the tokens of the encoding in a text, as far as the model reads it."""
    if family.forgets and "</think>" in text:
        # Without the openings that have no end: each would be looked for to the end of the text.
        head, opening, tail = text[(end := text.rfind("</think>")) :].partition("<think>")
        text = _THOUGHT.sub("", text[:end] + head) + opening + tail
    if kind == "schema" and not family.schema_permille:
        return 0
    if family.bare and kind == "call":
        name, _, arguments = text.partition(" ")
        return _words((name, *values(arguments)), family)
    if family.bare and text.startswith(_RESULT):
        return _words(values(text), family)
    return encodings.count(family.encoding, text)


def framed(kind: str, family: Family, text: str, tokens: int) -> int:
    """Return the model's tokens of a text, its framing included, from those of the encoding."""
    if kind == "schema":
        return _rounded(family.schema_permille * tokens)
    framing = family.message_milli if kind == "message" else family.call_milli if kind == "call" else 0
    scale = family.scale_permille if kind == "call" else family.scale(text)
    return _rounded(framing + scale * tokens)


def spare(kind: str, family: Family, text: str, size: int) -> int:
    """Return how many of a text's `size` tokens compact JSON would save; 0 where none is indented."""
    shorter = compacted(text)
    if shorter is None:
        return 0
    return max(size - framed(kind, family, shorter, encodings.count(family.encoding, shorter)), 0)


def _tool(text: str, family: Family) -> int:
    hosted = _hosted(text, family)
    if hosted is not None:
        return hosted
    tool = definition(text)
    if tool is None or tool.name is None:
        size = encodings.count(family.encoding, text)
    elif family.declares:
        size = encodings.count(family.encoding, declaration(tool))
    elif family.bare:
        size = _words(tool.words(), family)
    else:
        size = encodings.count(family.encoding, tool.essence(is_open=family.is_open))
    return _rounded(family.tool_milli + family.tool_permille * size)


def _hosted(text: str, family: Family) -> int | None:
    tool = definition(text)
    return None if tool is None or tool.name is not None else hosted_tokens(family.group, tool.kind)


def _words(words: Iterable[str], family: Family) -> int:
    return sum(encodings.count(family.encoding, word) for word in words)


def _rounded(milli: int) -> int:
    return (milli + 500) // 1000
