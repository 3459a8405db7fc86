"""A fault in any function that runs in a user's call: what the user gets is the same, and the run says where it was.

The functions are found in the source, closures and lambdas as well, so that a new one is tested on its own. All scenes
are played once: that tells which functions they reach, and what the user gets. Then each function is given a fault, and
scenes that reach it are played again. A function is held to it in these ways:

- Where something can fail in it outside of its guards, it raises at its start: once for each function of ours that
  calls it, in a scene in which that one does.
- Each of its guards, which note our faults, raises at its start.
- Where a library or the user calls it, nothing can fail in it outside of its guards.
"""

from __future__ import annotations

import time
from contextvars import copy_context
from importlib import import_module
from importlib.util import find_spec

import pytest
from capture_wire import Server
from fault_bare import bare
from fault_code import Faulty, Reached, guards, is_guard, loaded, units
from fault_play import LACKING, SCENES, NotBegunError, forget, serving

pytestmark = pytest.mark.filterwarnings("ignore")
for _file in ("clients", "fakes", "http", "limits", "owners", "processes", "unseen"):
    import_module(f"fault_{_file}")

PACKAGES = (
    "pytest_llmcost.capture",
    "pytest_llmcost.process.child",
    "pytest_llmcost.process.folder",
    "pytest_llmcost.process.pipeline",
    "pytest_llmcost.process.polled",
    "pytest_llmcost.process.spend",
    "pytest_llmcost.process.starts",
)
MOST = 6
"""Scenes that are played for one guard, of those that reach its function: one of them must reach the guard itself."""

_AT_IMPORT = "runs when its module is imported, and never in a user's call"
NOT_REACHED = {
    "dialects:_by_last_word": _AT_IMPORT,
    "dialects:_last_word": _AT_IMPORT,
    "dialects.batch:dialect": _AT_IMPORT,
    "dialects.batch:dialect.reply": "every dialect has one; of a batch, `several` is asked",
    "dialects.batch:dialect.request": "every dialect has one; of a batch, `several` is asked",
    "dialects.bedrock_content:_medium": _AT_IMPORT,
    "dialects.openai_polled:_reply": "every dialect has one; a poll is no call",
    "imports:_unheard": "stands in for what `watch()` always gives",
    "recorder:Recorder.has": "asked by the plugin's hooks, which are guarded",
    "stand_ins:witnesses": _AT_IMPORT,
    "unseen:witnesses": _AT_IMPORT,
}
"""What no scene reaches, and why."""
_PUTS_BACK = "sets variables and puts them back: what it raises comes from what it runs"
_BEGINS = "runs before any test: pytest ends with one line"
NOT_HELD = {
    "fakes.unittest_mock:_Watcher.leave": _PUTS_BACK,
    "flight:_run_in": _PUTS_BACK,
    "imports:_Finder.find_spec": "asks the other finders: what it raises is theirs",
    "imports:_Loader.exec_module": "lets the real loader take its place again; what it calls then is a guard",
    "owner:Owners.during": "called by hooks of pytest; " + _PUTS_BACK,
    "owner:exclude": _PUTS_BACK,
    "owner:run_for": _PUTS_BACK,
    "patches.aiohttp_stream:_set": "hands on what a library sets: what it raises is the library's",
    "recorder:Recorder.fault": "is what notes a fault",
    "recorder:place_of": "is what notes a fault",
    "starting:tasks.create_task": _PUTS_BACK,
}
"""What is not given a fault, and why."""
_TELLS = "is what tells faults to the process of the tests"
NOT_TOLD = {
    "process.child:Child.finish": _TELLS,
    "process.child:begin": _TELLS,
}
"""Whose fault is told nowhere, and why; it is not the user's either."""

UNITS = units(*PACKAGES)


class Stage:
    """All scenes, played without any fault.

    Attributes:
        calls: which scenes reach a function, by its key and that of its caller, None for a library or the user.
        outcomes: what the user gets, by scene.
    """

    def __init__(self):
        for scene in SCENES.values():
            if scene.imports:  # once: what is called while libraries are imported is not called again
                copy_context().run(scene)
        self.outcomes, self._seconds, reached = {}, {}, Reached()
        for name, scene in SCENES.items():
            forget()
            start = time.perf_counter()
            with reached.during(name):
                played = copy_context().run(scene)
            assert played.faults == [], name
            self.outcomes[name] = played.outcome
            self._seconds[name] = time.perf_counter() - start
        self.calls = reached.calls
        self.loaded = loaded()

    def callers(self, unit):
        """Return the functions of ours that call one, each with the quickest scene in which it does."""
        found = self.calls.get(unit.key, {})
        return {caller: min(found[caller], key=self._seconds.__getitem__) for caller in found if caller is not None}

    def scenes(self, unit):
        """Return some of the scenes that reach a function, the quickest first."""
        found = {scene for scenes in self.calls.get(unit.key, {}).values() for scene in scenes}
        ordered = sorted(found, key=self._seconds.__getitem__)
        return ordered[:: max(1, len(ordered) // MOST)]

    def tells(self, faulty, scene, caller=None):
        """Play a scene with a fault, which must not change what the user gets; tell whether its place was told."""
        forget()
        with faulty.called_by(caller):
            try:
                played = copy_context().run(SCENES[scene])
            except NotBegunError:
                return True
        assert played.outcome == self.outcomes[scene], scene
        return any(fault.startswith(faulty.file) for fault in played.faults)


@pytest.fixture(scope="module")
def stage():
    with Server() as server, serving(server):
        staged = Stage()
        staged.server = server
        yield staged


@pytest.mark.parametrize("name", [name for name, unit in UNITS.items() if not is_guard(unit) and bare(unit, UNITS)])
def test_a_fault_is_not_the_users_and_is_told_with_its_place(name, stage):
    if name in NOT_HELD:
        pytest.skip(NOT_HELD[name])
    callers = stage.callers(UNITS[name])
    if not callers:
        pytest.skip("no code of ours calls it here")
    faulty = Faulty(UNITS[name], stage.loaded)
    untold = [scene for caller, scene in callers.items() if not stage.tells(faulty, scene, caller)]
    assert name in NOT_TOLD or untold == []


@pytest.mark.parametrize("name", [name for name, unit in UNITS.items() if guards(unit)])
def test_a_fault_under_a_guard_is_not_the_users_and_is_told_with_its_place(name, stage):
    scenes = stage.scenes(UNITS[name])
    if not scenes:
        pytest.skip("no scene reaches it here")
    for number, guard in enumerate(guards(UNITS[name])):
        faulty = Faulty(UNITS[name], stage.loaded, number)
        told = [stage.tells(faulty, scene) for scene in scenes]
        assert any(told), f"line {guard.lineno} is not reached"


def test_a_limit_holds_in_a_process_that_cannot_tell_what_it_refused(stage):
    faulty = Faulty(UNITS["process.folder:Folder.tell"], stage.loaded)
    stage.server.asked.clear()
    assert stage.tells(faulty, "in_a_child_with_a_limit", UNITS["process.child:Child._gate"].key)
    assert len(stage.server.asked) == 1


def test_what_libraries_call_can_fail_under_its_guards_only(stage):
    called = [name for name, unit in UNITS.items() if None in stage.calls.get(unit.key, {}) and not is_guard(unit)]
    found = {name: bare(UNITS[name], UNITS) for name in called if name not in NOT_HELD}
    assert {name: what for name, what in found.items() if what} == {}


def test_the_scenes_reach_all_functions(stage):
    """What no scene reaches is not tested: a new client gets a scene of its own."""
    missed = {name for name, unit in UNITS.items() if unit.key not in stage.calls}
    missed -= NOT_REACHED.keys() | NOT_HELD.keys()
    of_litellm = {name for name in missed if "litellm" in name}
    if find_spec("litellm"):
        assert of_litellm == set()
        pytest.skip("current SDKs are not installed beside litellm")
    if lacking := {name: packages for name, packages in LACKING.items() if packages != ("litellm",)}:
        pytest.skip(f"not installed: {lacking}")
    assert missed == of_litellm


def test_what_is_left_out_is_still_there_and_not_reached(stage):
    assert (NOT_REACHED.keys() | NOT_HELD.keys() | NOT_TOLD.keys()) <= UNITS.keys()
    assert [name for name in NOT_REACHED if UNITS[name].key in stage.calls] == []
