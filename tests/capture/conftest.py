"""A recorder that watches, and a server to talk to."""

from __future__ import annotations

from pathlib import Path

import pytest
from capture_wire import Server

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch

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


@pytest.fixture
def recorder():
    """Watch, charging all calls to one test; no fault of ours may happen, but for those that a test forgives."""
    watched = Watched(Sites(str(Path(__file__).parents[2])))
    with watch(watched), watched.owners.during(TEST):
        yield watched
    assert watched.faults == []


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture(params=["httpx", "httpx2"])
def http(request):
    return pytest.importorskip(request.param)
