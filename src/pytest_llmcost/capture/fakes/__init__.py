"""Fakes: calls that no wire shows, because something stands in for the SDK or for the model."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.capture.flight import Flight, in_flight
from pytest_llmcost.capture.recorder import recognised

if TYPE_CHECKING:
    from types import FrameType

    from pytest_llmcost.capture.decoded import Reply, Request
    from pytest_llmcost.capture.dialects import Dialect
    from pytest_llmcost.capture.exchange import Exchange
    from pytest_llmcost.capture.recorder import Recorder

UNREAD = "what the fake answers is not known, so its output is not counted"


class Fake(NamedTuple):
    """One call of a fake, in the words of the API that it stands for.

    Attributes:
        url: where the SDK would have sent it; the dialect is found by it.
        request: the body; None where it is not known.
        reply: the body; None where it is not known.
        stream: True when the reply comes in pieces.
        status: HTTP status; None when the fake raised an exception that has none.
        error: class name of that exception.
    """

    url: str
    request: bytes | None
    reply: bytes | None
    stream: bool = False
    status: int | None = 200
    error: str | None = None


def note(recorder: Recorder, fake: Fake, frame: FrameType | None = None) -> None:
    """Record a call of a fake; nothing happens where no dialect knows its address.

    Args:
        recorder: keeps it.
        fake: what was asked and said.
        frame: where it was called; the caller's by default.
    """
    dialect = recognised("POST", fake.url)
    if dialect is None or in_flight() is not None:  # what mocks a call in flight is no other call
        return
    unread = fake.reply is None and fake.error is None
    flight = Flight(_unread(dialect) if unread else dialect, "POST", fake.url, None)
    flight.fake = True
    flight.request, flight.status, flight.error = fake.request, fake.status, fake.error
    flight.complete = not unread
    if fake.stream:
        flight.chunks = [fake.reply or b""]
    else:
        flight.body = fake.reply or b""
    flight.landed = flight.over = True
    recorder.keep(flight, recorder.place(frame or sys._getframe(1)))  # noqa: SLF001 - as the recorder does


@cache
def _unread(dialect: Dialect) -> Dialect:
    """Return a dialect whose replies say that nobody knows them."""

    def reply(exchange: Exchange, request: Request) -> Reply:
        return dialect.reply(exchange, request)._replace(note=UNREAD)

    return replace(dialect, reply=reply, several=None)
