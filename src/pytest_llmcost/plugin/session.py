"""Session: the one registered object. Its hooks hand on what pytest knows; the parts do the work."""

from __future__ import annotations

import pickle
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost.capture.owner import SHARED, Owner
from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.errors import LlmCostError
from pytest_llmcost.plugin import marker
from pytest_llmcost.plugin.batch import Batch, Collection
from pytest_llmcost.plugin.ledger import Ledger, searched
from pytest_llmcost.plugin.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price
    from pytest_llmcost.plugin.ending import Ending

_ATTRIBUTE = "llmcost"
"""On a test report and in a worker's output: pickled batches. Only our own processes write it."""


class Session:
    """Records in every process that runs tests; composes and judges where the run ends.

    Args:
        config: pytest's.
        ending: makes the report and the verdict; None where neither is wanted: in workers, or without `--llmcost`.
        evaluation: files and packages whose calls judge the product.
        price: gives the price book when it is first needed.
        baseline: reads the baseline when a worker needs it.
    """

    def __init__(
        self,
        config: pytest.Config,
        ending: Ending | None,
        evaluation: tuple[str, ...],
        price: Callable[[], Price],
        baseline: Callable[[], Against],
    ) -> None:
        self.config = config
        self.ending = ending
        self.is_worker = hasattr(config, "workerinput")
        self._read_baseline = baseline
        self._against: Against | None = ending.against if ending is not None else None
        recorder = Recorder(Sites(str(config.rootpath), evaluation))
        self.recording = Recording(recorder, self._baseline, price)
        self.ledger = Ledger()
        self._outbox: list[Batch] = []
        self._files: set[str] = set()
        self._deselected: set[str] = set()
        self._patches = ExitStack()
        self._patches.enter_context(watch(recorder))

    def _baseline(self) -> Baseline | None:
        if self._against is None:
            try:
                self._against = self._read_baseline()
            except LlmCostError:
                return None  # the controller has said so already
        return self._against.baseline

    # -- collection ----------------------------------------------------------------------------------------------

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note which files were searched for tests."""
        if report.passed and "::" not in report.nodeid:
            self._files.add(report.nodeid)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note the tests that exist but will not run."""
        self._deselected.update(item.nodeid for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note the tests that will run; refuse those that two features claim."""
        selected = frozenset(item.nodeid for item in session.items)
        files = searched(self._files, self.config.args)
        self.ledger.collection = Collection(
            selected=selected, deselected=frozenset(self._deselected) - selected, searched=files
        )
        if self.ending is not None:
            self.ending.check_claims({item.nodeid: marker.read(item).feature for item in session.items})

    # -- one test ------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what set-up calls to the test; begin an attempt."""
        self.recording.begin(item.nodeid, marker.read(item))
        with self._charging(item, "setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what the test calls to it; fail it when it breaks a limit of its marker."""
        __tracebackhide__ = True
        with self._charging(item, "call"):
            result = yield
        self.recording.enforce_marker(item.nodeid)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what teardown calls to the test."""
        with self._charging(item, "teardown"):
            return (yield)

    def _charging(self, item: pytest.Item, phase: str) -> Any:
        return self.recording.recorder.owners.during(self.recording.owner(item.nodeid, phase))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """Charge fixtures wider than one test to nobody, their teardown included."""
        if fixturedef.scope == "function":
            return (yield)
        charge = ExitStack()
        fixturedef.addfinalizer(charge.close)  # runs last
        with self._shared():
            result = yield
        fixturedef.addfinalizer(partial(self._enter, charge))  # runs first
        return result

    def _shared(self) -> Any:
        return self.recording.recorder.owners.during(Owner(None, SHARED))

    def _enter(self, charge: ExitStack) -> None:
        charge.enter_context(self._shared())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how each phase ended; read the test's calls when it is over."""
        report = yield
        try:
            by_limit = call.excinfo is not None and call.excinfo.typename == "LimitBroken"
            self.recording.note(item.nodeid, report, by_limit=by_limit)
            if report.when == "teardown":
                self._deliver(self.recording.finish(item.nodeid))
        except Exception as error:
            self.recording.recorder.fault(error)
        return report

    def _deliver(self, batch: Batch) -> None:
        if self.is_worker:
            self._outbox.append(batch)
        else:
            self.ledger.add(batch)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Send what is ready with the next report that travels; take it off where it arrives."""
        if self.is_worker and self._outbox:
            setattr(report, _ATTRIBUTE, pickle.dumps(self._outbox))
            self._outbox = []
        elif not self.is_worker and hasattr(report, _ATTRIBUTE):
            self._receive(getattr(report, _ATTRIBUTE))
            delattr(report, _ATTRIBUTE)

    def _receive(self, packed: bytes) -> None:
        for batch in pickle.loads(packed):  # noqa: S301 - written by our own worker processes
            self.ledger.add(batch)

    # -- pytest-xdist --------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a new worker what all workers must agree on."""
        if self.ending is not None:
            node.workerinput[_ATTRIBUTE] = self.ending.for_workers()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Note a test that took its worker along."""
        self.ledger.lost.append(crashitem)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker has left to say."""
        packed = getattr(node, "workeroutput", {}).get(_ATTRIBUTE)
        if packed is not None:
            collection, batches = pickle.loads(packed)  # noqa: S301 - as in _receive
            self.ledger.collection = collection
            for batch in batches:
                self.ledger.add(batch)

    def pytest_sessionfinish(self) -> None:
        """Pack what a worker has left to say."""
        if self.is_worker:
            left = [*self._outbox, self.recording.rest()]
            self.config.workeroutput[_ATTRIBUTE] = pickle.dumps((self.ledger.collection, left))  # type: ignore[attr-defined]

    # -- the end -------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge when all reports are in; a failed verdict counts as a failed test, so that all figures agree."""
        try:
            return (yield)
        finally:
            if self.ending is not None and not self.config.option.collectonly:
                self.ledger.add(self.recording.rest())
                if self.ending.judge(self.ledger):
                    session.testsfailed += 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Draw the report."""
        if self.ending is not None:
            self.ending.draw(terminalreporter)

    def pytest_unconfigure(self) -> None:
        """Undo every patch."""
        with suppress(Exception):
            self._patches.close()
