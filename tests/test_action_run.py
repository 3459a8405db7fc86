"""The scripts of action.yml, run in bash as GitHub's runner runs them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from action_runner import ACTION, FAILING, PASSING, Ended, Runner, measured

from pytest_llmcost.cli import VERBS

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


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


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


@pytest.mark.skipif("PYTEST_LLMCOST_INSTALL" not in os.environ, reason="fetches packages: set PYTEST_LLMCOST_INSTALL")
def test_the_action_installs_itself_once(tmp_path, passing):
    runner = Runner(tmp_path, venv=None)
    shutil.copy(passing, runner.folder)
    assert runner.use(check="true").status == 0
    kept = runner.temp / "pytest-llmcost" / "venv" / "kept"
    kept.touch()
    assert runner.use(check="true").status == 0
    assert kept.exists()
