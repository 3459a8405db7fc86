"""A file of requests that is uploaded for OpenAI's batch API, and for those that imitate it.

Source: the batch guide at developers.openai.com (2026-11-27). Each line has the path and the body of one request; at
Mistral and Together it may have the body alone. To start the batch names the file only, and is no call of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects import batch, form
from pytest_llmcost.capture.dialects.body import load, mapping, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.exchange import Exchange

_CHAT = "/v1/chat/completions"


def _requests(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    fields = form.texts(exchange) or {}
    if fields.get("purpose", "").strip() not in {"batch", "batch-api"}:
        return
    host = batch.root(exchange.url)
    for line in (form.file(exchange) or b"").splitlines():
        asked = mapping(load(line)) if line.strip() else {}
        yield host + (string(asked.get("url")) or _CHAT), asked.get("body")


DIALECT = batch.dialect("openai-batch", _requests)
