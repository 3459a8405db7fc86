"""The prompts of a run file: of each one its blocks, of each block its size and its paragraphs. Never a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.json_text import dumped, named_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.prompt import Block, Piece


class Prompts:
    """What the calls that were written refer to, each distinct prompt and block once."""

    def __init__(self) -> None:
        self._prompts: dict[str, tuple[str, tuple[Block, ...]]] = {}
        self._blocks: dict[str, Block] = {}
        # By identity: most prompts share their blocks. The report keeps every block alive.
        self._rows: dict[int, str] = {}

    def add(self, profile: Profile) -> str:
        """Note the prompt of a call; return its name, encoded, as the call's own row has it.

        The blocks follow where a call before had the same prompt in blocks of another size: two models may frame the
        same messages in two ways.
        """
        name = profile.prompt
        known = self._prompts.get(name)
        if known is None:
            known = self._prompts[name] = (dumped(name), profile.blocks)
            self._blocks |= {one.fingerprint: one for one in profile.blocks if one.fingerprint not in self._blocks}
        elif known[1] is not profile.blocks and known[1] != profile.blocks:
            self._blocks |= {one.fingerprint: one for one in profile.blocks if one.fingerprint not in self._blocks}
            return f'{known[0]},"blocks":{self._references(profile.blocks)}'
        return known[0]

    def sections(self) -> Iterator[str]:
        """Yield the sections `prompts`, `blocks` and `pieces`."""
        yield from named_rows("prompts", ((name, self._references(of)) for name, of in self._prompts.values()))
        yield from named_rows("blocks", ((dumped(name), _block(block)) for name, block in self._blocks.items()))
        yield from named_rows("pieces", ((dumped(one.fingerprint), str(one.tokens)) for one in self._pieces()))

    def _references(self, blocks: tuple[Block, ...]) -> str:
        rows = self._rows
        return f"[{','.join([rows.get(id(block)) or self._reference(block) for block in blocks])}]"

    def _reference(self, block: Block) -> str:
        own = "" if block.tokens == self._blocks[block.fingerprint].tokens else f",{block.tokens}"
        row = self._rows[id(block)] = f'["{block.segment}",{dumped(block.fingerprint)}{own}]'
        return row

    def _pieces(self) -> Iterator[Piece]:
        yield from {piece.fingerprint: piece for block in self._blocks.values() for piece in block.pieces}.values()


def _block(block: Block) -> str:
    """Return the tokens of a block, and the fingerprints of its pieces where it has any."""
    names = [piece.fingerprint for piece in block.pieces]
    return dumped([block.tokens, names]) if names else str(block.tokens)
