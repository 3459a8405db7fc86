"""Advice on input: what calls send that they need not send, or not again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.levers import repeats, sending_less, windowed
from pytest_llmcost.core.prefix import head
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.proposal import Proposal, of_calls, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_llmcost.core.asked import Serving
    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.prompt import Block
    from pytest_llmcost.core.proposal import Bought

WINDOW_TURNS = 4
"""Turns of the history that the advice keeps."""
_REPEATED_TOKENS = 20
"""A shorter text that stands twice in a prompt is framing, or an answer like "yes"."""


def proposals(serving: Serving) -> Iterator[Proposal]:
    """Yield what the calls of a feature show."""
    yield from _duplicates(serving)
    yield from _history(serving)
    yield from _pretty_json(serving)
    yield from _repeated(serving)
    yield from _unused_tools(serving)


def _duplicates(serving: Serving) -> Iterator[Proposal]:
    found = repeats(one.profile for one in serving.asked)
    if found:
        yield Proposal(
            kind="duplicates",
            message="what an earlier call has asked is asked again, word for word, in "
            f"{of_calls(len(found), len(serving.asked))}: keep the answer",
            changed=dict.fromkeys(found),
        )


def _history(serving: Serving) -> Iterator[Proposal]:
    declared = serving.production.history_turns
    if declared is not None and declared <= WINDOW_TURNS:
        return
    changed: dict[int, Bought | None] = {}
    longest = 0
    for position, one in enumerate(serving.asked):
        messages = sum([block.segment is Segment.HISTORY for block in one.profile.blocks])
        if messages > 2 * WINDOW_TURNS:
            changed[position] = one.profile.product, windowed(one.profile, WINDOW_TURNS)
            longest = max(longest, messages)
    if changed:
        part, whole = _history_tokens(serving)
        yield Proposal(
            kind="history",
            message=f"history is {100 * part // whole}% of the input, up to {longest:,} messages in "
            f"{of_calls(len(changed), len(serving.asked))}: send the last {WINDOW_TURNS} turns only, or a summary",
            changed=changed,
        )


def _history_tokens(serving: Serving) -> tuple[int, int]:
    """Return the input tokens of history, and all of them, over the calls of a feature."""
    part = sum(one.profile.segments.get(Segment.HISTORY, 0) for one in serving.asked)
    return part, sum(one.profile.usage.input_tokens for one in serving.asked) or 1


def _pretty_json(serving: Serving) -> Iterator[Proposal]:
    cuts: dict[int, dict[int, int]] = {}
    for position, one in enumerate(serving.asked):
        spare = {at: block.spare for at, block in enumerate(one.profile.blocks) if block.spare}
        if spare:
            cuts[position] = spare
    if cuts:
        yield Proposal(
            kind="pretty-json",
            message=f"indented JSON in {of_calls(len(cuts), len(serving.asked))} takes "
            f"{tokens([sum(one.values()) for one in cuts.values()])} more than compact JSON: send it without spaces",
            changed=_without(serving, cuts),
        )


def _repeated(serving: Serving) -> Iterator[Proposal]:
    large: dict[str, list[str]] = {}
    cuts: dict[int, dict[int, int]] = {}
    for position, one in enumerate(serving.asked):
        names: list[str] = []
        for block in one.profile.blocks:
            if block.pieces:
                found = large.get(block.fingerprint)
                names += _large(block, large) if found is None else found
            elif block.tokens >= _REPEATED_TOKENS:
                names.append(block.fingerprint)
        if len(set(names)) < len(names):
            cuts[position] = _twice(one.profile)
    if cuts:
        yield Proposal(
            kind="repeated",
            message=f"the same text stands more than once in {of_calls(len(cuts), len(serving.asked))}, which takes "
            f"{tokens([sum(one.values()) for one in cuts.values()])}: say it once",
            changed=_without(serving, cuts),
        )


def _large(block: Block, known: dict[str, list[str]]) -> list[str]:
    names = [name for name, size, _ in block.pieces if size >= _REPEATED_TOKENS]
    known[block.fingerprint] = names
    return names


def _twice(profile: Profile) -> dict[int, int]:
    """Return the counted tokens of repeated grains, by block; the first of equal grains is none of them."""
    seen: set[str] = set()
    cuts: dict[int, int] = {}
    for at, block in enumerate(profile.blocks):
        gone = whole = 0
        for name, size, _ in block.grains():
            whole += size
            if size >= _REPEATED_TOKENS:
                gone += size if name in seen else 0
                seen.add(name)
        if gone:
            cuts[at] = block.tokens * gone // whole
    return cuts


def _unused_tools(serving: Serving) -> Iterator[Proposal]:
    """Look at the tools only where every test ran: a test that is carried may call any of them."""
    if not serving.is_whole:
        return
    called = {tool for one in serving.asked if one.call is not None for tool in one.call.tools_called}
    known: dict[tuple[str, ...], dict[int, int]] = {}
    sent: set[str] = set()
    cuts: dict[int, Mapping[int, int]] = {}
    for position, one in enumerate(serving.asked):
        front = head(one.profile)
        key = tuple([block.fingerprint for block in front])
        if key not in known:
            tools = {at: block for at, block in enumerate(front) if block.segment is Segment.TOOLS}
            sent.update(block.fingerprint for block in tools.values())
            known[key] = {at: block.tokens for at, block in tools.items() if block.fingerprint not in called}
        if known[key]:
            cuts[position] = known[key]
    if cuts:
        yield Proposal(
            kind="unused-tools",
            message=f"no test calls {len(sent - called)} of the {len(sent)} tools that are sent, which takes "
            f"{tokens([sum(one.values()) for one in cuts.values()])} in {of_calls(len(cuts), len(serving.asked))}: "
            "remove them, or test them",
            changed=_without(serving, cuts),
        )


def _without(serving: Serving, cuts: Mapping[int, Mapping[int, int]]) -> dict[int, Bought | None]:
    profiles = ((position, serving.asked[position].profile, cut) for position, cut in cuts.items())
    return {position: (profile.product, sending_less(profile, cut)) for position, profile, cut in profiles}
