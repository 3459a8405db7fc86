"""Playing a scene: what a user's test does while it is recorded, and its calls read as the plugin reads them."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_llmcost import capture
from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Cost
from pytest_llmcost.plugin.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = str(Path(__file__).parents[2])
TEST = Owner("test_it.py::test_it", "call")
SCENES: dict[str, Scene] = {}
"""All that can be played here, by name."""
LACKING: dict[str, tuple[str, ...]] = {}
"""What cannot be played here, and the packages that are not installed."""
_SERVERS: list[Any] = []
_READINGS: list[Reading] = []


class Played(NamedTuple):
    """What the user got, and the faults of ours that were noted."""

    outcome: Any
    faults: list[str]


class NotBegunError(Exception):
    """A fault before any test: pytest ends with one line (plugin/start.py)."""


class Scene(NamedTuple):
    """What a user's test does; it returns what the user gets."""

    play: Callable[[], Any]
    judges: tuple[str, ...] = ()
    imports: bool = True

    def __call__(self) -> Played:
        """Play it as a test under recording, and read its calls as the plugin does."""
        try:
            recorder = Recorder(Sites(ROOT, self.judges))
            reading = Reading(recorder, lambda: None, lambda *_: Cost(None, "no price"))
            watching = watch(recorder)
            watching.__enter__()
        except ZeroDivisionError:
            raise NotBegunError from None
        _READINGS.append(reading)
        try:
            with recorder.owners.during(TEST):
                outcome = self.play()
        finally:
            _READINGS.pop()
            with suppress(Exception):  # as at the end of a session
                watching.__exit__(None, None, None)
        try:
            reading.finish(TEST.test, TEST.attempt)
            reading.rest(recorder.rest())
        except Exception as error:  # as the hooks of the session do
            recorder.fault(error)
        return Played(outcome, recorder.faults)


def scene(*packages: str, judges: tuple[str, ...] = ()) -> Callable[[Callable[[], Any]], Scene]:
    """Add a scene, as a decorator; without its packages it cannot be played."""

    def decorate(play: Callable[[], Any]) -> Scene:
        made = Scene(play, judges)
        if lacking := tuple(name for name in packages if not _is_installed(name)):
            LACKING[play.__name__] = lacking
        else:
            SCENES[play.__name__] = made
        return made

    return decorate


def add(name: str, play: Callable[[], Any]) -> None:
    """Add a scene by name."""
    SCENES[name] = Scene(play, imports=False)


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it is in
        return False


def forget() -> None:
    """Empty all caches of capture: what is remembered is not asked again."""
    for name, module in list(sys.modules.items()):
        if name.startswith(capture.__name__):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@contextmanager
def serving(server):
    """Let the scenes talk to a server."""
    _SERVERS.append(server)
    try:
        yield
    finally:
        _SERVERS.pop()


def answering(body, headers=None, status=200) -> str:
    """Let the server answer like this; return its address of a chat."""
    server = _SERVERS[-1]
    server._answers[:] = []
    return server.answer(body, status, headers=headers).chat


def reading() -> Reading:
    """Return what reads the calls of the present scene."""
    return _READINGS[-1]


def recorder() -> Recorder:
    """Return what records the present scene."""
    return reading()._recorder


@contextmanager
def as_hooks_do():
    """Note what is raised, as the hooks of the plugin do."""
    try:
        yield
    except Exception as error:
        recorder().fault(error)
