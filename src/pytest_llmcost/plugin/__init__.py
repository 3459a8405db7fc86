"""The pytest plugin: options, marker and fixture. Everything else is loaded when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from typing import Any

    from pytest_llmcost.plugin.fixture import LlmCost

MARKER = (
    "llmcost(feature=None, weight=1.0, max_cost=None, max_input_tokens=None, max_output_tokens=None, max_calls=None):"
    " which feature this test is a sample of, and limits in dollars, tokens and calls that fail it."
)
_LIMIT_KEYS = frozenset({"max_cost", "max_input_tokens", "max_output_tokens", "max_calls"})
_PROBLEM = "llmcost-problem"
"""In a worker's output: a usage error, for the controller to raise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    option = parser.getgroup("llmcost", "cost of LLM calls").addoption
    option("--llmcost", action="store_true", help="record LLM calls, report the cost, check budgets and the baseline")
    option(
        "--llmcost-report",
        action="append",
        metavar="TYPE[:PATH]",
        help="term (default), term-tests, term-calls, json, markdown, html or none; repeatable;"
        " default paths: llmcost.json, llmcost.md, llmcost.html; none is silent in GitHub Actions too",
    )
    option(
        "--llmcost-baseline",
        metavar="SOURCE",
        help="what to compare with: a baseline or run file, git:REF, git:merge-base:REF or none; default: on a pull"
        " request the baseline file at the merge base, elsewhere the baseline file of the configuration",
    )
    option("--llmcost-record-only", action="store_true", help="record and write reports, give no verdict")
    option(
        "--llmcost-update-baseline",
        action="store_true",
        help="write the baseline from this run; tests that did not run keep their entry",
    )
    option("--llmcost-scenario", metavar="NAME", help="the headline scenario")
    option(
        "--llmcost-explain",
        action="append",
        metavar="FEATURE",
        help="unfold the month of a feature into its amounts, rates and layers; repeatable",
    )
    option(
        "--llmcost-max-spend",
        metavar="USD",
        help="refuse, before it is sent, an LLM call once this run has spent that much on real sockets;"
        " needs --llmcost",
    )
    option("--llmcost-config", metavar="PATH", help="read [tool.llmcost] from another TOML file")


def pytest_configure(config: pytest.Config) -> None:
    """Start recording when asked to."""
    config.addinivalue_line("markers", MARKER)
    if config.getoption("llmcost"):
        from pytest_llmcost.plugin.start import start

        start(config, full=True)
    elif config.getoption("llmcost_max_spend") is not None:
        raise pytest.UsageError("--llmcost-max-spend needs --llmcost: without it no call is seen, so none is refused")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check the markers; record without `--llmcost` too when a test asks for the fixture or sets a limit.

    What a worker of pytest-xdist raises looks like a crash, so it runs nothing and lets the controller raise.
    """
    try:
        _check(config, items)
    except pytest.UsageError as problem:
        if not hasattr(config, "workeroutput"):
            raise
        config.workeroutput[_PROBLEM] = str(problem)
        items.clear()
    except Exception as error:
        session = config.pluginmanager.getplugin("llmcost-session")
        if session is None:
            raise
        session.recording.recorder.fault(error)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Raise the usage error that a worker found."""
    problem = getattr(node, "workeroutput", {}).get(_PROBLEM)
    if problem is not None:
        raise pytest.UsageError(problem)


def _check(config: pytest.Config, items: list[pytest.Item]) -> None:
    marked = [item for item in items if next(item.iter_markers("llmcost"), None) is not None]
    if marked:
        from pytest_llmcost.plugin.marker import read

        for item in marked:
            read(item)
    session = config.pluginmanager.getplugin("llmcost-session")
    if session is not None:
        session.check_claims(items)
    elif _limited(marked) or _asked_for(items):
        from pytest_llmcost.plugin.start import start

        start(config, full=False)


def _limited(items: list[pytest.Item]) -> bool:
    return any(_LIMIT_KEYS & marker.kwargs.keys() for item in items for marker in item.iter_markers("llmcost"))


def _asked_for(items: list[pytest.Item]) -> bool:
    return any("llmcost" in getattr(item, "fixturenames", ()) for item in items)


@pytest.fixture
def llmcost(request: pytest.FixtureRequest) -> LlmCost:
    """The LLM calls of this test so far: `.calls`, `.usage`, `.cost`, `.record(…)`, `.limit(…)`, `.exclude()`."""
    from pytest_llmcost.plugin.fixture import LlmCost

    plugins = request.config.pluginmanager
    if not plugins.hasplugin("llmcost-session"):  # asked for by its name, while the test runs
        from pytest_llmcost.plugin.start import start

        start(request.config, full=False)
        plugins.getplugin("llmcost-session").join(request.node)
    session = plugins.getplugin("llmcost-session")
    return LlmCost(session.recording, session.name(request.node))
