"""`llmcost check` in a step of GitHub Actions: shards, whose verdict comes after pytest, are told there too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmcost.cli import main

CONFIG = """\
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = 10_000
budget = { monthly_usd = 20 }
"""
TESTS = """\
def test_an_answer(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=1000, output_tokens=100)
"""
ERROR = (
    "::error file=shop/test_chat.py,title=LLM cost%3A budget.monthly_usd::"
    "`chat` uses $35.00 of $20.00 (dollars a month)"
)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with a project in a folder of it, whose run file breaks a budget."""
    folder = tmp_path_factory.mktemp("workspace")
    shop = folder / "shop"
    (shop / "deep").mkdir(parents=True)
    (shop / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    (shop / "test_chat.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-record-only"]
    subprocess.run([*command, "--llmcost-report=json"], cwd=shop, check=True, capture_output=True)
    return folder


@pytest.fixture
def run(workspace, monkeypatch, tmp_path):
    """The run file, in a step of GitHub Actions that works in the project."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.chdir(workspace / "shop")
    return workspace / "shop" / "llmcost.json"


def test_our_own_tests_forget_the_variables_of_ci_when_they_are_loaded():
    """A step of GitHub Actions runs this suite too, and pytest in its tests must not write into that step's summary."""
    conftest = Path(__file__).parents[1] / "conftest.py"
    look = "import os, runpy, sys; runpy.run_path(sys.argv[1]); print(*sorted(os.environ))"
    of_ci = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "s", "CI_JOB_ID": "1", "GITLAB_CI": "1", "ACTIONS_X": "1"}
    command = [sys.executable, "-c", look, str(conftest)]
    done = subprocess.run(command, env=os.environ | of_ci, check=True, capture_output=True, text=True)
    left = set(done.stdout.split())
    assert "PATH" in left
    assert not of_ci.keys() & left


@pytest.mark.parametrize("folder", [".", "deep"])
def test_findings_are_annotated_and_the_report_is_in_the_summary(folder, run, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["check", str(run)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-2:] == ["LLM cost check: fail (1 error)", ERROR]
    assert err == ""
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("### ❌ LLM cost $35.00 / month")


def test_json_on_standard_output_stays_json(run, capsys):
    assert main(["check", str(run), "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["verdict"] == "fail"
    assert err == f"{ERROR}\n"


def test_a_report_in_a_file_leaves_standard_output_to_annotations(run, tmp_path, capsys):
    assert main(["check", str(run), "--format", "json", "--output", str(tmp_path / "check.json")]) == 1
    assert capsys.readouterr() == (f"{ERROR}\n", "")


def test_a_summary_that_cannot_be_written_is_one_line_and_the_status_stays(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert main(["check", str(run)]) == 1
    out, err = capsys.readouterr()
    assert ERROR in out
    assert err == "llmcost: the job summary was not written: it is full, or its file cannot be written\n"


def test_a_bug_of_ours_is_one_line_and_the_status_stays(run, capsys, monkeypatch):
    import pytest_llmcost.render.annotations

    monkeypatch.setattr(pytest_llmcost.render.annotations, "annotations", lambda *_: 1 / 0)
    assert main(["check", str(run)]) == 1
    err = capsys.readouterr().err
    assert err == "llmcost: annotations and job summary failed (ZeroDivisionError in pytest-llmcost)\n"


def test_a_check_elsewhere_and_a_report_anywhere_say_nothing_there(run, tmp_path, capsys, monkeypatch):
    assert main(["report", str(run)]) == 0
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert main(["check", str(run)]) == 1
    assert "::error" not in capsys.readouterr().out
    assert not Path(tmp_path / "summary.md").exists()
