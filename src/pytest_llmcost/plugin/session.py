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
from pytest_llmcost.plugin.batch import Batch, Collection, Parcel
from pytest_llmcost.plugin.guard import charging, guarded
from pytest_llmcost.plugin.ledger import Ledger, searched
from pytest_llmcost.plugin.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.ending import Ending

_ATTRIBUTE = "llmcost"
"""In a worker's input: what all workers share. On a test report and in a worker's output: a pickled parcel."""

_NAME = pytest.StashKey[str]()


class Session:
    """Records in every process that runs tests; composes and judges where the run ends.

    Args:
        config: pytest's.
        ending: makes the report and the verdict; None where neither is wanted: in workers, or without `--llmcost`.
        settings: what was configured.
        price: gives the price book when it is first needed.
        baseline: reads the baseline when a worker needs it.
    """

    def __init__(
        self,
        config: pytest.Config,
        ending: Ending | None,
        settings: Settings,
        price: Callable[[], Price],
        baseline: Callable[[], Against],
    ) -> None:
        self.config = config
        self.ending = ending
        self.settings = settings
        self.is_worker = hasattr(config, "workerinput")
        self._is_awaited = _ATTRIBUTE in getattr(config, "workerinput", {})
        self._read_baseline = baseline
        self._against: Against | None = ending.against if ending is not None else None
        recorder = Recorder(Sites(str(config.rootpath), settings.evaluation))
        self.recording = Recording(recorder, self._baseline, price, store_text=settings.store_text)
        self.ledger = Ledger()
        self._outbox: list[Batch] = []
        self._sent_collection = False
        self._files: set[str] = set()
        self._broken: set[str] = set()
        self._tests: set[str] = set()
        self._refused = False
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

    @guarded
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note which files were searched for tests."""
        if report.failed:
            self._broken.add(report.nodeid.partition("::")[0])
        elif report.passed and "::" not in report.nodeid:
            self._files.add(report.nodeid)

    @guarded
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Note a test that exists, whether it will run or not, before pytest-xdist adds a group to its name."""
        item.stash[_NAME] = item.nodeid
        self._tests.add(item.nodeid)

    @staticmethod
    def name(item: pytest.Item) -> str:
        """Return the node id of a test, the same with and without pytest-xdist."""
        return item.stash.get(_NAME, item.nodeid)

    def check_claims(self, items: list[pytest.Item]) -> None:
        """Raise UsageError for tests that two features claim, and for markers of no feature."""
        if self.settings.features:
            from pytest_llmcost.plugin.claims import check_claims

            check_claims(self.settings.features, {self.name(item): marker.read(item).feature for item in items})

    @guarded
    def pytest_collection_finish(self) -> None:
        """Note what there is. With `--last-failed` pytest leaves tests out without a word."""
        files = () if getattr(self.config.option, "lf", False) else self._files - self._broken
        self.ledger.collection = Collection(frozenset(self._tests), searched(files, self.config))

    # -- one test ------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what set-up calls to the test; begin an attempt."""
        __tracebackhide__ = True  # as in all wrappers: a failure beyond the test's own code would show them
        self._begin(item)
        with self._charging(item, "setup"):
            return (yield)

    @guarded
    def _begin(self, item: pytest.Item) -> None:
        self.recording.begin(self.name(item), marker.read(item), item.location)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what the test calls to it; fail it when it breaks a limit of its marker."""
        __tracebackhide__ = True
        with self._charging(item, "call"):
            result = yield
        self._enforce(item)
        return result

    @guarded
    def _enforce(self, item: pytest.Item) -> None:
        self.recording.enforce_marker(self.name(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Charge what teardown calls to the test."""
        __tracebackhide__ = True
        with self._charging(item, "teardown"):
            return (yield)

    def _charging(self, item: pytest.Item, phase: str) -> AbstractContextManager[None]:
        return charging(self.recording.recorder, lambda: self.recording.owner(self.name(item), phase))

    def join(self, item: pytest.Item) -> None:
        """Take up a test that is running already."""
        self.recording.begin(self.name(item), marker.read(item), item.location)
        self._patches.enter_context(self._charging(item, "call"))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        """Charge fixtures wider than one test to nobody, their teardown included."""
        __tracebackhide__ = True
        if fixturedef.scope == "function":
            return (yield)
        charge = ExitStack()
        fixturedef.addfinalizer(charge.close)  # runs last
        with self._shared():
            result = yield
        fixturedef.addfinalizer(partial(charge.enter_context, self._shared()))  # runs first
        return result

    def _shared(self) -> AbstractContextManager[None]:
        return charging(self.recording.recorder, lambda: Owner(None, SHARED))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how each phase ended; read the test's calls when it is over."""
        report = yield
        try:
            broken = getattr(call.excinfo, "typename", "") == "LimitBroken"
            self.recording.note(self.name(item), report, by_limit=broken)
            if report.when == "teardown":
                self._deliver(self.recording.finish(self.name(item)))
        except Exception as error:
            self.recording.recorder.fault(error)
        return report

    def _deliver(self, batch: Batch) -> None:
        if not self.is_worker:
            self.ledger.add(batch)
        elif self._is_awaited:
            self._outbox.append(batch)

    @pytest.hookimpl(tryfirst=True)
    @guarded
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Send what is ready with the next report that travels; take it off where it arrives."""
        if self.is_worker and self._outbox:
            setattr(report, _ATTRIBUTE, self._packed())
        elif not self.is_worker and hasattr(report, _ATTRIBUTE):
            self._receive(getattr(report, _ATTRIBUTE))
            delattr(report, _ATTRIBUTE)

    def _packed(self) -> bytes:
        parcel = Parcel(self._outbox, None if self._sent_collection else self.ledger.collection)
        self._outbox, self._sent_collection = [], True
        return pickle.dumps(parcel)

    def _receive(self, packed: bytes) -> None:
        parcel = pickle.loads(packed)  # noqa: S301 - written by our own worker processes
        if parcel.collection is not None:
            self.ledger.collection = parcel.collection
        for batch in parcel.batches:
            self.ledger.add(batch)

    # -- pytest-xdist --------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a new worker what all workers must agree on."""
        if self.ending is not None:
            node.workerinput[_ATTRIBUTE] = self.ending.for_workers()

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """Note a test that took its worker along."""
        self.ledger.lost.append(crashitem)

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker has left to say."""
        if _ATTRIBUTE in getattr(node, "workeroutput", {}):
            self._receive(node.workeroutput[_ATTRIBUTE])

    @guarded
    def pytest_sessionfinish(self) -> None:
        """Pack what a worker has left to say."""
        if self._is_awaited:
            self._outbox += self._rest()
            self.config.workeroutput[_ATTRIBUTE] = self._packed()  # type: ignore[attr-defined]

    # -- the end -------------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Judge when all reports are in; a failed verdict counts as a failed test, so that all figures agree."""
        try:
            return (yield)
        except pytest.UsageError:
            self._refused = True
            raise
        finally:
            if self.ending is not None and self._has_run():
                self._close_books()
                if self.ending.judge(self.ledger):
                    session.testsfailed += 1

    def _close_books(self) -> None:
        try:
            for batch in self._rest():
                self.ledger.add(batch)
        except Exception as error:
            self.recording.recorder.fault(error)
            self.ledger.faults += self.recording.recorder.faults

    def _rest(self) -> list[Batch]:
        """Return what is left to say; our own bugs to the last, that of reading the rest included."""
        recorder = self.recording.recorder
        try:
            left = [self.recording.rest()]
        except Exception as error:
            recorder.fault(error)
            left = []
        return [*left, Batch(findings=tuple(recorder.notices), faults=tuple(recorder.faults))]

    def _has_run(self) -> bool:
        """Tell whether tests ran in earnest; without their bodies they make no calls, which is no saving."""
        instead = ("collectonly", "setuponly", "setupplan")
        return not (self._refused or any(self.config.getoption(name, False) for name in instead))

    @guarded
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Draw the report."""
        if self.ending is not None:
            self.ending.draw(terminalreporter)

    def pytest_unconfigure(self) -> None:
        """Undo every patch."""
        with suppress(Exception):
            self._patches.close()
        self.ledger = Ledger()  # pytest collects garbage after us, several times: what is gone costs nothing
        if self.ending is not None:
            self.ending.close()
