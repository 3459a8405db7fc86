"""Polled: work that goes on after its request was answered has its usage in a reply that is asked for later."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.capture.dialects.openai_polled import job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.capture.flight import Flight

_POLLING = "openai-polled"
_BEGINNING = frozenset({"openai-runs", "openai-responses"})
_ANY = b'{"model": "", "input": "", "assistant_id": ""}'
"""Stands in for what was asked, which a poll does not tell; the reply names the model."""
_OF_REPLY = ("body", "chunks", "decode", "is_lazy", "complete", "status", "reply_headers", "error")


def joined(flights: Sequence[Flight]) -> list[Flight]:
    """Return the flights that are calls, each with the last word on what it began.

    A run that pauses for its tools is one call: its usage, which comes at its end, is that of all its turns.
    """
    polls = [flight for flight in flights if flight.dialect.name == _POLLING]
    if not polls:
        return list(flights)
    last = _last(polls)
    calls, begun = [], set()
    for flight in flights:
        name = _begun(flight)
        poll = last.get(name) if name is not None else None
        if poll is not None and name in begun:
            continue  # what a tool has said: part of the run
        if poll is not None:
            begun.add(name)
            _take(flight, poll)
        if flight.dialect.name != _POLLING:
            calls.append(flight)
    return calls


def _last(polls: list[Flight]) -> dict[str, Flight]:
    """Return by id the last reply that has a usage; without any, the last one that says that it is over."""
    last: dict[str, tuple[bool, Flight]] = {}
    for poll in polls:
        name, has_usage, has_ended = job(poll.exchange())
        if name is not None and (has_usage or (has_ended and not last.get(name, (False,))[0])):
            last[name] = (has_usage, poll)
    return {name: poll for name, (_, poll) in last.items()}


def _begun(flight: Flight) -> str | None:
    """Return the id of what a call has begun; None for a call whose own reply is the last word."""
    if flight.dialect.name not in _BEGINNING:
        return None
    name, has_usage, has_ended = job(flight.exchange())
    return None if has_usage or has_ended else name


def _take(flight: Flight, poll: Flight) -> None:
    for name in _OF_REPLY:
        setattr(flight, name, getattr(poll, name))


class Polls:
    """Remembers whose usage has been spent: the same reply may be asked for again."""

    def __init__(self) -> None:
        self._spent: set[str] = set()

    def asked(self, flight: Flight) -> Flight | None:
        """Return a poll that is the first to have a usage, as if the call itself had been answered so."""
        if flight.dialect.name != _POLLING:
            return None
        name, has_usage, _ = job(flight.exchange())
        if name is None or not has_usage or name in self._spent:
            return None
        self._spent.add(name)
        dialect = recognise("POST", str(flight.url).partition("?")[0].rpartition("/")[0])
        if dialect is None:
            return None
        call = copy(flight)
        call.dialect, call.request = dialect, _ANY
        return call
