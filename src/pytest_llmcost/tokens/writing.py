"""Writing: what a text is made of, as far as tokenizers differ in it: its script, and whether it is markup."""

from __future__ import annotations

from enum import StrEnum

SHORTEST = 400
"""Characters below which a text is plain: a formula or a name makes no markup of a sentence."""

_MARKS = bytes(set(range(128)) - set(b" \t\r\n") - set(range(48, 58)) - set(range(65, 91)) - set(range(97, 123)))
"""All of ASCII but letters, digits and white space."""
_MARKUP_PERCENT = 18
"""Marks in 100 characters of markup. Prose has two to four, Markdown and Python eleven, JSON 23 and more."""
_OTHER_PERCENT = 20
"""Characters beyond ASCII in texts of another script. European languages in Latin letters have one to five."""
_ACCENTED_PERMILLE = 15


class Writing(StrEnum):
    """A kind of text that some tokenizers cut more finely than o200k_base does."""

    PLAIN = "plain"
    """English, programs, and what has no class of its own."""
    MARKUP = "markup"
    """JSON, HTML and the like."""
    ACCENTED = "accented"
    """Languages in Latin letters with accents."""
    ALPHABET = "alphabet"
    """Letters of two bytes: Cyrillic, Greek, Arabic, Hebrew."""
    SIGNS = "signs"
    """Signs of three bytes: Chinese, Japanese, Korean, the scripts of India."""


def writing(text: str) -> Writing:
    """Return what most of a text is."""
    whole = len(text)
    if whole < SHORTEST:
        return Writing.PLAIN
    ascii_ = text.encode("ascii", "ignore")
    if other := whole - len(ascii_):
        if other * 100 > whole * _OTHER_PERCENT:
            # One of two bytes is one byte more than it is characters, one of three is two.
            more = len(text.encode("utf-8", "surrogatepass")) - whole
            return Writing.SIGNS if more * 2 > other * 3 else Writing.ALPHABET
        if other * 1000 > whole * _ACCENTED_PERMILLE:
            return Writing.ACCENTED
    marks = len(ascii_) - len(ascii_.translate(None, _MARKS))
    return Writing.MARKUP if marks * 100 > whole * _MARKUP_PERCENT else Writing.PLAIN
