"""`llmcost report` for other programs, on run files that pytest has written: SARIF, a badge, a page."""

from __future__ import annotations

import json
import subprocess
import sys

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


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project in a folder of its repository, whose run file breaks a budget."""
    folder = tmp_path_factory.mktemp("repository")
    shop = folder / "services" / "shop"
    shop.mkdir(parents=True)
    (shop / "pyproject.toml").write_text(CONFIG, encoding="utf-8")
    (shop / "test_chat.py").write_text(TESTS, encoding="utf-8")
    subprocess.run(["git", "init", "-q", folder], check=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    subprocess.run(command, cwd=shop, check=False, capture_output=True)
    return shop


@pytest.fixture
def run(project, monkeypatch):
    """The run file; the working folder is the project's."""
    monkeypatch.chdir(project)
    return project / "llmcost.json"


def test_sarif_names_files_from_the_top_of_the_repository(run, capsys):
    assert main(["report", str(run), "--format", "sarif"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = found["results"]
    assert (result["ruleId"], result["level"]) == ("budget.monthly_usd", "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "services/shop/test_chat.py"


def test_a_badge_is_one_line_of_json(run, capsys):
    assert main(["report", str(run), "--format", "badge"]) == 0
    out = capsys.readouterr().out
    assert out == '{"schemaVersion": 1, "label": "LLM cost", "message": "$35.00/month", "color": "red"}\n'


def test_html_goes_to_a_file(run, tmp_path, capsys):
    assert main(["report", str(run), "--format", "html", "--output", str(tmp_path / "report.html")]) == 0
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", ["sarif", "badge", "html"])
def test_a_check_does_not_draw_for_others(kind, run, capsys):
    assert main(["check", str(run), "--format", kind]) == 2
    assert "invalid choice" in capsys.readouterr().err


def test_help_tells_what_the_formats_are_for(capsys):
    assert main(["report", "--help"]) == 0
    out = capsys.readouterr().out
    assert "term (default), json, markdown, html, sarif or badge" in out
    assert "code scanning" in out
    assert main(["check", "--help"]) == 0
    assert "GitHub Actions" in capsys.readouterr().out
