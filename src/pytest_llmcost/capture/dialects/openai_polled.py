"""Asking what has become of a run, or of a response in the background: no call, but its reply may have a call's usage.

Source: the API references of OpenAI's responses and assistants (2026-11-27).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.capture.decoded import Reply
from pytest_llmcost.capture.dialects.body import load, mapping, string
from pytest_llmcost.capture.dialects.dialect import Dialect
from pytest_llmcost.capture.dialects.ending import without_usage

if TYPE_CHECKING:
    from pytest_llmcost.capture.decoded import Request
    from pytest_llmcost.capture.exchange import Exchange

_ENDED = ("completed", "incomplete", "failed", "cancelled", "expired")
"""A tuple: what is looked up may be no text, and not hashable."""


def job(exchange: Exchange) -> tuple[str | None, bool, bool]:
    """Return what a reply tells of a run or a response: its id, whether it has its usage, and whether it has ended."""
    body = exchange.reply
    value: dict[str, Any] = mapping(load(body)) if body.lstrip()[:1] == b"{" else {}
    return string(value.get("id")), isinstance(value.get("usage"), dict), value.get("status") in _ENDED


def _request(_: Exchange) -> Request | None:
    return None


def _reply(exchange: Exchange, _: Request) -> Reply:
    return Reply(model=None, usage=None, outcome=without_usage(exchange))


DIALECT = Dialect(name="openai-polled", operation="chat", request=_request, reply=_reply)
