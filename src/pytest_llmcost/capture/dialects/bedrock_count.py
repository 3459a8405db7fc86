"""Amazon Bedrock's CountTokens: a call that tests make, which generates nothing and costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending
from pytest_llmcost.capture.dialects.bedrock_address import model_of, provider
from pytest_llmcost.capture.dialects.body import load, mapping
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange


def _request(exchange: Exchange) -> Request:
    return Request(provider=provider(exchange.url), operation="count", model=model_of(exchange.url), parts=())


def _reply(exchange: Exchange, _: Request) -> Reply:
    usage = Usage() if "inputTokens" in mapping(load(exchange.reply)) else None
    return Reply(model=None, usage=usage, outcome=ending.of_object(exchange, usage=False))


DIALECT = Dialect(name="bedrock-count", operation="count", request=_request, reply=_reply)
