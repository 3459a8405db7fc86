"""The requests inside a submitted batch, each read as if it had been sent alone, at the provider's batch rate.

Their answers come hours later, often to another process: what they hold is not counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply, Request
from pytest_llmcost.capture.dialects import ending, recognise
from pytest_llmcost.capture.dialects.body import compact, load
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.core.call import Outcome
from pytest_llmcost.core.service_tiers import batch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_llmcost.capture.exchange import Exchange

_NOTE = "sent in a batch: its output comes later and is not in this figure"


def dialect(name: str, requests: Callable[[Exchange], Iterable[tuple[str, Any]]]) -> Dialect:
    """Return the dialect of a batch API; `requests` gives the address and the body of each request in an exchange."""

    def several(exchange: Exchange) -> Iterator[tuple[Request, Reply]]:
        answer = _answer(exchange)
        for url, body in requests(exchange):
            if (request := _request(exchange, url, body)) is not None:
                yield request._replace(service_tier=batch_of(request.service_tier)), answer

    def request(exchange: Exchange) -> Request | None:
        return next((asked for asked, _ in several(exchange)), None)

    def reply(exchange: Exchange, _: Request) -> Reply:
        return _answer(exchange)

    return Dialect(name=name, operation="chat", request=request, reply=reply, several=several)


def _request(exchange: Exchange, url: str, body: Any) -> Request | None:
    spoken = recognise("POST", url) if isinstance(body, dict) else None
    if spoken is None or (spoken.several is not None and spoken.name.endswith("-batch")):
        return None  # a batch inside a batch
    return spoken.request(
        exchange._replace(url=url, request=compact(body).encode(), request_encoding=None, reply=b"", stream=False)
    )


def _answer(exchange: Exchange) -> Reply:
    taken = ending.of_object(exchange, usage=False, failed=_failed(exchange)) is Outcome.OK
    outcome = Outcome.PARTIAL if taken else ending.without_usage(exchange)
    return Reply(model=None, usage=None, outcome=outcome, note=_NOTE)


def _failed(exchange: Exchange) -> bool:
    value = load(exchange.reply)
    return isinstance(value, dict) and bool(value.get("error"))


def root(url: str) -> str:
    """Return scheme and host of an address."""
    start = url.find("://") + 3
    end = url.find("/", start)
    return url if end < 0 else url[:end]
