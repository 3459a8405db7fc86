"""A recorder for tests, with short ways to what it kept."""

from __future__ import annotations

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.recorder import Recorder

TEST = Owner("test_it.py::test_it", "call")


class Watched(Recorder):
    """A recorder with short ways to what it kept."""

    def flights(self):
        """Return all that was kept so far, in order, and forget it."""
        return sorted(self.rest(), key=lambda flight: flight.index)

    def one(self):
        (flight,) = self.flights()
        return flight

    def exchange(self):
        return self.one().exchange()

    def reply(self):
        """Return the reply of the one call, read by its dialect."""
        flight = self.one()
        exchange = flight.exchange()
        return flight.dialect.reply(exchange, flight.dialect.request(exchange))
