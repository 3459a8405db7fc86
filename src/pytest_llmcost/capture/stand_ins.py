"""Stand-ins: which mock tool or cassette gave a reply, and which ones a call went past to the network."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_llmcost.capture.flight import in_flight
from pytest_llmcost.capture.noting import noted
from pytest_llmcost.capture.origin import is_loopback
from pytest_llmcost.core.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import ModuleType

    from pytest_llmcost.capture.flight import Flight
    from pytest_llmcost.capture.recorder import Recorder

_ANSWERING = {
    "vcr.cassette": ("vcrpy", ("Cassette.play_response",)),
    "respx.router": ("respx", ("Router.handler", "Router.async_handler")),
    "pytest_httpx._httpx_mock": ("pytest-httpx", ("HTTPXMock._handle_request", "HTTPXMock._handle_async_request")),
    "responses": ("responses", ("RequestsMock._on_request",)),
    "requests_mock.adapter": ("requests-mock", ("Adapter.send",)),
    "aioresponses.core": ("aioresponses", ("aioresponses.match",)),
    "pook.engine": ("pook", ("Engine.match",)),
    "botocore.stub": ("botocore Stubber", ("Stubber._get_response_handler",)),
    "moto.core.botocore_stubber": ("moto", ("BotocoreStubber.process_request",)),
}
"""By module: the tool, and the methods with which it answers. Some are private: where one is missing, the tool has no
name in our notices, and nothing else is lost."""

_OWN_TRANSPORTS = frozenset({"HTTPTransport", "AsyncHTTPTransport", "NoneType"})


def witnesses() -> dict[str, Callable[[ModuleType, Recorder], AbstractContextManager[None]]]:
    """Return the patch of each module of a mock tool."""
    return {module: partial(_witness, tool, methods) for module, (tool, methods) in _ANSWERING.items()}


def _witness(
    tool: str, methods: tuple[str, ...], module: ModuleType, recorder: Recorder
) -> AbstractContextManager[None]:
    def note(stand_in: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Put the name of the tool, or the path of the cassette, on the call in flight."""
        del args, kwargs
        flight = in_flight()
        if flight is not None:
            path = getattr(stand_in, "_path", None) if tool == "vcrpy" else None
            flight.answered_by = tool if path is None else recorder.shown(str(path))

    return noted(module, methods, note, recorder)


def transport_of(client: Any) -> str | None:
    """Return the kind of transport that the user gave to a client of httpx or httpx2; None for its own."""
    name = type(getattr(client, "_transport", None)).__name__
    return None if name in _OWN_TRANSPORTS else name


def check_bypass(recorder: Recorder, library: str, flight: Flight, *, is_own: bool) -> None:
    """Notice a call that reached the network while a tool that mocks httpx was active and never saw it.

    Args:
        recorder: keeps the notice.
        library: `httpx` or `httpx2`.
        flight: a live call that has landed.
        is_own: the library's own transport carried it: of httpx that is what the tools know.
    """
    is_known = is_own and library != "httpx2"
    if is_known or flight.answered_by in _TOOLS or is_loopback(str(flight.url)):
        return
    tools = [tool for tool, is_active in _ACTIVE.items() if is_active()]
    if tools:
        recorder.notice(_bypassed(flight, " and ".join(tools), library))


def _bypassed(flight: Flight, tools: str, library: str) -> Finding:
    host = urlsplit(str(flight.url)).hostname
    what = library if library == "httpx2" else "the transport that its httpx client has"
    return Finding(
        rule="bypassed-mock",
        severity=Severity.WARNING,
        subject=flight.owner.test or flight.owner.phase,
        location=flight.site,
        message=f"{tools} was active and does not know {what}: the call went past it to {host}, over the network;"
        f" {_FIXES.get(library, _ELSE)}",
    )


_FIXES = {"httpx2": "mock it with pytest-httpx2 (`httpx2_mock`), or give the client an `httpx2.MockTransport`"}
_ELSE = "give the client a transport of httpx itself in tests"
_TOOLS = frozenset(tool for tool, _ in _ANSWERING.values())


def _respx() -> bool:
    mocks = sys.modules.get("respx.mocks")
    return mocks is not None and any(mocker.routers for mocker in mocks.Mocker.registry.values())


def _pytest_httpx() -> bool:
    """Its fixture puts functions of its own into the place of httpx's, for as long as a test uses it."""
    httpx = sys.modules.get("httpx") if "pytest_httpx" in sys.modules else None
    return httpx is not None and httpx.HTTPTransport.handle_request.__module__ == "pytest_httpx"


def _pook() -> bool:
    api = sys.modules.get("pook.api")
    return api is not None and api.engine().active is True


_ACTIVE = {"respx": _respx, "pytest-httpx": _pytest_httpx, "pook": _pook}
"""Tools that mock httpx, and how to tell that one is at work; none of them knows httpx2."""
