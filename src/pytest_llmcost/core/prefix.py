"""Prefix: how many input tokens of each call a provider's prefix cache could hold, judged from prompts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.prompt import Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.core.call import Product, Profile
    from pytest_llmcost.core.prompt import Block

MINIMUM_TOKENS = 1_024
"""No provider caches a shorter prefix. OpenAI: 1,024 and steps of 128 (guide "Prompt caching", 2026-11-21); Anthropic:
1,024 for most models (documentation "Prompt caching", 2026-11-21)."""

_LONGER_MINIMUM = {
    "claude-opus-4-5": 4_096,
    "claude-opus-4-6": 4_096,
    "claude-haiku-4-5": 4_096,
    "claude-sonnet-4-6": 2_048,
    "claude-3-5-haiku": 2_048,
    "claude-3-haiku": 2_048,
}
"""Anthropic's models that need more, by a part of their name. The table of the documentation, as gateways repeat it
(docs.orq.ai "Prompt caching", read 2026-11-26)."""


def minimum(product: Product) -> int:
    """Return the tokens that a prefix must have before the provider caches it."""
    return next((tokens for name, tokens in _LONGER_MINIMUM.items() if name in product.model), MINIMUM_TOKENS)


def is_marked(product: Product) -> bool:
    """Tell whether the cache keeps only what the request marks (`cache_control`), as Anthropic's models do."""
    return product.provider == "anthropic" or "claude" in product.model


_FIXED = (Segment.SYSTEM, Segment.TOOLS)


def head(profile: Profile) -> tuple[Block, ...]:
    """Return the blocks at the beginning of a prompt that are system prompt or tools: what should never change."""
    blocks = profile.blocks
    for position, block in enumerate(blocks):
        if block.segment not in _FIXED:
            return blocks[:position]
    return blocks


class Shared(NamedTuple):
    """How much of one prompt others begin with too: input tokens, and where this ends."""

    tokens: int
    """Scaled to the call's `usage.input_tokens`, rounded down."""
    block: int
    """Position of the block with the first grain that is not shared; the number of blocks when all are."""
    grain: int
    """Position of that grain in its block."""
    segment: Segment | None
    """Of that grain; None when there is none."""


def shared(tests: Sequence[str], profiles: Sequence[Profile], *, across: bool = False) -> list[Shared]:
    """Return what each call of a feature could have read from the cache.

    That is the longest run of grains at its beginning with which a call of another test and the same product begins
    too, in whichever order (traffic is steady), or an earlier call of its own test.

    Args:
        tests: the test of each call.
        profiles: the calls, those of one test in order.
        across: look at calls of other tests only.
    """
    forest = _Forest(profiles)
    for call, test in enumerate(tests):
        forest.plant(call, test)
    return [forest.measure(call, across=across) for call in range(len(profiles))]


def tokens_before(profile: Profile, block: int, grain: int = 0) -> int:
    """Return the input tokens in front of a grain, scaled as the provider reports them, rounded down.

    A block's tokens are split over its pieces in proportion to their own.
    """
    blocks = profile.blocks
    if block >= len(blocks):
        return profile.usage.input_tokens if blocks else 0
    counts = [one.tokens for one in blocks]
    whole, before = sum(counts), sum(counts[:block])
    if not whole:
        return 0
    part, parts = 0, 1
    if grain:
        pieces = [piece.tokens for piece in blocks[block].pieces]
        part, parts = sum(pieces[:grain]), sum(pieces) or 1
    return profile.usage.input_tokens * (before * parts + counts[block] * part) // (whole * parts)


class _Node:
    """A run of keys at the beginning of some sequences, and who has it.

    While only one has been here, what follows stays a sequence: most prompts end in something of their own, and a node
    for each of its blocks would take most of the time and the memory.
    """

    __slots__ = ("children", "depth", "first", "keys", "many", "test")

    def __init__(self, keys: list[str], depth: int, owner: tuple[str, int, bool]) -> None:
        self.keys = keys
        self.depth = depth
        self.test, self.first, self.many = owner
        self.children: dict[str, _Node] | None = None

    def opened(self) -> dict[str, _Node]:
        """Return the nodes behind this one."""
        children = self.children
        if children is None:
            children = self.children = {}
            if self.depth < len(self.keys):
                owner = self.test, self.first, self.many
                children[self.keys[self.depth]] = _Node(self.keys, self.depth + 1, owner)
        return children

    def insert(self, keys: list[str], owner: tuple[str, int, bool]) -> None:
        """Add a sequence: of a test, first seen in a call; `many` says that other tests have it too.

        Sequences come in the order of their calls, so that the first who has a run stays the first.
        """
        test, _, many = owner
        children, depth = self.opened(), 0
        for key in keys:
            depth += 1  # noqa: SIM113 - this loop is most of the work
            child = children.get(key)
            if child is None:
                children[key] = _Node(keys, depth, owner)
                return
            children = child.children or child.opened()
            if many or child.test != test:
                child.many = True

    def follow(self, keys: list[str], call: int) -> tuple[int, _Node]:
        """Return how many keys others begin with too, or an earlier call of the same test does; and the last node."""
        node, depth = self, 0
        for key in keys:
            child = (node.children or node.opened()).get(key)
            if child is None or not (child.many or child.first < call):
                break
            node = child
            depth += 1
        return depth, node


class _Forest:
    """One trie over the blocks of each product, and one over the grains wherever calls part inside of a block."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = profiles
        self._roots: dict[tuple[str, str, str], _Node] = {}
        self._grains: dict[int, _Node] = {}
        self._paths: list[tuple[_Node, list[str]]] = []

    def plant(self, call: int, test: str) -> None:
        profile = self._profiles[call]
        product = profile.product
        key = (product.provider, product.model, product.operation)
        root = self._roots.get(key)
        if root is None:
            root = self._roots[key] = _Node([], 0, ("", -1, False))
        path = [block.fingerprint for block in profile.blocks]
        root.insert(path, (test, call, False))
        self._paths.append((root, path))

    def measure(self, call: int, *, across: bool) -> Shared:
        profile = self._profiles[call]
        root, path = self._paths[call]
        before = -1 if across else call
        position, node = root.follow(path, before)
        if position == len(path):
            return Shared(profile.usage.input_tokens if path else 0, position, 0, None)
        block = profile.blocks[position]
        grain = 0
        if block.pieces and len(node.opened()) > 1:
            keys = [piece.fingerprint for piece in block.pieces]
            grain, _ = self._grains_behind(node, position).follow(keys, before)
            if grain == len(keys):  # it is the beginning of a longer block
                position, grain = position + 1, 0
        segment = profile.blocks[position].segment if position < len(path) else None
        return Shared(tokens_before(profile, position, grain), position, grain, segment)

    def _grains_behind(self, node: _Node, position: int) -> _Node:
        found = self._grains.get(id(node))
        if found is None:
            found = self._grains[id(node)] = _Node([], 0, ("", -1, False))
            for child in node.opened().values():
                pieces = self._profiles[child.first].blocks[position].pieces
                found.insert([piece.fingerprint for piece in pieces], (child.test, child.first, child.many))
        return found
