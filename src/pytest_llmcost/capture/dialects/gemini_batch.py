"""Gemini's batches of generations and embeddings, where their requests are in the body that submits them.

Field names: the types of google-genai 3.6.1 (2026-11-27). A batch may name an uploaded file instead: its requests are
not read, and the one call that stands for them says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Request
from pytest_llmcost.capture.dialects import batch
from pytest_llmcost.capture.dialects.body import load_request, mapping, mappings
from pytest_llmcost.capture.dialects.gemini_generate import model_of
from pytest_llmcost.capture.dialects.gemini_usage import pick
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.service_tiers import BATCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.capture.decoded import Reply
    from pytest_llmcost.capture.exchange import Exchange

_IN_A_FILE = "sent in a batch, by an uploaded file: its tokens are not in this figure"
_ALONE = {"batchGenerateContent": ":generateContent", "asyncBatchEmbedContent": ":embedContent"}


def _config(exchange: Exchange) -> dict[str, Any]:
    return mapping(pick(mapping(mapping(load_request(exchange)).get("batch")), "inputConfig", "input_config"))


def _requests(exchange: Exchange) -> Iterator[tuple[str, Any]]:
    name, _, method = exchange.url.partition("?")[0].rpartition(":")
    url = name + _ALONE.get(method, "")
    config = _config(exchange)
    inline = config.get("requests")
    for item in mappings(inline.get("requests") if isinstance(inline, dict) else inline):
        yield url, item.get("request")


_BATCH = batch.dialect("gemini-batch", _requests)


def _several(exchange: Exchange) -> Iterator[tuple[Request, Reply]]:
    if pick(_config(exchange), "fileName", "file_name") is None:
        yield from _BATCH.read(exchange)
        return
    provider, model = (
        provider_of(exchange.url, "google"),
        model_of(exchange.url.rpartition(":")[0] + ":generateContent"),
    )
    request = Request(provider, "chat", model, (), service_tier=BATCH)
    yield request, _BATCH.reply(exchange, request)._replace(note=_IN_A_FILE)


DIALECT = replace(_BATCH, several=_several)
