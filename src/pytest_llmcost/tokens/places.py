"""Places: under which fingerprints the text of a file would be found in a prompt, and on which line it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.tokens.families import family_of
from pytest_llmcost.tokens.fingerprints import fingerprint
from pytest_llmcost.tokens.paragraphs import paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.tokens.family import Family

_ALSO = {"google": "google-vertex"}
"""Providers that are counted in another way at one of their addresses."""


def families(products: Iterable[Product]) -> frozenset[Family]:
    """Return the families whose names are in the fingerprints of these products' prompts."""
    asked = {(one.provider, one.model, one.operation) for one in products}
    asked |= {(_ALSO[provider], model, operation) for provider, model, operation in asked if provider in _ALSO}
    return frozenset(family_of(*one) for one in asked)


def places(text: str, known: Iterable[Family]) -> Iterator[tuple[str, int]]:
    """Yield each fingerprint that a text, or a paragraph of it, has in a prompt, with its line, counted from 0.

    The text also counts without the blanks around it: programs strip what they read.
    """
    known = tuple(known)
    for form in dict.fromkeys((text, text.strip(), text.rstrip(), text.lstrip())):
        first = text[: text.find(form)].count("\n") if form else 0
        line = first
        for piece in paragraphs(form):
            yield from ((fingerprint("piece", encoding, piece), line) for encoding in {one.encoding for one in known})
            line += piece.count("\n")
        yield from ((fingerprint(kind, one.name, form), first) for one in known for kind in ("message", "text"))


def of_sources(sources: Iterable[tuple[str, int, str, str]], products: Iterable[Product]) -> Iterator[tuple[str, str]]:
    """Yield each fingerprint that texts or tool definitions of a project have in the prompts of some products.

    Each source is its path, its line, its text, and its tool definition as compact JSON (then the text is empty).
    Yields the fingerprint and `path:line`.
    """
    known = families(products)
    for path, line, text, definition in sources:
        if text:
            yield from ((name, f"{path}:{line + below}") for name, below in places(text, known))
        else:
            yield from ((name, f"{path}:{line}") for name in tool_places(definition, known))


def tool_places(definition: str, known: Iterable[Family]) -> Iterator[str]:
    """Yield the fingerprints of a tool definition, given as compact JSON."""
    return (fingerprint("tool", family.name, definition) for family in known)
