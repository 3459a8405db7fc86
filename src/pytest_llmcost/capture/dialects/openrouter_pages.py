"""Pages of PDFs that OpenRouter reads for a model: billed by the page, and in no count of the reply.

Source: openrouter.ai/docs, "PDF Inputs", as of 2026-11-27. The reply tells what was read in an annotation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import load_request, mapping, mappings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.core.usage import Usage

MARK = b'"annotations"'
"""In every reply that may tell of pages."""
_BY_THE_PAGE = (None, "mistral-ocr")
"""Engines that are billed by the page; the first is none in the request: then it is the other."""


def with_pages(usage: Usage | None, exchange: Exchange, values: Iterable[dict[str, Any]]) -> Usage | None:
    """Return the usage with the pages that completions, or pieces of one, tell of."""
    pages = sum(_pages(choice) for value in values for choice in mappings(value.get("choices")))
    if usage is None or not pages or _engine(exchange) not in _BY_THE_PAGE:
        return usage
    return replace(usage, document_pages=pages)


def _pages(choice: dict[str, Any]) -> int:
    """Count the texts of each file: one a page, between one that names the file and one that ends it."""
    made = mapping(choice.get("message")) or mapping(choice.get("delta"))
    files = (mapping(note.get("file")) for note in mappings(made.get("annotations")) if note.get("type") == "file")
    texts = ([part for part in mappings(file.get("content")) if part.get("type") == "text"] for file in files)
    return sum(max(len(each) - 2, 1) for each in texts)


def _engine(exchange: Exchange) -> Any:
    for plugin in mappings(mapping(load_request(exchange)).get("plugins")):
        if plugin.get("id") == "file-parser":
            return mapping(plugin.get("pdf")).get("engine")
    return None
