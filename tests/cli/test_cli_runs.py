"""`llmcost report` and `llmcost check`, on run files that pytest --llmcost has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

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


def written(folder: Path, limit: int) -> Path:
    (folder / "pyproject.toml").write_text(PROJECT.format(limit=limit), encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    subprocess.run([*command, "--llmcost-report=json"], cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "llmcost.json"


@pytest.fixture(scope="module")
def passing(tmp_path_factory):
    return written(tmp_path_factory.mktemp("passing"), 40)


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    return written(tmp_path_factory.mktemp("failing"), 20)


def test_a_report_is_drawn_again(passing, capsys):
    assert main(["report", str(passing)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("LLM cost: $35.00 a month at declared traffic (measured)\n")
    assert out.endswith("LLM cost check: pass\n")
    assert "\033" not in out
    assert err == ""


def test_a_report_of_a_failed_run_is_no_failure(failing, capsys):
    assert main(["report", str(failing)]) == 0
    assert "ERROR budget.monthly_usd chat: `chat` uses $35.00 of $20.00" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["report", "check"])
def test_json_is_the_run_file_again(verb, passing, capsys):
    assert main([verb, str(passing), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(passing.read_text(encoding="utf-8"))


def test_markdown_has_a_heading_and_goes_to_a_file(passing, tmp_path, capsys):
    assert main(["report", str(passing), "--format=markdown", "--output", str(tmp_path / "report.md")]) == 0
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("### ⚪ LLM cost $35.00 / month")
    assert capsys.readouterr().out == ""


def test_a_check_tells_the_verdict_by_its_status(passing, failing, capsys):
    assert main(["check", str(passing)]) == 0
    assert capsys.readouterr().out == "LLM cost check: pass\n"
    assert main(["check", str(failing)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == "ERROR budget.monthly_usd chat: `chat` uses $35.00 of $20.00 (dollars a month)"
    assert last == "LLM cost check: fail (1 error)"


def test_a_check_that_writes_a_file_has_the_same_status(failing, tmp_path):
    assert main(["check", str(failing), "--format", "markdown", "--output", str(tmp_path / "check.md")]) == 1
    assert (tmp_path / "check.md").read_text(encoding="utf-8").startswith("### ❌ LLM cost $35.00 / month")


def test_a_check_shows_every_finding(failing, tmp_path, capsys):
    run = json.loads(failing.read_text(encoding="utf-8"))
    (error,) = run["findings"]
    run["findings"] = [error | {"severity": "notice", "subject": f"chat {n}"} for n in range(30)]
    (tmp_path / "many.json").write_text(json.dumps(run), encoding="utf-8")
    main(["check", str(tmp_path / "many.json")])
    assert capsys.readouterr().out.count("NOTICE budget.monthly_usd chat ") == 30


@pytest.mark.parametrize("verb", ["report", "check"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "does not exist"),
        ("", "not JSON"),
        ('{"format": "pytest-llmcost/baseline", "version": 1}', "run file"),
        ('{"format": "pytest-llmcost/run", "version": 1, "calls": 3}', "is damaged"),
    ],
)
def test_what_is_no_run_file_is_one_line_and_status_2(verb, content, told, tmp_path, capsys):
    if content is not None:
        (tmp_path / "run.json").write_text(content, encoding="utf-8")
    assert main([verb, str(tmp_path / "run.json")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("llmcost: ")
    assert told in err


def test_a_terminal_that_is_not_utf_8_gets_escapes(failing, tmp_path):
    run = json.loads(failing.read_text(encoding="utf-8"))
    run["findings"][0]["message"] = "$1 → $2"
    (tmp_path / "run.json").write_text(json.dumps(run), encoding="utf-8")
    command = [sys.executable, "-m", "pytest_llmcost", "check", str(tmp_path / "run.json")]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False, capture_output=True)
    assert done.returncode == 1
    assert b"$1 \\u2192 $2" in done.stdout
    assert done.stderr == b""


def test_a_person_at_a_terminal_sees_colours(failing, monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    main(["check", str(failing)])
    assert capsys.readouterr().out.startswith("\033[31mERROR")
    monkeypatch.setenv("NO_COLOR", "1")
    main(["check", str(failing)])
    assert "\033" not in capsys.readouterr().out
