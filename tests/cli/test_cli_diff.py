"""`llmcost diff`, on files that real runs of pytest have written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import pytest_llmcost
from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = """\
[tool.llmcost]
prices_as_of = 2026-11-01

[tool.llmcost.overheads]
retries = {retries}

[tool.llmcost.features.chat]
tests = ["test_chat.py"]
requests_per_month = {requests}

[tool.llmcost.features.search]
call_sites = ["search.py"]
requests_per_month = 1_000
"""

APP = """\
import httpx

URL = "https://api.openai.com/v1/chat/completions"

def answer(request):
    sent = 12 + len(request.content.split())  # nearly what it is in tokens
    usage = {"prompt_tokens": sent, "completion_tokens": 10, "total_tokens": sent + 10}
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    reply = {"id": "1", "object": "chat.completion", "model": "gpt-4o", "choices": [choice], "usage": usage}
    return httpx.Response(200, json=reply)

client = httpx.Client(transport=httpx.MockTransport(answer))

def ask(system):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": "Where is it?"}]
    client.post(URL, json={"model": "gpt-4o", "messages": messages})
"""

SEARCH = """\
from app import URL, client

def find():
    client.post(URL, json={"model": "gpt-4o", "messages": [{"role": "user", "content": "Search."}]})
"""

TESTS = """\
from app import ask
from search import find

def test_an_answer():
    ask({system!r})

def test_another():
    ask({system!r})
    find()
"""


class Runs(NamedTuple):
    folder: Path
    before: Path
    after: Path


def pytest_run(folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", *options]
    source = str(Path(pytest_llmcost.__file__).parent.parent)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "GITHUB_"))}
    environment["PYTHONPATH"] = source
    subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)


def write(folder: Path, system: str, requests: int = 10_000, retries: str = "0.10") -> None:
    (folder / "pyproject.toml").write_text(PROJECT.format(requests=requests, retries=retries), encoding="utf-8")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "search.py").write_text(SEARCH, encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS.format(system=system), encoding="utf-8")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    write(folder, "Be brief.")
    pytest_run(folder, "--llmcost-report=json:before.json", "--llmcost-update-baseline")
    write(folder, "Be brief. Name the parcel, say where it is, and never guess a delivery date." * 3)
    pytest_run(folder, "--llmcost-report=json:after.json", "--llmcost-baseline=none")
    (folder / "pyproject.toml").unlink()  # what it says is in the run files
    return Runs(folder, folder / "before.json", folder / "after.json")


@pytest.fixture
def diff(runs, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(runs.folder)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main(["diff", *map(str, arguments)])
        return (status, *capsys.readouterr())

    return run


def test_two_run_files_give_before_after_and_difference_of_each_feature(runs, diff):
    status, out, err = diff("before.json", "after.json")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("LLM cost: $")
    assert "against before.json" in lines[0]
    assert lines[2] == "Changes, a month"
    assert lines[4].split()[0] == "chat"
    assert lines[4].split()[3].startswith("+$")
    assert lines[5] == "1 unchanged"
    assert any(line.startswith("ERROR regression total") for line in lines)
    assert lines[-1].startswith("LLM cost check: fail")


def test_only_a_check_fails_and_only_by_the_limits_of_here(runs, diff, tmp_path):
    assert diff("before.json", "after.json")[0] == 0
    assert diff("before.json", "after.json", "--check")[0] == 1
    assert diff("before.json", "before.json", "--check")[0] == 0
    generous = tmp_path / "generous.toml"
    generous.write_text("[tool.llmcost]\nmax_increase_percent = 10_000\n", encoding="utf-8")
    assert diff("before.json", "after.json", "--check", "--config", generous)[0] == 0


def test_a_baseline_file_gives_what_its_run_gives(runs, diff):
    changes = [diff(base, "after.json")[1].splitlines()[2:6] for base in ("before.json", "llmcost-baseline.json")]
    assert changes[0] == changes[1]
    assert changes[0][0] == "Changes, a month"


def test_calls_keep_the_feature_that_the_run_gave_them(runs, diff):
    out = diff("before.json", "after.json", "--format=json")[1]
    names = [one["name"] for one in json.loads(out)["features"]]
    assert names == ["chat", "search"]


def test_json_is_the_comparison_as_the_run_file_has_it(runs, diff):
    found = json.loads(diff("before.json", "after.json", "--format", "json")[1])
    assert (found["format"], found["version"], found["verdict"]) == ("pytest-llmcost/diff", 1, "fail")
    assert found["base"]["source"] == "before.json"
    before = json.loads(runs.before.read_text(encoding="utf-8"))["scenarios"]["measured"]["monthly_usd"]
    after = json.loads(runs.after.read_text(encoding="utf-8"))["scenarios"]["measured"]["monthly_usd"]
    assert (found["monthly_before_usd"], found["monthly_after_usd"]) == (before, after)
    assert all("causes" in one for one in (*found["features"], *found["gate"]))
    assert [one["rule"] for one in found["findings"]] == ["regression"]


def test_overheads_are_those_that_each_run_file_states(runs, diff):
    data = json.loads(runs.before.read_text(encoding="utf-8"))
    data["config"]["overheads"]["retries"] = "0.25"
    (runs.folder / "dearer.json").write_text(json.dumps(data), encoding="utf-8")
    found = json.loads(diff("before.json", "dearer.json", "--format=json")[1])
    assert [(one["name"], [cause["kind"] for cause in one["causes"]]) for one in found["features"]] == [
        ("chat", ["overheads"]),
        ("search", ["overheads"]),
    ]
    before, after = (float(found[f"monthly_{side}_usd"]) for side in ("before", "after"))
    assert after == pytest.approx(before / 1.1 * 1.25)


def test_swapped_sides_swap_the_figures(runs, diff):
    there = json.loads(diff("before.json", "after.json", "--format=json")[1])
    back = json.loads(diff("after.json", "before.json", "--format=json")[1])
    assert there["monthly_before_usd"] == back["monthly_after_usd"]
    assert there["monthly_after_usd"] == back["monthly_before_usd"]
    assert back["verdict"] == "pass"


def test_markdown_goes_to_a_file(runs, diff, tmp_path):
    status, out, _ = diff("before.json", "after.json", "--format=markdown", "--output", tmp_path / "diff.md")
    assert (status, out) == (0, "")
    assert "| ❌&nbsp;" in (tmp_path / "diff.md").read_text(encoding="utf-8").replace("🔴", "❌")


def test_the_committed_baseline_of_a_ref_is_a_base(runs, diff):
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=dev", "-c", "user.email=dev@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=runs.folder, check=True, capture_output=True)

    git("init", "--initial-branch=main")
    git("add", "llmcost-baseline.json")
    git("commit", "-m", "baseline")
    for base in ("git:main", "git:merge-base:main"):
        status, out, err = diff(base, "after.json")
        assert (status, err) == (0, "")
        assert f"against {base}" in out.splitlines()[0]
    assert diff("git:elsewhere", "after.json")[0] == 2


def test_a_run_whose_tokens_were_counted_in_another_way_is_said_to_be(runs, diff, tmp_path):
    other = json.loads(runs.before.read_text(encoding="utf-8"))
    other["session"]["estimator"] = "0"
    (tmp_path / "old.json").write_text(json.dumps(other), encoding="utf-8")
    assert "WARNING estimator" in diff(tmp_path / "old.json", "after.json")[1]


def with_texts(path: Path, to: Path, word: str) -> Path:
    data = json.loads(path.read_text(encoding="utf-8"))
    data["texts"] = dict.fromkeys(data["blocks"], f"You are {word}.\nBe `kind`.\x1b[2J")
    to.write_text(json.dumps(data), encoding="utf-8")
    return to


def test_texts_that_both_files_keep_are_shown_as_a_diff(runs, diff, tmp_path):
    before = with_texts(runs.before, tmp_path / "before.json", "brief")
    after = with_texts(runs.after, tmp_path / "after.json", "long")
    lines = diff(before, after)[1].splitlines()
    assert lines.count("-You are brief.") == 1
    assert lines.count("+You are long.") == 1
    assert "--- system of test_chat.py::test_an_answer, before" in lines
    assert lines[-1].startswith("LLM cost check")
    markdown = diff(before, after, "--format=markdown")[1]
    assert "\n```diff\n--- system of" in markdown
    assert "\x1b" not in markdown + "".join(lines)


def test_texts_of_one_file_alone_are_not_shown(runs, diff, tmp_path):
    before = with_texts(runs.before, tmp_path / "before.json", "brief")
    assert "You are" not in diff(before, "after.json")[1]
    assert "You are" not in diff("before.json", with_texts(runs.after, tmp_path / "after.json", "long"))[1]


@pytest.mark.parametrize(
    ("base", "told"),
    [
        (None, "does not exist"),
        ("", "is not JSON"),
        ("[]", "is not a run file"),
        ('{"format": "pytest-llmcost/baseline", "version": 1}', "is damaged"),
        ('{"format": "pytest-llmcost/run", "version": 1, "calls": 3}', "is damaged"),
        ('{"format": "pytest-llmcost/run", "version": 9}', "format version 9"),
    ],
)
def test_what_is_no_base_is_one_line_and_status_2(runs, diff, tmp_path, base, told):
    if base is not None:
        (tmp_path / "base.json").write_text(base, encoding="utf-8")
    status, out, err = diff(tmp_path / "base.json", "after.json", "--check")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_a_baseline_is_no_run(runs, diff):
    status, _, err = diff("before.json", "llmcost-baseline.json")
    assert (status, err.count("\n")) == (2, 1)
    assert "is not a run file" in err


def test_a_run_file_without_its_session_is_one_line(runs, diff, tmp_path):
    data = json.loads(runs.after.read_text(encoding="utf-8"))
    data["session"] = None
    (tmp_path / "run.json").write_text(json.dumps(data), encoding="utf-8")
    for pair in ((tmp_path / "run.json", "after.json"), ("before.json", tmp_path / "run.json")):
        status, _, err = diff(*pair)
        assert (status, err.count("\n")) == (2, 1)
        assert "does not say which tests ran" in err
