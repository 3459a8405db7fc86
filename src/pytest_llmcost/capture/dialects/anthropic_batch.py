"""Anthropic's message batches, whose requests are in the body that submits them.

Field names: the types of the anthropic SDK 2.14.0 (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import batch
from pytest_llmcost.capture.dialects.body import load_request, mapping, mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _requests(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    url = exchange.url.partition("?")[0].removesuffix("/batches")
    for item in mappings(mapping(load_request(exchange)).get("requests")):
        yield url, item.get("params")


DIALECT = batch.dialect("anthropic-batch", _requests)
