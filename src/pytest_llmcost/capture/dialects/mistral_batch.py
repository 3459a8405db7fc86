"""Mistral's batch jobs, where their requests are in the body that submits them.

Field names: the types of the mistralai SDK 3.7.0 (2026-11-21). A job may name uploaded files instead, whose requests
are seen when they are uploaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import batch
from pytest_llmcost.capture.dialects.body import load_request, mapping, mappings, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange


def _requests(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    job = mapping(load_request(exchange))
    url = batch.root(exchange.url) + (string(job.get("endpoint")) or "")
    for item in mappings(job.get("requests")):
        yield url, {"model": job.get("model")} | mapping(item.get("body"))


DIALECT = batch.dialect("mistral-batch", _requests)
