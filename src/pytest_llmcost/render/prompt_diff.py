"""What changed in the texts of prompts, as unified diffs: only where both sides have kept their texts."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice
from typing import TYPE_CHECKING

from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.render.terminal import Line
from pytest_llmcost.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.prompt import Block

_COMPARED = (Segment.SYSTEM, Segment.TOOLS, Segment.USER)

_AT_MOST = 20
"""Diffs that are drawn; of a prompt that many tests share there is one."""

_STYLES = {"+": ("green",), "-": ("red",), "@": ("bold",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side: the calls by test, and the texts by fingerprint."""

    calls: Baseline
    texts: Mapping[str, str]


def prompt_diffs(before: Side, after: Side) -> Iterator[tuple[str, ...]]:
    """Yield the diff of each changed part of a prompt, as lines; the calls of a test are compared in order."""
    if not before.texts or not after.texts:
        return
    seen: set[tuple[Segment, tuple[str, ...], tuple[str, ...]]] = set()
    for test in sorted(before.calls.tests.keys() & after.calls.tests.keys()):
        pairs = zip(before.calls.tests[test].calls, after.calls.tests[test].calls, strict=False)
        for segment, then, now in _changed(pairs):
            key = (segment, _names(then), _names(now))
            if key not in seen:
                seen.add(key)
                old, new = _lines(then, before.texts), _lines(now, after.texts)
                heads = f"{segment} of {test}, before", f"{segment} of {test}, after"
                yield tuple(map(clean, unified_diff(old, new, *heads, lineterm="")))


def in_term(diffs: Iterable[tuple[str, ...]]) -> Iterator[Line]:
    """Draw diffs for a terminal; nothing for none."""
    for number, diff in enumerate(diffs):
        if number == _AT_MOST:
            yield Line("")
            yield Line("more prompts changed")
            return
        yield Line("")
        yield from (Line(text, _STYLES.get(text[:1], ())) for text in diff)


def in_markdown(diffs: Iterable[tuple[str, ...]]) -> str:
    """Draw diffs as one fenced block; an empty text for none."""
    shown = list(islice(diffs, _AT_MOST + 1))
    if not shown:
        return ""
    text = "\n".join(line for diff in shown[:_AT_MOST] for line in diff)
    fence = "```"
    while fence in text:
        fence += "`"
    more = "\n\nMore prompts changed." if len(shown) > _AT_MOST else ""
    return f"\n<details><summary><b>Prompts</b></summary>\n\n{fence}diff\n{text}\n{fence}{more}\n\n</details>\n"


def _changed(
    pairs: Iterable[tuple[Profile, Profile]],
) -> Iterator[tuple[Segment, Sequence[Block], Sequence[Block]]]:
    for before, after in pairs:
        if before.prompt != after.prompt:
            for segment in _COMPARED:
                then = [block for block in before.blocks if block.segment is segment]
                now = [block for block in after.blocks if block.segment is segment]
                if _names(then) != _names(now):
                    yield segment, then, now


def _names(blocks: Iterable[Block]) -> tuple[str, ...]:
    return tuple(block.fingerprint for block in blocks)


def _lines(blocks: Iterable[Block], texts: Mapping[str, str]) -> list[str]:
    return [line for block in blocks for line in _text(block, texts).splitlines()]


def _text(block: Block, texts: Mapping[str, str]) -> str:
    """Return the text of a block: its own, or that of its pieces; where none was kept, a line that says so."""
    own = texts.get(block.fingerprint)
    if own is not None:
        return own
    return "\n\n".join(texts.get(one.fingerprint, f"[text of {one.fingerprint} not kept]") for one in block.grains())
