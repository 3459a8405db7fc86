"""A server on the loopback, and names of the world that lead to it."""

from __future__ import annotations

import socket

import pytest
from capture_wire import Server
from clients import EVENTS, WHOLE


def pytest_configure(config):
    config.addinivalue_line("markers", "seen: a row of docs/what-is-seen.md")
    config.addinivalue_line("markers", "needs_plugin: uses fixtures of a mock tool's own plugin")


@pytest.fixture
def stream():
    """Overridden by tests that ask in both ways."""
    return False


@pytest.fixture
def server(stream):
    with Server() as server:
        server.answer(EVENTS if stream else WHOLE)
        yield server


@pytest.fixture
def world(server, monkeypatch):
    """An address of the model that looks as if it lay out in the world; its name is resolved to this machine."""
    original = socket.getaddrinfo

    def resolve(host, *more, **options):
        name = host.decode() if isinstance(host, bytes) else host
        return original("127.0.0.1" if name == "llm.example" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return server.chat.replace("127.0.0.1", "llm.example")
