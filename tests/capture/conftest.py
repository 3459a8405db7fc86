"""A recorder that watches, and a server to talk to."""

from __future__ import annotations

from pathlib import Path

import pytest
from capture_watched import TEST, Watched
from capture_wire import Server

from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch


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


@pytest.fixture
def faulty(recorder):
    """Forgive the faults of a test, which must have some."""
    yield recorder
    assert recorder.faults
    recorder.faults.clear()
