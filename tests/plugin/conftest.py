"""A small project that calls a model, and pytest run on it in a process of its own."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from spend_server import APP as SPENDING
from spend_server import SpendServer

import pytest_llmcost

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

APP = '''
"""Calls a model; the wire ends in this process, and the caller chooses what the reply says that was used."""

import httpx

URL = "https://api.openai.com/v1/chat/completions"


def answer(request):
    chosen = request.extensions["chosen"]
    status, model, text = chosen["status"], chosen["model"], chosen["text"]
    if status != 200:
        return httpx.Response(status, json={"error": {"message": "no", "type": "no"}})
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    said = {"id": "1", "object": "chat.completion", "model": model, "choices": [choice]}
    if chosen["usage"]:
        sent, generated = chosen["usage"]
        said["usage"] = {"prompt_tokens": sent, "completion_tokens": generated, "total_tokens": sent + generated}
    return httpx.Response(200, json=said)


client = httpx.Client(transport=httpx.MockTransport(answer))


def ask(user="Hello", *, system=None, usage=(20, 2), model="gpt-4", status=200, text="Hi", url=URL):
    messages = [{"role": "user", "content": user}]
    if system:
        messages.insert(0, {"role": "system", "content": system})
    chosen = {"status": status, "model": model, "text": text, "usage": usage}
    return client.post(url, json={"model": model, "messages": messages}, extensions={"chosen": chosen})
'''

PRICES = """
[tool.llmcost.prices."gpt-4"]
input = 1.00
output = 2.00
"""
"""Round prices, so that a test can state dollars: 1,000 calls of 20 tokens in and 2 out cost $0.024."""

_OF_CI = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "PYTEST_ADDOPTS")


@dataclass(frozen=True)
class Ran:
    """How one run of pytest ended: its exit status, what it printed, and its JSON report (None for none)."""

    status: int
    lines: list[str]
    errors: list[str]
    report: dict[str, Any] | None

    def line(self, *parts: str) -> str:
        """Return the one printed line that has all of these parts."""
        found = [line for line in self.lines if all(part in line for part in parts)]
        assert len(found) == 1, f"{len(found)} lines with {parts}:\n" + "\n".join(self.lines)
        return found[0]

    def has(self, *parts: str) -> bool:
        """Tell whether any line, of either stream, has all of these parts."""
        return any(all(part in line for part in parts) for line in (*self.lines, *self.errors))

    @property
    def json(self) -> dict[str, Any]:
        """The JSON report."""
        assert self.report is not None, "\n".join((*self.lines, *self.errors))
        return self.report

    def rules(self, severity: str | None = None) -> list[str]:
        """Return the rules of the findings; not the hint to declare traffic, nor how old the price list is."""
        return [
            one["rule"]
            for one in self.json["findings"]
            if one["rule"] != "no-traffic" and one["limit"] != "60 days" and severity in (None, one["severity"])
        ]

    def finding(self, rule: str) -> dict[str, Any]:
        """Return the one finding of a rule."""
        found = [one for one in self.json["findings"] if one["rule"] == rule]
        assert len(found) == 1, self.json["findings"]
        return {key: value for key, value in found[0].items() if key != "rule"}

    def feature(self, name: str) -> dict[str, Any]:
        """Return one feature of the report."""
        return next(one for one in self.json["features"] if one["name"] == name)

    def samples(self) -> dict[str, int]:
        """Return the number of samples of each feature."""
        return {one["name"]: one["samples"] for one in self.json["features"]}

    def groups(self) -> dict[str, int]:
        """Return the calls that are in no sample, counted by why."""
        return {one["name"]: one["calls"] for one in self.json["totals"]["groups"]}


class Project:
    """A project on disk, with an `app` whose `ask()` calls a model."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.root = pytester.path
        self.write("app.py", APP)
        self.configure("")

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text), encoding="utf-8")

    def configure(self, toml: str, *, prices: str = PRICES) -> None:
        """Write pyproject.toml."""
        self.write("pyproject.toml", f"[project]\nname = 'shop'\n{dedent(toml)}\n{prices}")

    def run(self, *arguments: str) -> Ran:
        """Run pytest, with a JSON report where `--llmcost` is given."""
        report = self.root / "llmcost.json"
        report.unlink(missing_ok=True)
        if "--llmcost" in arguments:
            arguments = (*arguments, "--llmcost-report=json")
        done = self.pytester.runpytest_subprocess(*_plugins(arguments), "-p", "no:cacheprovider", *arguments)
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else None
        return Ran(int(done.ret), done.outlines, done.errlines, found)

    def cost(self, *arguments: str) -> Ran:
        """Run pytest with `--llmcost`."""
        return self.run("--llmcost", *arguments)

    def update(self, *arguments: str) -> Ran:
        """Run pytest and write the baseline."""
        return self.cost("--llmcost-update-baseline", *arguments)


def _plugins(arguments: Iterable[str]) -> list[str]:
    """Name the plugins that a run needs: what else is installed must not slow it down or take part."""
    names = ["pytest_llmcost.plugin"]
    names += ["xdist.plugin"] if "-n" in arguments else []
    names += ["pytest_rerunfailures"] if any(one.startswith("--reruns") for one in arguments) else []
    names += ["pytest_split.plugin"] if "--splits" in arguments else []
    names += ["testmon.pytest_testmon"] if "--testmon" in arguments else []
    return [part for name in names for part in ("-p", name)]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without tests; pytest runs on it with nothing but the plugins that it needs."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(pytest_llmcost.__file__).parents[1]))
    for name in _OF_CI:
        monkeypatch.delenv(name, raising=False)
    return Project(pytester)


@pytest.fixture
def server(project: Project) -> Iterator[SpendServer]:
    """A server that counts; every call costs ten cents."""
    server = SpendServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    project.write("app.py", SPENDING.format(url=f"http://127.0.0.1:{server.server_address[1]}"))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
