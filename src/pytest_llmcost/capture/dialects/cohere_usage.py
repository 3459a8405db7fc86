"""What Cohere bills, as its replies state it; its `tokens` are more than that, by a prompt of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.dialects.body import count, mapping
from pytest_llmcost.capture.dialects.hosts import provider_of
from pytest_llmcost.core.usage import Usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.exchange import Exchange

_BILLED = b'"billed_units"'
_STARTS = (b'"type":"message-start"', b'"event_type":"stream-start"')
"""How its streams begin, without blanks: one that was left early states no units."""
_HEAD = 512


def is_cohere(exchange: Exchange) -> bool:
    """Tell whether Cohere's API answers: by the host, by what the reply states, or by how its stream begins.

    Its paths (`/v1/chat`, `/v1/embed`) are those of many an application, the one under test included.
    """
    if provider_of(exchange.url) == "cohere" or _BILLED in exchange.reply:
        return True
    head = exchange.reply[:_HEAD].replace(b" ", b"")
    return any(start in head for start in _STARTS)


def billed(value: dict[str, Any]) -> dict[str, Any]:
    """Return the units that are billed, by version 2 in `usage` and by version 1 in `meta`."""
    return mapping((mapping(value.get("usage")) or mapping(value.get("meta"))).get("billed_units"))


def billed_usage(value: dict[str, Any]) -> Usage | None:
    """Return the usage that is billed; None where no tokens are."""
    units = billed(value)
    given, made, seen = (count(units.get(name)) for name in ("input_tokens", "output_tokens", "image_tokens"))
    if given is None and made is None and not seen:
        return None
    return Usage(input_tokens=(given or 0) + (seen or 0), output_tokens=made or 0)
