"""Tokenizers that the user can install beside us: Mistral's own, and a reconstruction of Claude's.

mistral-common 1.13 has the vocabulary in it. ctok 1.3 is unofficial: it was made by probing Anthropic's count of
tokens, and gives those of one message, its frame included. Neither is loaded before a model needs it.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TEKKEN = "tekken"
CTOK = {"ctok-3.0": 7, "ctok-4.7": 11, "ctok-4.8": 6}
"""By name with the version: the tokens of the frame around one message."""


def is_installed(name: str) -> bool:
    """Tell whether the package of a tokenizer is there; nothing is imported."""
    return find_spec("mistral_common" if name == TEKKEN else "ctok") is not None


@cache
def counter(name: str) -> Callable[[str], int]:
    """Return the function that counts the tokens of a text with one of these tokenizers."""
    if name == TEKKEN:
        from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

        tokenizer = MistralTokenizer.v3(is_tekken=True).instruct_tokenizer.tokenizer
        return lambda text: len(tokenizer.encode(text, bos=False, eos=False))
    import ctok

    version, frame = name.removeprefix("ctok-"), CTOK[name]
    return lambda text: max(ctok.token_count(text, version) - frame, 0) if text else 0
