"""Gemini's batches of generations and embeddings, where their requests are in the body that submits them.

Field names: the types of google-genai 3.6.1 (2026-11-27). A batch may name an uploaded file instead: its requests are
not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import batch
from pytest_llmcost.capture.dialects.body import load_request, mapping, mappings
from pytest_llmcost.capture.dialects.gemini_usage import pick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_ALONE = {"batchGenerateContent": ":generateContent", "asyncBatchEmbedContent": ":embedContent"}


def _requests(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    name, _, method = exchange.url.partition("?")[0].rpartition(":")
    url = name + _ALONE.get(method, "")
    config = mapping(pick(mapping(mapping(load_request(exchange)).get("batch")), "inputConfig", "input_config"))
    inline = config.get("requests")
    for item in mappings(inline.get("requests") if isinstance(inline, dict) else inline):
        yield url, item.get("request")


DIALECT = batch.dialect("gemini-batch", _requests)
