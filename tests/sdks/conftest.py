"""A server that speaks every API, and the check that what an SDK does there is seen once."""

from __future__ import annotations

import gc
import inspect
import sys
import warnings
from pathlib import Path

import pytest
from sdks_cases import LOOP, Case, Seen
from sdks_server import Provider

from pytest_llmcost.capture.owner import Owner
from pytest_llmcost.capture.recorder import Recorder
from pytest_llmcost.capture.sites import Sites
from pytest_llmcost.capture.watching import watch
from pytest_llmcost.core.call import Origin
from pytest_llmcost.process.pipeline import Pipeline
from pytest_llmcost.tokens import Counter

_ROOT = str(Path(__file__).parents[2])


def pytest_collection_modifyitems(items):
    """Let SDKs warn of what they like, and leave connections open."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings("ignore"))


@pytest.fixture(scope="session")
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture(scope="module", autouse=True)
def swept():
    """Collect what SDKs have left open, before tests of other folders are blamed for it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if "litellm.main" in sys.modules:
            LOOP.run(sys.modules["litellm"].close_litellm_async_clients())
        LOOP.renew()
        gc.collect()


@pytest.fixture(scope="session")
def counter():
    return Counter()


@pytest.fixture
def check(provider, counter, monkeypatch):
    """Return a function that runs a case and asserts that its calls, and nothing else, are seen."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)

    def check(case: Case) -> None:
        provider.begin(refusals=case.refusals, held=case.breaks)
        recorder = Recorder(Sites(_ROOT))
        with watch(recorder), recorder.owners.during(Owner("test_it.py::test_it", "call")):
            case.go(provider.base)
        provider.let_go()
        flights = sorted(recorder.rest(), key=lambda flight: flight.index)
        calls = Pipeline(counter, recorder.fault).calls(flights)
        assert recorder.faults == []
        assert [Seen.of(call) for call in calls] == list(case.seen)
        stated = [call.profile for call in calls if call.profile.reported_tokens is not None]
        assert [one.input_tokens_upper for one in stated] == [one.usage.input_tokens for one in stated]
        assert {call.origin for call in calls} == {Origin.LOCAL}
        assert len(provider.asked) == len(case.seen) + case.hidden, provider.asked
        sites = {call.call_site and call.call_site.partition(":")[0] for call in calls}
        assert sites == {f"tests/sdks/{_file(case)}"}

    return check


def _file(case: Case) -> str:
    return Path(inspect.unwrap(case.go).__code__.co_filename).name
