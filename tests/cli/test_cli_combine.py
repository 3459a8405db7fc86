"""`llmcost combine`: run files in, one run file out; what was odd on one line; the verdict is left to check."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from pytest_llmcost.cli import main

PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = 10_000
budget = { monthly_usd = 60 }
"""

TESTS = """\
def test_an_answer(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=1000, output_tokens=100)

def test_another(llmcost):
    llmcost.record(provider="openai", model="gpt-4o", input_tokens=3000, output_tokens=100)
"""
# 1,000 x $2.50 + 100 x $10 a million = $0.0035 a request, and $0.0085: $60 a month on average.


def environment():
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}


def pytest_run(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", *arguments]
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with the files of its two shards, and of the whole suite."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS, encoding="utf-8")
    pytest_run(folder, "--llmcost-update-baseline", "--llmcost-report=json:whole.json")
    pytest_run(folder, "--llmcost-report=json:whole.json")
    for group in "12":
        shard = (f"--llmcost-report=json:shard-{group}.json", "--splits=2", f"--group={group}")
        pytest_run(folder, "--llmcost-record-only", *shard)
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    """A copy of it, as the working folder."""
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)
    return folder


def written(path):
    return json.loads(path.read_text(encoding="utf-8"))


def odd(path):
    return [(one["rule"], one["severity"]) for one in written(path)["findings"] if one["rule"].startswith("combined")]


def edited(path, **changes):
    """Change keys of the only part of a run file."""
    data = written(path)
    data["session"]["parts"][0].update(changes)
    path.write_text(json.dumps(data), encoding="utf-8")


def test_shards_become_one_file_with_one_verdict(project, capsys):
    assert main(["combine", "shard-1.json", "shard-2.json"]) == 0
    out, err = capsys.readouterr()
    assert out == "2 runs of 2 files combined into llmcost.json: 2 tests, 2 calls\n"
    assert err == ""
    assert written(project / "llmcost.json")["scenarios"] == written(project / "whole.json")["scenarios"]
    assert main(["check", "llmcost.json"]) == 0


def test_the_combined_file_is_read_as_it_was_written(project, capsys):
    main(["combine", "shard-1.json", "shard-2.json"])
    capsys.readouterr()
    assert main(["report", "llmcost.json", "--format", "json"]) == 0
    assert capsys.readouterr().out == (project / "llmcost.json").read_text(encoding="utf-8")


def test_a_broken_budget_is_for_check_to_say(project):
    (project / "pyproject.toml").write_text(PROJECT.replace("= 60", "= 59"), encoding="utf-8")
    assert main(["combine", "shard-1.json", "shard-2.json"]) == 0
    assert main(["check", "llmcost.json"]) == 1
    assert ("combined-config", "error") in odd(project / "llmcost.json")


def test_a_file_that_is_given_twice_counts_once(project, capsys):
    main(["combine", "shard-1.json", "shard-2.json", "--output", "once.json"])
    capsys.readouterr()
    shutil.copy("shard-1.json", "copy.json")
    assert main(["combine", "shard-1.json", "copy.json", "shard-2.json", "--output", "twice.json"]) == 0
    assert "; 1 run given more than once, counted once\n" in capsys.readouterr().out
    assert (project / "twice.json").read_bytes() == (project / "once.json").read_bytes()


def test_what_was_odd_is_named(project, capsys):
    edited(project / "shard-2.json", git={"commit": "b" * 40, "branch": None, "dirty": None}, shard="3/3")
    edited(project / "shard-1.json", git={"commit": "a" * 40, "branch": None, "dirty": None}, shard="1/3")
    assert main(["combine", "shard-1.json", "shard-2.json"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("; see combined-commit, combined-gap in llmcost check llmcost.json\n")
    assert odd(project / "llmcost.json") == [("combined-commit", "error"), ("combined-gap", "error")]
    assert main(["check", "llmcost.json"]) == 1


def test_a_folder_without_the_project_is_no_quiet_pass(project, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["combine", str(project / "shard-1.json"), str(project / "shard-2.json")]) == 0
    assert odd(elsewhere / "llmcost.json") == [("combined-baseline", "error"), ("combined-config", "error")]
    assert main(["check", "llmcost.json"]) == 1
    named = ["--config", str(project / "pyproject.toml"), "--baseline", str(project / "llmcost-baseline.json")]
    assert main(["combine", str(project / "shard-1.json"), str(project / "shard-2.json"), *named]) == 0
    assert odd(elsewhere / "llmcost.json") == []


def test_without_a_baseline_when_that_is_asked_for(project):
    assert main(["combine", "shard-1.json", "shard-2.json", "--baseline", "none"]) == 0
    assert written(project / "llmcost.json")["comparison"] is None
    assert odd(project / "llmcost.json") == []


def test_the_prices_are_those_of_the_day_of_the_runs(project):
    (project / "pyproject.toml").write_text(PROJECT.replace("2026-11-01", "2026-11-05"), encoding="utf-8")
    main(["combine", "shard-1.json", "shard-2.json"])
    assert written(project / "llmcost.json")["prices"]["as_of"] == "2026-11-01"


def test_of_several_days_the_first_holds(project):
    edited(project / "shard-2.json", as_of="2026-10-31")
    main(["combine", "shard-1.json", "shard-2.json"])
    assert written(project / "llmcost.json")["prices"]["as_of"] == "2026-10-31"
    assert odd(project / "llmcost.json") == [("combined-prices", "warning")]


def test_another_scenario_can_be_the_headline(project, capsys):
    main(["combine", "shard-1.json", "shard-2.json", "--scenario", "aggressive"])
    assert written(project / "llmcost.json")["config"]["scenario"] == "aggressive"
    capsys.readouterr()
    assert main(["combine", "shard-1.json", "--scenario", "agressive"]) == 2
    assert capsys.readouterr().err == (
        "llmcost: --scenario=agressive: there is no such scenario; there are measured, base, conservative, aggressive\n"
    )


def test_every_file_that_cannot_be_read_has_its_line(project, capsys):
    (project / "text.json").write_text("no", encoding="utf-8")
    data = written(project / "shard-1.json")
    data["session"]["tests"][0][1] = "one"
    (project / "damaged.json").write_text(json.dumps(data), encoding="utf-8")
    assert main(["combine", "shard-1.json", "text.json", "absent.json", "damaged.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [re.sub(r"[(:].*", "", line) for line in err.splitlines()] == [
        "llmcost",
        "absent.json does not exist",
        "damaged.json",
    ]
    assert err.startswith("llmcost: text.json is not JSON (line 1, column 1:")
    assert "damaged.json: the run file is damaged (session.tests[0] is not test, attempt, " in err
    assert not (project / "llmcost.json").exists()


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("parts", [{"id": 5}], "session.parts[0].id is not a text"),
        ("parts", {}, "session.parts is not a list"),
        ("parts", [], "session.turns[0] is not test, part and offset"),
        ("turns", [["a", 2, 0]], "session.turns[0] is not test, part and offset"),
        ("turns", [["a", 0, -1]], "session.turns[0] is not test, part and offset"),
        ("turns", [["a", True, 0]], "session.turns[0] is not test, part and offset"),
        ("turns", "a", "session.turns is not a list"),
    ],
)
def test_damaged_parts_are_told_with_their_place(project, capsys, key, value, place):
    main(["combine", "shard-1.json", "shard-2.json"])
    data = written(project / "llmcost.json")
    data["session"][key] = value
    (project / "damaged.json").write_text(json.dumps(data), encoding="utf-8")
    capsys.readouterr()
    assert main(["combine", "damaged.json"]) == 2
    assert f"damaged.json: the run file is damaged ({place})" in capsys.readouterr().err


def test_a_file_of_an_earlier_version_has_no_parts_and_is_combined_all_the_same(project, capsys):
    for name in ("shard-1.json", "shard-2.json"):
        data = written(project / name)
        del data["session"]["parts"]
        (project / name).write_text(json.dumps(data), encoding="utf-8")
    assert main(["combine", "shard-1.json", "shard-2.json", "shard-2.json"]) == 0
    assert "2 runs of 3 files combined into llmcost.json: 2 tests, 2 calls" in capsys.readouterr().out
    assert written(project / "llmcost.json")["prices"]["as_of"] == "2026-11-01"


def test_the_output_must_be_writable(project, capsys):
    assert main(["combine", "shard-1.json", "--output", str(project)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_file_may_be_combined_into_itself(project):
    main(["combine", "shard-1.json"])
    main(["combine", "llmcost.json", "shard-2.json"])
    main(["combine", "shard-1.json", "shard-2.json", "--output", "expected.json"])
    assert (project / "llmcost.json").read_bytes() == (project / "expected.json").read_bytes()


def test_the_combined_file_can_become_the_baseline(project):
    main(["combine", "shard-1.json", "shard-2.json"])
    assert main(["accept", "llmcost.json", "--reason", "as it is", "--baseline", "accepted.json"]) == 0
    accepted = written(project / "accepted.json")
    assert accepted["tests"] == written(project / "llmcost-baseline.json")["tests"]
