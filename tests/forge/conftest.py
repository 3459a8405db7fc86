"""Forges to talk to, and a clock that does not wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from forge_posts import wish
from forge_server import NUMBER, REPOSITORY, GitHub, Storage

from pytest_llmcost.forge.api import Api, Token
from pytest_llmcost.forge.github import PullRequest
from pytest_llmcost.forge.post import post


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.start = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def time(self) -> float:
        return self.start + sum(self.slept)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """A proxy of the developer's environment does not reach this machine's loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def storage():
    with Storage() as storage:
        yield storage


@pytest.fixture
def server(storage):
    with GitHub(storage=storage) as server:
        yield server


@pytest.fixture
def api(server, clock):
    token = next(iter(server.tokens))
    return Api(server.url, Token(token), sleep=clock.sleep, clock=clock.time)


@pytest.fixture
def put(api, clock):
    thread = PullRequest(api, REPOSITORY, NUMBER)

    def put(*arguments, **more):
        return post(thread, wish(*arguments, **more), now=clock.now)

    return put
