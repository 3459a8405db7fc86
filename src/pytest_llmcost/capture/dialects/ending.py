"""How a call ended, by the rules of its protocol, and the reading order that all dialects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply
from pytest_llmcost.capture.dialects import sse
from pytest_llmcost.capture.dialects.body import load
from pytest_llmcost.core.call import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.capture.exchange import Exchange

_NEVER_SENT = frozenset({
    *("ConnectError", "ConnectTimeout", "PoolTimeout"),  # httpx
    *("ClientConnectorError", "ClientConnectorDNSError", "ConnectionTimeoutError", "InvalidUrlClientError"),  # aiohttp
    *("NewConnectionError", "NameResolutionError", "ConnectTimeoutError"),  # urllib3, the last botocore as well
    *("EndpointConnectionError", "NoCredentialsError", "PartialCredentialsError", "ParamValidationError"),  # botocore
})  # fmt: skip
"""Names of exceptions that say that nothing has left this machine."""
_DEFAULT_TIERS = frozenset(
    {"", "default", "standard", "standard_only", "auto", "on_demand", "unspecified", "traffic_type_unspecified"}
)
_SUCCESS, _CLIENT_ERROR = 2, 4  # the first digit of an HTTP status
_OK = Outcome.OK  # a member of an enum costs four times as much to look up as a name


def without_usage(exchange: Exchange) -> Outcome:
    """Return how a call ended whose reply has no usage and is no stream."""
    status = exchange.status
    if status is None:
        return Outcome.REFUSED if exchange.error in _NEVER_SENT else Outcome.ERROR
    if status // 100 == _CLIENT_ERROR:
        return Outcome.REFUSED
    return Outcome.PARTIAL if _succeeded(exchange) and not exchange.complete else Outcome.ERROR


def of_object(exchange: Exchange, *, usage: bool, failed: bool = False) -> Outcome:
    """Return how a call ended whose reply is one JSON object; `failed` when that object tells of an error."""
    if _succeeded(exchange):
        return Outcome.ERROR if failed else _OK
    return Outcome.ERROR if usage else without_usage(exchange)


def of_stream(*, finished: bool, failed: bool) -> Outcome:
    """Return how a stream ended; `finished` when the protocol's last event was read, whoever closed the transport."""
    return Outcome.ERROR if failed else Outcome.OK if finished else Outcome.PARTIAL


def read(
    exchange: Exchange, of_json: Callable[[Exchange, dict[str, Any]], Reply], of_events: Callable[[Exchange], Reply]
) -> Reply:
    """Read a reply by what it holds: one JSON object, a stream of events, or nothing that can be read.

    Content type and request do not tell: a stream may be refused with an object, and recordings lose headers.
    """
    body = exchange.reply
    start = body[:1]
    if start != b"{":
        start = body.lstrip()[:1]  # some gateways send blanks to keep the line open
    if start == b"{" and isinstance(value := load(body), dict):
        return of_json(exchange, value)
    if _succeeded(exchange) and (start == b"[" or sse.looks_like(body)):
        return of_events(exchange)
    return Reply(model=None, usage=None, outcome=without_usage(exchange))


def _succeeded(exchange: Exchange) -> bool:
    status = exchange.status
    return status is not None and status // 100 == _SUCCESS


def tier(value: Any) -> str | None:
    """Return a service tier by its lower-case name; None for the default one, whatever the provider calls it."""
    if not isinstance(value, str):
        return None
    name = value.lower()
    return None if name in _DEFAULT_TIERS else name
