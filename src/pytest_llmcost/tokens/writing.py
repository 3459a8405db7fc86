"""Writing: what a text is made of, as far as tokenizers differ in it: its script, and whether it is markup."""

from __future__ import annotations

from enum import StrEnum

SHORTEST = 400
"""Characters below which a text is plain: a formula or a name makes no markup of a sentence."""
_LOOKED_AT = 100_000
"""Characters of a text that are looked at."""


class Writing(StrEnum):
    """A kind of text that some tokenizers cut more finely than o200k_base does."""

    PLAIN = "plain"
    """English, programs, and what has no class of its own."""
    MARKUP = "markup"
    """JSON, HTML and the like."""
    ACCENTED = "accented"
    """Languages in Latin letters with accents."""
    CYRILLIC = "cyrillic"
    GREEK = "greek"
    ARABIC = "arabic"
    INDIC = "indic"
    """Scripts of India and of South-East Asia, such as Thai."""
    CHINESE = "chinese"
    """Japanese as well."""
    KOREAN = "korean"


_MARKS = bytes(set(range(128)) - set(b" \t\r\n") - set(range(48, 58)) - set(range(65, 91)) - set(range(97, 123)))
"""All of ASCII but letters, digits and white space."""
_FEWEST = 6
"""Characters beyond ASCII in 1,000 of a text up to which it is of none of these scripts: dashes and quotes."""
_LEADS = (
    # the first bytes of its characters in UTF-8, how many in 1,000 characters make a text of it
    (Writing.CYRILLIC, bytes(range(0xD0, 0xD4)), 200),
    (Writing.GREEK, bytes(range(0xCE, 0xD0)), 200),
    (Writing.ARABIC, bytes(range(0xD8, 0xDC)), 200),
    (Writing.INDIC, bytes([0xE0]), 200),
    (Writing.CHINESE, bytes(range(0xE3, 0xEA)), 200),
    (Writing.KOREAN, bytes(range(0xEA, 0xEE)), 200),
    (Writing.ACCENTED, bytes(range(0xC3, 0xC6)), _FEWEST),
)
_MARKUP = (Writing.MARKUP, _MARKS, 180)
"""Of 1,000 characters of prose 20 to 40 are marks, of Markdown and Python 110, of JSON 200 and more."""


def writing(text: str) -> Writing:
    """Return what most of a text is, or of its beginning where it is long."""
    if len(text) < SHORTEST:
        return Writing.PLAIN
    text = text[:_LOOKED_AT]
    raw = text.encode("utf-8", "surrogatepass")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    for kind, found, permille in (_MARKUP,) if beyond * 1000 <= len(text) * _FEWEST else (*_LEADS, _MARKUP):
        if (len(raw) - len(raw.translate(None, found))) * 1000 > len(text) * permille:
            return kind
    return Writing.PLAIN
