"""What GitHub's runner does with action.yml, in bash, and run files to give to it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
VENV = Path(sys.prefix)

PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = 10_000
budget = {{ monthly_usd = {limit} }}
"""
TESTS = """\
def test_an_answer(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=1000, output_tokens=100)
"""
# 1,000 x $2.50 + 100 x $10 a million = $0.0035 a request: $35 a month.
PASSING, FAILING = 40, 20


class Ended(NamedTuple):
    """How a use of the action ended: at which step, and what all of them printed and handed on."""

    status: int
    step: str
    out: str
    err: str
    outputs: dict[str, str]


class Runner:
    """Does what GitHub's runner does with a composite action: inputs, conditions, outputs, one bash for each step."""

    def __init__(self, folder: Path, *, venv: Path | None = VENV) -> None:
        self.folder = folder / "work space"
        self.temp = folder / "temp"
        self.environment: dict[str, str] = {}
        self.folder.mkdir()
        self.temp.mkdir()
        if venv:  # as an earlier step of the job has left it
            (self.temp / "pytest-llmcost").mkdir()
            (self.temp / "pytest-llmcost" / "venv").symlink_to(venv)
            (self.temp / "pytest-llmcost" / "installed").write_text(f"{ROOT}\n", encoding="utf-8")

    def use(self, event: str = "pull_request", **inputs: str) -> Ended:
        """Runs the steps with these inputs (`_` for `-`) until one fails; no comment unless it is asked for."""
        values = {name: given.get("default", "") for name, given in ACTION["inputs"].items()}
        values |= {"comment": "false", "python": sys.executable}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        ended = Ended(0, "", "", "", {})
        for step in ACTION["runs"]["steps"]:
            if holds(step.get("if"), values) and not ended.status:
                ended = self._run(step, values, event, ended)
        return ended

    def _run(self, step: dict, values: dict[str, str], event: str, before: Ended) -> Ended:
        def value(match: re.Match[str]) -> str:
            kind, _, name = match[1].partition(".")
            return values[name] if kind == "inputs" else before.outputs.get(name.removeprefix("run.outputs."), "")

        given = {key: re.sub(r"\$\{\{ (\S+) \}\}", value, text) for key, text in step["env"].items()}
        output, script = self.temp / "output", self.temp / "script.sh"
        output.write_text("", encoding="utf-8")
        script.write_text(step["run"], encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temp),
            "PYTHONPATH": str(self.folder),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": event,
            "GITHUB_OUTPUT": str(output),
        }
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment | self.environment | given,
            capture_output=True,
            check=False,
            text=True,
        )
        added = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
        out, err = before.out + done.stdout, before.err + done.stderr
        return Ended(done.returncode, step["name"], out, err, before.outputs | added)


def holds(condition: str | None, values: dict[str, str]) -> bool:
    """Whether a step is run; a condition of ours asks whether an input is true."""
    if condition is None:
        return True
    match = re.fullmatch(r"inputs\.([a-z-]+) == 'true'", condition)
    assert match, condition
    return values[match[1]] == "true"


def measured(folder: Path, limit: int, *options: str) -> Path:
    """What a real run writes in this folder."""
    (folder / "pyproject.toml").write_text(PROJECT.format(limit=limit), encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    subprocess.run([*command, *options], cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "llmcost.json"
