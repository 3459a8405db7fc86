"""`llmcost accept`: an increase with its reason, on a run file and a baseline that pytest --llmcost has written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

NAME = "llmcost-baseline.json"
PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01
{more}
[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = 10_000
"""
TESTS = """\
def test_an_answer(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens={tokens}, output_tokens=100)
"""
# 1,000 x $2.50 + 100 x $10 a million = $0.0035 a request: $35 a month; with 3,000 tokens $85.


def cost(folder: Path, tokens: int, *arguments: str, more: str = "") -> Path:
    (folder / "pyproject.toml").write_text(PROJECT.format(more=more), encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS.format(tokens=tokens), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    subprocess.run([*command, *arguments], cwd=folder, env=environment, check=False, capture_output=True)
    return folder / "llmcost.json"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A baseline of $35 a month, and the run file of a change that makes it $85."""
    folder = tmp_path_factory.mktemp("dearer")
    cost(folder, 1000, "--llmcost-update-baseline")
    cost(folder, 3000)
    return folder


@pytest.fixture
def project(template, tmp_path, monkeypatch):
    folder = tmp_path / "project"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    for name in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", os.devnull)
    return folder


def accepted(path: Path) -> list[list[str | None]]:
    return json.loads(path.read_text(encoding="utf-8"))["accepted"][:-1]


def today(days: int = 0) -> str:
    return (datetime.now(UTC).date() + timedelta(days)).isoformat()


def test_an_increase_is_accepted_with_its_reason_and_the_next_run_passes(project, capsys):
    assert json.loads((project / "llmcost.json").read_text(encoding="utf-8"))["verdict"] == "fail"
    day = today()
    assert main(["accept", "llmcost.json", "--reason", "  longer refund policy "]) == 0
    assert capsys.readouterr().out == (
        "accepted: $35.00 -> $85.00 a month (longer refund policy);"
        " written to llmcost-baseline.json: commit it with the change\n"
    )
    assert accepted(project / NAME) in ([[on, "", "longer refund policy", "35", "85", None]] for on in (day, today()))
    after = json.loads(cost(project, 3000).read_text(encoding="utf-8"))
    assert (after["verdict"], after["comparison"]["monthly_before_usd"]) == ("pass", "85")


def test_what_is_accepted_is_told_in_the_currency_and_kept_in_dollars(project, capsys):
    cost(project, 3000, more="[tool.llmcost.currency]\ncode = 'EUR'\nper_usd = 0.5\n")
    assert main(["accept", "llmcost.json", "--reason", "longer"]) == 0
    assert capsys.readouterr().out.startswith("accepted: €17.50 -> €42.50 a month (longer);")
    assert accepted(project / NAME)[0][3:5] == ["35", "85"]


def test_an_overhead_is_accepted_with_the_baseline_that_has_it(project, capsys):
    more = "[tool.llmcost.overheads]\nretries = 0.50"
    run_file = cost(project, 1000, more=more)
    assert json.loads(run_file.read_text(encoding="utf-8"))["verdict"] == "fail"
    assert main(["accept", "llmcost.json", "--reason", "retries"]) == 0
    assert capsys.readouterr().out.startswith("accepted: $35.00 -> $52.50 a month (retries);")
    header = json.loads((project / NAME).read_text(encoding="utf-8"))["header"]
    assert header["overheads"] == [["retries", "0.50"], []]
    after = json.loads(cost(project, 1000, more=more).read_text(encoding="utf-8"))
    assert (after["verdict"], after["comparison"]["monthly_before_usd"]) == ("pass", "52.5")


def test_who_accepts_is_whom_git_knows(project, capsys):
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    subprocess.run(["git", "config", "user.name", "Ada Lovelace"], cwd=project, check=True)
    until = today(30)
    assert main(["accept", "llmcost.json", "--reason", "launch", "--until", until]) == 0
    assert capsys.readouterr().out.startswith(f"accepted by Ada Lovelace until {until}: $35.00 -> $85.00 a month (")
    ((_, by, reason, _, _, last),) = accepted(project / NAME)
    assert (by, reason, last) == ("Ada Lovelace", "launch", until)


def test_acceptances_add_up_and_survive_an_update(project, capsys):
    main(["accept", "llmcost.json", "--reason", "first"])
    cost(project, 5000)
    main(["accept", "llmcost.json", "--reason", "second"])
    cost(project, 2000, "--llmcost-update-baseline")
    assert [row[2:5] for row in accepted(project / NAME)] == [["first", "35", "85"], ["second", "85", "135"]]


def test_what_is_accepted_anew_keeps_the_figure_from_before_it_was_first_accepted(project, capsys):
    main(["accept", "llmcost.json", "--reason", "launch"])
    file = project / NAME
    text, on = file.read_text(encoding="utf-8"), accepted(file)[0][0]
    file.write_text(text.replace(f'["{on}",', '["2026-01-01",').replace(',"85",null]', ',"85","2026-01-31"]'))
    cost(project, 3000)
    found = json.loads((project / "llmcost.json").read_text(encoding="utf-8"))
    assert [one["rule"] for one in found["findings"]] == ["acceptance-expired"]
    assert main(["accept", "llmcost.json", "--reason", "launch goes on", "--until", today(9)]) == 0
    assert [row[2:5] for row in accepted(file)] == [["launch", "35", "85"], ["launch goes on", "35", "85"]]
    assert json.loads(cost(project, 3000).read_text(encoding="utf-8"))["verdict"] == "pass"


def test_the_configuration_or_an_option_names_the_file(project, capsys):
    (project / NAME).rename(project / "tokens.json")
    cost(project, 3000, more='baseline = "tokens.json"')
    (project / "pyproject.toml").rename(project / "other.toml")
    assert main(["accept", "llmcost.json", "--reason", "why", "--config", "other.toml"]) == 0
    assert len(accepted(project / "tokens.json")) == 1
    assert main(["accept", "llmcost.json", "--reason", "why", "--baseline", "third.json"]) == 0
    assert len(accepted(project / "third.json")) == 1
    assert not (project / NAME).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "the following arguments are required: --reason"),
        (["--reason", " \u2003 "], "--reason is empty"),
        (["--reason", "a\nb"], "--reason has a control character"),
        (["--reason", "a\x1b[31m"], "--reason has a control character"),
        (["--reason", "a\u2028b"], "--reason has a control character"),
        (["--reason", "a\udce9"], "--reason has a control character"),
        (["--reason", "x" * 301], "--reason has 301 characters, and 300 are the most"),
        (["--reason", "x", "--until", "soon"], "--until 'soon' is no day"),
        (["--reason", "x", "--until", "2026-02-30"], "--until '2026-02-30' is no day"),
        (["--reason", "x", "--until", "2020-01-01"], "--until 2020-01-01 is past"),
        (["--reason", "x", "--config", "none.toml"], "none.toml"),
    ],
)
def test_wrong_use_is_one_line_and_nothing_is_written(project, arguments, told, capsys):
    before = (project / NAME).read_bytes()
    assert main(["accept", "llmcost.json", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err
    assert (project / NAME).read_bytes() == before


def test_300_characters_are_a_reason(project, capsys):
    assert main(["accept", "llmcost.json", "--reason", "x" * 300]) == 0


def test_a_baseline_with_conflict_markers_is_not_replaced(project, capsys):
    (project / NAME).write_text("<<<<<<< ours\n", encoding="utf-8")
    assert main(["accept", "llmcost.json", "--reason", "why"]) == 2
    assert "llmcost-baseline.json holds git conflict markers: resolve the merge" in capsys.readouterr().err
    assert (project / NAME).read_text(encoding="utf-8") == "<<<<<<< ours\n"


def test_a_run_that_is_compared_with_nothing_has_no_increase(project, capsys):
    (project / NAME).unlink()
    cost(project, 3000)
    assert main(["accept", "llmcost.json", "--reason", "why"]) == 2
    assert "llmcost.json is compared with no baseline, so there is no increase" in capsys.readouterr().err
    assert not (project / NAME).exists()
