"""Every mock and replay tool with every client that it knows: each call is seen once, with its usage and its origin.

The tests of the folder `suite` are a user's, with the real tools. They run twice without us and twice with us, in one
process each: once with the tools' own plugins loaded before ours, once with none, so that each tool is imported when
the patches are in already. Their outcome must not depend on us, and what they have called is compared with their rows
of docs/what-is-seen.md.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from seen_rows import Row, rows

import pytest_llmcost

HERE = Path(__file__).parent
SUITE = sorted((HERE / "suite").glob("tool_*.py"))
PLUGINS = {
    "respx": "respx.plugin",
    "pytest_httpx": "pytest_httpx",
    "pytest_httpx2": "pytest_httpx2",
    "pytest_recording": "pytest_recording.plugin",
    "pook": "pook.pytest_fixture",
    "requests_mock": "requests_mock.contrib._pytest_plugin",
}
"""Mock tools that are plugins of pytest: by default pytest loads them before it configures ours."""
ROWS: dict[tuple[str, str], Row] = {(Path(row.file).stem, row.test): row for row in rows() if "/suite/" in row.file}
USAGE = {"input_tokens": 9, "output_tokens": 2}


@dataclass(frozen=True)
class Ran:
    """One run of the suite: the outcome of each test, and what was reported."""

    outcomes: dict[str, str]
    printed: str
    report: dict | None

    def calls(self, test):
        return [call for call in self.report["calls"] if call["test"] == test]

    def findings(self, rule):
        return [one for one in self.report["findings"] if one["rule"] == rule]


def run(folder, *arguments, plugins=()):
    for file in (HERE / "suite").glob("*.py"):
        shutil.copy(file, folder / file.name.replace("tool_", "test_").replace("beside", "conftest"))
    shutil.copy(HERE.parent / "capture" / "capture_wire.py", folder)
    (folder / "pyproject.toml").write_text("[project]\nname = 'suite'\n", encoding="utf-8")
    loaded = [part for name in ("pytest_llmcost.plugin", *plugins) for part in ("-p", name)]
    command = [sys.executable, "-m", "pytest", *loaded, "-p", "no:cacheprovider", "--junitxml=all.xml", *arguments]
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(Path(pytest_llmcost.__file__).parents[1]),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    done = subprocess.run(
        [*command, "-rA", "-q"], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    report = folder / "llmcost.json"
    found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
    return Ran(_outcomes(done.stdout), done.stdout + done.stderr, found)


def _outcomes(printed):
    lines = [line.split(" ", 1) for line in printed.splitlines() if line.startswith(("PASSED ", "FAILED ", "ERROR "))]
    return {test.partition(" - ")[0]: word for word, test in lines}


@pytest.fixture(scope="module", params=["tools first", "tools late"])
def both(request, tmp_path_factory):
    """The suite without us and with us."""
    first = request.param == "tools first"
    plugins = [plugin for library, plugin in PLUGINS.items() if find_spec(library)] if first else []
    chosen = [] if first else ["-m", "not needs_plugin"]
    folders = [tmp_path_factory.mktemp(name) for name in ("without", "with")]
    without = run(folders[0], *chosen, plugins=plugins)
    return without, run(
        folders[1], "--llmcost", "--llmcost-report=json", "--llmcost-report=term", *chosen, plugins=plugins
    )


def test_no_test_of_a_tool_depends_on_us(both):
    without, with_us = both
    assert set(without.outcomes.values()) == {"PASSED"}, without.printed
    assert with_us.outcomes == without.outcomes, with_us.printed
    assert with_us.report is not None, with_us.printed


def test_nothing_of_ours_has_failed(both):
    assert both[1].findings("internal") == []


@pytest.mark.parametrize("file", [file.stem for file in SUITE])
def test_each_call_is_seen_once_with_usage_and_origin(both, file):
    ran = both[1]
    tests = [test for test in ran.outcomes if test.startswith(file.replace("tool_", "test_") + ".py")]
    wrong = [problem for test in tests for problem in _problems(ran, test, file)]
    assert wrong == []


def _problems(ran, test, file):
    row = ROWS.get((file, test.partition("::")[2].partition("[")[0]))
    if row is None:
        return
    calls, told = ran.calls(test), row.more
    origins = [] if row.area == "not" else str(told["origin"]).split(", ")
    if [call["origin"] for call in calls] != origins:
        yield f"{test}: {[call['origin'] for call in calls]} instead of {origins}"
        return
    if calls:
        usage = {name: calls[-1]["usage"][name] for name in USAGE}
        if told.get("usage") != "counted" and (usage, calls[-1]["usage_source"]) != (USAGE, "reported"):
            yield f"{test}: {usage}, {calls[-1]['usage_source']}"
        if "stream" in test.partition("[")[2] and not calls[-1]["stream"]:  # some clients read all replies in parts
            yield f"{test}: not seen as a stream"
    found = [one["rule"] for one in ran.report["findings"] if one["subject"] == test]
    if found != ([told["finding"]] if "finding" in told else []):
        yield f"{test}: {found}"


def test_the_summary_says_how_many_calls_reached_the_network(both):
    ran = both[1]
    live = [call for call in ran.report["calls"] if call["origin"] == "live"]
    assert live
    line = f"{len(live)} calls of {len({call['test'] for call in live})} tests reached the network"
    assert line in ran.printed


def test_a_call_past_a_mock_is_a_warning_with_tool_host_and_fix(both):
    found = both[1].findings("bypassed-mock")
    (respx,) = [one for one in found if "test_past_respx[whole-httpx2]" in one["subject"]]
    assert respx["severity"] == "warning"
    assert respx["message"].startswith(
        "respx was active and does not know httpx2: the call went past it to llm.example"
    )
    assert "`httpx2_mock`" in respx["message"]
    assert respx["location"].startswith("clients.py:")


def test_every_call_that_was_not_live_says_who_answered(both):
    """`stale-reply` names them."""
    nameless = [
        call["test"]
        for call in both[1].report["calls"]
        if call["origin"] == "replayed" and not call.get("replayed_by") and call["status"]
    ]
    assert nameless == []
