"""The scripts of action.yml, run in bash as GitHub's runner runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
import yaml

from pytest_llmcost.cli import VERBS

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

HOSTILE = [
    "$(touch stolen)",
    "`touch stolen`",
    "; touch stolen",
    "--output=stolen",
    "a\n::error::b",
    "a\rb",
    "\x1b]0;a",
    "' \" $x",
]


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


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


def measured(folder: Path, limit: int, *options: str) -> Path:
    """What a real run writes in this folder."""
    (folder / "pyproject.toml").write_text(PROJECT.format(limit=limit), encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    subprocess.run([*command, *options], cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "llmcost.json"


@pytest.fixture(scope="module")
def passing(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("passing"), PASSING)


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    return measured(tmp_path_factory.mktemp("failing"), FAILING)


def refused(ended: Ended, step: str) -> bool:
    """One line that the runner shows as an error, and nothing else."""
    one_line = re.fullmatch(r"::error title=pytest-llmcost::Input [^\r\n\x1b]+\n", ended.out)
    return (ended.status, ended.step, ended.err) == (1, step, "") and bool(one_line)


def test_a_verdict_of_pass_passes(runner, passing):
    shutil.copy(passing, runner.folder)
    ended = runner.use(check="true")
    assert (ended.status, ended.step, ended.err) == (0, "Check the verdict", "")
    assert ended.outputs == {"run": str(runner.folder / "llmcost.json")}


def test_a_verdict_of_fail_fails_only_where_it_is_checked(runner, failing):
    shutil.copy(failing, runner.folder)
    assert runner.use(check="false").status == 0
    ended = runner.use(check="true")
    assert ended.status == 1
    assert "budget.monthly_usd" in ended.out


@pytest.mark.parametrize(
    "line", ["llmcost.json", "*.json", "./llmcost.json\n", "llmcost.json\r\n", "**/llmcost.json", "llmc[o]st.js?n"]
)
def test_a_run_file_is_a_line_or_a_glob(runner, passing, line):
    shutil.copy(passing, runner.folder)
    assert Path(runner.use(run=line).outputs["run"]).resolve() == (runner.folder / "llmcost.json").resolve()


def test_a_run_file_may_have_any_name(runner, passing):
    name = "-$(touch stolen) ; é.json"
    shutil.copy(passing, runner.folder / name)
    ended = runner.use(run="*.json", check="true")
    assert (ended.status, ended.err, ended.outputs) == (0, "", {"run": str(runner.folder / name)})
    assert not (runner.folder / "stolen").exists()


def test_paths_are_relative_to_the_working_directory(runner, passing):
    shutil.copytree(passing.parent, runner.folder / "app")
    ended = runner.use(working_directory="app", config="pyproject.toml", check="true")
    assert (ended.status, ended.outputs) == (0, {"run": str(runner.folder / "app" / "llmcost.json")})


def test_no_module_of_the_repository_is_imported(runner, passing):
    shutil.copy(passing, runner.folder)
    for name in ["pytest_llmcost", "pydantic", "venv", "pip", "ensurepip"]:
        (runner.folder / f"{name}.py").write_text("open('stolen', 'w')", encoding="utf-8")
    assert runner.use(check="true").status == 0
    assert not (runner.folder / "stolen").exists()


@pytest.mark.parametrize("name", sorted(ACTION["inputs"].keys() - {"run", "token"}))
@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_input_does_no_harm(runner, passing, name, value):
    shutil.copy(passing, runner.folder)
    assert refused(runner.use(**{name: value}), "Check the inputs")
    assert [path.name for path in runner.folder.iterdir()] == ["llmcost.json"]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_run_file_does_no_harm(runner, passing, value):
    shutil.copy(passing, runner.folder)
    ended = runner.use(run=value)
    assert refused(ended, "Check the inputs") or refused(ended, "Find the run file")
    assert [path.name for path in runner.folder.iterdir()] == ["llmcost.json"]


@pytest.mark.parametrize("value", ["%0A::error::b", "shards/*.json", "\n\n", "llmcost.json\nother.json", "."])
def test_a_run_file_that_is_not_there_is_one_line(runner, passing, value):
    shutil.copy(passing, runner.folder)
    assert refused(runner.use(run=value), "Find the run file")


@pytest.mark.parametrize("name", sorted(ACTION["inputs"].keys() - {"run", "token", "config"}))
def test_an_empty_input_is_refused_where_it_has_no_meaning(runner, name):
    assert refused(runner.use(**{name: ""}), "Check the inputs")


def test_an_old_python_is_refused(runner):
    old = runner.folder / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    assert refused(runner.use(python="./python-old"), "Check the inputs")


def test_a_job_after_a_workflow_run_needs_no_run_file(runner):
    ended = runner.use(event="workflow_run")
    assert (ended.status, ended.step, ended.out, ended.outputs) == (0, "Find the run file", "", {})
    assert refused(runner.use(event="workflow_run", check="true"), "Check the inputs")


@pytest.mark.skipif("combine" not in VERBS, reason="there is no llmcost combine yet")
def test_several_run_files_are_combined(runner, tmp_path_factory):
    for shard in ["a", "b"]:
        run = measured(tmp_path_factory.mktemp(shard), PASSING, "--llmcost-record-only")
        shutil.copy(run, runner.folder / f"{shard}.json")
    ended = runner.use(run="*.json", id="..")
    assert ended.status == 0, ended
    assert ended.outputs == {"run": str(runner.temp / "pytest-llmcost" / "runs" / "id-.." / "llmcost.json")}
    assert Path(ended.outputs["run"]).is_file()


class Hub(BaseHTTPRequestHandler):
    """As much of GitHub as one comment on pull request 7 needs; nothing else is found."""

    def do_GET(self):
        pull = {"head": {"sha": HEAD}}
        answers = {"/repos/acme/shop/pulls/7": pull, "/repos/acme/shop/issues/7/comments": self.server.comments}
        self._answer(answers.get(self.path.partition("?")[0]))

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        comment = {"id": 1, "html_url": "http://127.0.0.1/1", "user": {"login": "github-actions[bot]"}, **sent}
        is_comment = self.path == "/repos/acme/shop/issues/7/comments"
        if is_comment:
            self.server.comments.append(comment)
        self._answer(comment if is_comment else None)

    def _answer(self, found):
        self.server.tokens.add(self.headers["Authorization"])
        self.send_response(404 if found is None else 201 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(json.dumps({} if found is None else found).encode())

    def log_message(self, *arguments):
        """Nothing: what a test prints is compared."""


HEAD = 40 * "a"
TOKEN = "ghs_" + 36 * "x"


@pytest.fixture
def hub(runner):
    """A server, and a job for pull request 7 that knows its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.comments, server.tokens = [], set()
        Thread(target=server.serve_forever, daemon=True).start()
        repository = {"full_name": "acme/shop"}
        pull = {"number": 7, "head": {"sha": HEAD, "ref": "topic", "repo": repository}}
        event = runner.temp / "event.json"
        event.write_text(json.dumps({"pull_request": {**pull, "base": {"ref": "main", "sha": 40 * "b"}}}), "utf-8")
        runner.environment |= {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "1",
            "GITHUB_STEP_SUMMARY": str(runner.temp / "summary.md"),
        }
        yield server
        server.shutdown()


@pytest.mark.skipif("comment" not in VERBS, reason="there is no llmcost comment yet")
def test_the_comment_is_written_once_with_the_token_of_the_job(runner, hub, failing):
    shutil.copy(failing, runner.folder)
    for _ in range(2):
        ended = runner.use(comment="true", id="api", token=TOKEN)
        assert (ended.status, ended.step) == (0, "Comment on the pull request"), ended
        assert TOKEN not in ended.out + ended.err
    assert [comment["body"].partition(" at=")[0] for comment in hub.comments] == ["<!-- pytest-llmcost id=api"]
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert runner.use(comment="true", check="true", token=TOKEN).status == 1
    assert len(hub.comments) == 2


@pytest.mark.skipif("PYTEST_LLMCOST_INSTALL" not in os.environ, reason="fetches packages: set PYTEST_LLMCOST_INSTALL")
def test_the_action_installs_itself_once(tmp_path, passing):
    runner = Runner(tmp_path, venv=None)
    shutil.copy(passing, runner.folder)
    assert runner.use(check="true").status == 0
    kept = runner.temp / "pytest-llmcost" / "venv" / "kept"
    kept.touch()
    assert runner.use(check="true").status == 0
    assert kept.exists()
