"""What the tests of this folder are made of: one use of one SDK, and the calls that must be seen of it."""

from __future__ import annotations

import asyncio
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sdks_answers import CACHED, INPUT, OUTPUT

from pytest_llmcost.capture.dialects import recognise
from pytest_llmcost.core.usage import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_llmcost.core.call import Call

ESTIMATED = -1
"""Stands for input tokens that are no more than an estimate: how good it is, the tests of the tokens say."""
QUESTION = [{"role": "user", "content": "Hello"}]


class Seen(NamedTuple):
    """A call as it must be seen; `cached` counts the input tokens that came from the provider's cache."""

    model: str | None
    operation: str = "chat"
    input: int = INPUT
    output: int = OUTPUT
    cached: int | None = CACHED
    outcome: str = "ok"
    stream: bool = False
    source: str = "reported"

    @classmethod
    def of(cls, call: Call) -> Seen:
        """Return what was seen of a call."""
        profile = call.profile
        usage, model = profile.usage, profile.product.model
        is_estimate = profile.usage_source is Provenance.SCALED and profile.reported_tokens is None
        return cls(
            model,
            profile.product.operation,
            ESTIMATED if is_estimate else usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            call.outcome.value,
            call.stream,
            profile.usage_source.value,
        )


class Case(NamedTuple):
    """One use of an SDK.

    Attributes:
        sdk: the package.
        mode: how it is used.
        go: uses it, at this address.
        seen: the calls, one for each request that was answered.
        refusals: how many requests are refused first.
        hidden: how many of those are sent again by the client itself, below what is seen as one call.
        breaks: True when the reader leaves a stream in its midst, of which only the first word has come.
        lacks: why this cannot be seen yet; None when it can.
    """

    sdk: str
    mode: str
    go: Callable[[str], Any]
    seen: tuple[Seen, ...]
    refusals: int = 0
    hidden: int = 0
    breaks: bool = False
    lacks: str | None = None


class Cases(list[Any]):
    """The cases of one SDK; a call adds one, as a decorator.

    `tests/seen_sdks.py` reads both calls from the source, for docs/what-is-seen.md: what it shows are literals.
    """

    def __init__(self, sdk: str, through: str) -> None:
        """Begin the cases of an SDK, or of what stands after the comma, and say which HTTP client is below."""
        super().__init__()
        self._sdk = sdk
        self.through = through

    def __call__(self, mode: str, *seen: Seen, lacks: str | None = None, **more: Any) -> Callable[..., Any]:
        """Add what is decorated, under the name of how it uses the SDK."""

        def add(go: Callable[[str], Any]) -> Callable[[str], Any]:
            case = Case(self._sdk, mode, go, seen, lacks=lacks, **more)
            marks = [] if lacks is None else [pytest.mark.skip(reason=f"not seen yet: {lacks}")]
            self.append(pytest.param(case, id=f"{self._sdk}: {mode}", marks=marks))
            return go

        return add


def lacks_path(path: str) -> str | None:
    """Return what is lacking while no dialect is spoken at a path; None when one is."""
    return None if recognise("POST", path) else f"what is spoken at {path}"


def lacks_patch(name: str) -> str | None:
    """Return what is lacking while there is no patch of an HTTP library by this name that records calls."""
    module = f"pytest_llmcost.capture.patches.{name}"
    exists = find_spec(module) is not None and hasattr(import_module(module), "patch")
    return None if exists else f"the HTTP library {name}"


class Loop(asyncio.Runner):
    """One event loop for all cases of a file: frameworks keep clients, and those outlive no loop."""

    def renew(self) -> None:
        """Close the loop, and have a new one ready."""
        self.close()
        super().__init__()


LOOP = Loop()
run = LOOP.run


def package(name: str, version: str | None = None) -> Any:
    """Import a module of an SDK; skip the test where it is not installed in this version or a later one."""
    return pytest.importorskip(name, minversion=version)
