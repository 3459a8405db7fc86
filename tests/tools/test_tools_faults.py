"""A fault in any function of capture: what the user does goes on as it would, and the run says where it was.

The functions are found by walking the package, so that a new one is tested on its own. Which of them a scene reaches is
seen by playing all scenes once; then each is replaced by a fault, and some scenes that reach it are played again. What
a library calls directly (a wrapper in its place) is the guard itself: the fault is put into all that it calls.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
import threading
from contextlib import contextmanager, suppress
from contextvars import copy_context
from pathlib import Path
from types import FunctionType

import fault_scenes
import pytest
from capture_wire import Server

import pytest_llmcost
from pytest_llmcost import capture
from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Cost
from pytest_llmcost.plugin.reading import Reading

OURS = str(Path(pytest_llmcost.__file__).parent)
TEST = "test_it.py::test_it"
PLAYED = 3
"""Scenes that are played with a fault, of those that reach it."""

NO_GUARD_ABOVE = {
    "recorder:Recorder.fault": "notes the faults",
    "patches.urllib3:_Tap.end": "too plain to fail: two assignments, and what guards itself",
    "owner:Owners._be": "called by hooks of pytest, which are guarded",
    "fakes.unittest_mock:_Watcher.leave": "too plain to fail: one variable is set back",
    "patches.aiohttp:_Sent._begun": "too plain to fail: one attribute",
    "patches.aiohttp_stream:_ended": "too plain to fail: one attribute, and what guards itself",
    "patches.raw_stream:_Tap.end": "too plain to fail: two assignments, and what guards itself",
}
"""What is not held to it, and why."""


def functions():
    """Return every function and method of capture, by `module:name`."""
    found = {}
    for info in pkgutil.walk_packages(capture.__path__, capture.__name__ + "."):
        module = importlib.import_module(info.name)
        short = info.name.removeprefix(capture.__name__ + ".")
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == info.name:
                for method, raw in vars(value).items():
                    function = getattr(raw, "__func__", getattr(raw, "fget", raw))
                    found |= _entry(f"{short}:{name}.{method}", function, module)
            else:
                found |= _entry(f"{short}:{name}", inspect.unwrap(value) if callable(value) else value, module)
    return found


def _entry(name, function, module):
    is_own = isinstance(function, FunctionType) and function.__code__.co_filename == module.__file__
    return {name: function} if is_own else {}


FUNCTIONS = functions()


@pytest.fixture(scope="module")
def server():
    with Server() as server, fault_scenes.serving(server):
        yield server


@pytest.fixture(scope="module")
def reached(server):
    """By code of a function: the scenes in which a function of ours calls it."""
    found: dict = {}

    def profile(frame, event, argument):
        caller = frame.f_back
        if event == "call" and caller is not None and caller.f_code.co_filename.startswith(OURS):
            found.setdefault(frame.f_code, {})[scene] = None

    for scene, play in fault_scenes.scenes().items():
        forget()
        sys.setprofile(profile)
        threading.setprofile(profile)
        try:
            recorder = copy_context().run(played, play)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        assert recorder.faults == [], scene
    return found


def played(play):
    """Play a scene as a test under recording, and read its calls as the plugin does; return the recorder."""
    try:
        recorder = Recorder(Sites(str(Path(__file__).parents[2])))
        watching = watch(recorder)
        watching.__enter__()
    except ZeroDivisionError:
        raise NotBegunError from None
    try:
        with recorder.owners.during(Owner(TEST, "call")):
            play()
    finally:
        with suppress(Exception):  # as at the end of a session
            watching.__exit__(None, None, None)
    try:
        reading = Reading(recorder, lambda: None, lambda *_: Cost(None, "no price"))
        reading.finish(TEST, 1)
        reading.rest(recorder.rest())
    except Exception as error:  # as the hooks of the session do
        recorder.fault(error)
    return recorder


def forget():
    """Empty all caches of capture: what is remembered is not asked again."""
    for name, module in list(sys.modules.items()):
        if name.startswith(capture.__name__):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


class NotBegunError(Exception):
    """A fault before any test: pytest ends with one line (plugin/start.py)."""


def _guards_itself(function):
    """Tell whether all of a body, but what pytest reads, is a `try` that lets no Exception out."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    body = [one for one in tree.body if not isinstance(one, ast.Expr) and "__tracebackhide__" not in ast.unparse(one)]
    return bool(body) and all(
        isinstance(one, ast.Try) and any(ast.unparse(h.type or ast.Name("")) == "Exception" for h in one.handlers)
        for one in body
    )


FAULT = """
def fault(*args, **kwargs):
    import sys
    if sys._getframe(1).f_code.co_filename.startswith(sys._llmcost_ours):
        raise ZeroDivisionError("a bug of ours")
    return sys._llmcost_original(*args, **kwargs)
"""


@contextmanager
def faulty(function):
    """Let a function raise, in its own file, when code of ours calls it, by whatever name or reference."""
    code = function.__code__
    original = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    original.__kwdefaults__ = function.__kwdefaults__
    made: dict = {}
    exec(compile(FAULT, code.co_filename, "exec"), made)
    sys._llmcost_original, sys._llmcost_ours = original, OURS
    function.__code__ = made["fault"].__code__
    try:
        yield
    finally:
        function.__code__ = code
        del sys._llmcost_original, sys._llmcost_ours


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_fault_is_not_the_users_and_is_told_with_its_place(name, reached):
    function = FUNCTIONS[name]
    if name in NO_GUARD_ABOVE:
        pytest.skip(NO_GUARD_ABOVE[name])
    if function.__code__.co_freevars:
        pytest.skip("it is a closure")
    if _guards_itself(function):
        pytest.skip("it is a guard: nothing of it stands outside of its `try`")
    scenes = list(reached.get(function.__code__, ()))[:PLAYED]
    if not scenes:
        pytest.skip("no scene reaches it through us")
    known, faults = fault_scenes.scenes(), []
    for scene in scenes:
        forget()
        with faulty(function):
            try:
                faults += copy_context().run(played, known[scene]).faults
            except NotBegunError:
                return
    assert any(fault.startswith(Path(function.__code__.co_filename).name) for fault in faults), (scenes, faults)


def test_the_scenes_reach_half_of_the_functions(reached):
    """What no scene reaches is not tested here; a new client gets a scene of its own."""
    missed = [name for name, function in FUNCTIONS.items() if function.__code__ not in reached]
    assert len(missed) < len(FUNCTIONS) * 0.5, missed
