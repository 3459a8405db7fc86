"""The prompts of a run file read back: the blocks of each, and the pieces of those."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from pytest_llmcost.core.prompt import Block, Piece, Segment
from pytest_llmcost.storage.run_row import LARGEST

if TYPE_CHECKING:
    from pytest_llmcost.errors import RunFileError
    from pytest_llmcost.storage.run_row import Row

_SEGMENTS = {str(segment): segment for segment in Segment}


class Prompts:
    """Blocks by prompt, each equal block made once. Raises RunFileError, with the place, for what is none."""

    def __init__(self, file: Row) -> None:
        self._prompts = file.row("prompts")
        pieces = file.row("pieces")
        self._pieces = {name: Piece(name, pieces.count(name)) for name in pieces.values}
        blocks = file.row("blocks")
        self._parts = {name: self._block(blocks, name) for name in blocks.values}
        self._known: dict[object, Block] = {}
        """By segment and name, and by segment, name and own tokens."""
        self._read: dict[str, tuple[Block, ...]] = {}

    def _block(self, blocks: Row, name: str) -> tuple[int, tuple[Piece, ...]]:
        """Read the tokens of a block, or its tokens and the names of its pieces."""
        match blocks.values[name]:
            case [tokens, list(names)] if _is_count(tokens) and all(map(self._has_piece, names)):
                return tokens, tuple([self._pieces[one] for one in names])
            case tokens if _is_count(tokens):
                return tokens, ()
        raise blocks.wrong(name, "a count, or a count and names of pieces")

    def _has_piece(self, name: object) -> bool:
        return isinstance(name, str) and name in self._pieces

    def of(self, call: Row) -> tuple[Block, ...]:
        """Return the blocks of a call: its own where it has any, else those of its prompt."""
        if "blocks" in call.values:
            return self._blocks(call, "blocks")
        name = call.text("prompt_sha256")
        found = self._read.get(name)
        if found is None:
            if name not in self._prompts.values:
                raise call.wrong("prompt_sha256", "in the list of prompts")
            found = self._read[name] = self._blocks(self._prompts, name)
        return found

    def _blocks(self, row: Row, key: str) -> tuple[Block, ...]:
        value = row.values[key]
        if not isinstance(value, list):
            raise self._wrong(row, key)
        try:
            return tuple([self._known.get(tuple(one)) or self._reference(one, row, key) for one in value])
        except TypeError:  # no list, or something in it that is no name
            raise self._wrong(row, key) from None

    def _reference(self, reference: object, row: Row, key: str) -> Block:
        """Return the block that a list names. It is checked when it comes for the first time."""
        match reference:
            case [str() as segment, str() as name] if name in self._parts:
                tokens = self._parts[name][0]
            case [str() as segment, str() as name, tokens] if name in self._parts and _is_count(tokens):
                pass
            case _:
                raise self._wrong(row, key)
        place = (segment, name, tokens)
        found = self._known.get(place)
        if found is None:
            if segment not in _SEGMENTS:
                raise self._wrong(row, key)
            found = self._known[place] = Block(_SEGMENTS[segment], name, tokens, self._parts[name][1])
        self._known[tuple(reference)] = found
        return found

    @staticmethod
    def _wrong(row: Row, key: str) -> RunFileError:
        return row.wrong(key, "a list of segments and names of blocks")


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST
