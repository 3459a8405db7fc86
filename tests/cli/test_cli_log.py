"""`llmcost log`, on real repositories: which commits made it dearer, in three forms, and what cannot be shown."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from decimal import Decimal
from importlib.metadata import version

import cmarkgfm
import pytest
from cli_history import COMMITS, PROJECT, RAISES, FastImport, profile, text, thousand

from pytest_llmcost.cli import main
from pytest_llmcost.core.baseline import Acceptance

BOOK = version("genai-prices")

ALLOWED_SECONDS = 10
"""For a history of 1,000 commits, whole process, 2 shared cores; measured: 2."""


def command(root, *arguments):
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    whole = [sys.executable, "-m", "pytest_llmcost", "log", *arguments]
    return subprocess.run(whole, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    root = tmp_path_factory.mktemp("large")
    thousand(root)
    return root


def test_a_thousand_commits_with_merges_show_the_three_that_raised_the_cost(large):
    started = time.perf_counter()
    done = command(large, "--format=json")
    seconds = time.perf_counter() - started
    assert (done.returncode, done.stderr) == (0, "")
    commits = json.loads(done.stdout)["commits"]
    assert len(commits) == COMMITS
    raises = {one["subject"]: one["change_usd"] for one in commits if Decimal(one["change_usd"] or 0) > 0}
    assert raises == RAISES
    others = {one["change_usd"] for one in commits if one["subject"] not in raises}
    assert others == {"0", None}
    assert [one["subject"] for one in commits if one["change_usd"] is None] == ["Add the baseline"]
    merges = [one for one in commits if one["is_merge"]]
    assert len(merges) > 50
    assert all(one["subject"].startswith("Merge topic") for one in merges)
    assert Decimal(commits[0]["after_usd"]) == Decimal(commits[-1]["after_usd"]) + sum(map(Decimal, raises.values()))
    assert seconds < ALLOWED_SECONDS


def test_on_the_mainline_the_merge_has_the_change_that_it_brought(large):
    commits = json.loads(command(large, "--format=json", "--first-parent").stdout)["commits"]
    raises = [one["subject"] for one in commits if Decimal(one["change_usd"] or 0) > 0]
    assert raises == ["Let the answer be longer", "Merge topic (300)", "Send 20% more traffic"]
    assert "Read the whole document" not in {one["subject"] for one in commits}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Five commits: the file, a longer answer, a dearer model, one with conflict markers, the cheaper model again."""
    calls = {"test_a.py::test_a": [profile(0)], "test_a.py::test_b": [profile(1)]}
    longer = {**calls, "test_a.py::test_b": [profile(1, output=300)]}
    dearer = {**longer, "test_a.py::test_a": [profile(0, model="gpt-4o")]}
    accepted = Acceptance(
        on="2026-11-02",
        by="Ada",
        reason="the launch needs `it` | @all",
        before_usd=Decimal(270),
        after_usd=Decimal(1890),
        until="2026-12-31",
    )
    requests = {"chat": 1_000_000}
    stream = FastImport()
    tip = stream.commit("Add the baseline", text(calls, requests).split("\n"))
    tip = stream.commit("Let the answer be longer", text(longer, requests).split("\n"), tip)
    tip = stream.commit("Take a | dearer @model", text(dearer, requests, accepted=(accepted,)).split("\n"), tip)
    tip = stream.commit("Half a merge", ["<<<<<<< ours", *text(dearer, requests).split("\n")], tip)
    stream.commit("Take the cheaper model again", text(longer, requests).split("\n"), tip)
    root = tmp_path / "project"
    stream.write(root)
    (root / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def hashes(root):
    listed = subprocess.run(["git", "log", "--format=%h"], cwd=root, capture_output=True, text=True, check=True)
    return [line[:7] for line in listed.stdout.split()]


def test_the_terminal_has_a_row_per_commit_and_below_it_what_does_not_fit(small, capsys):
    assert main(["log"]) == 0
    out, err = capsys.readouterr()
    e, d, c, b, a = hashes(small)
    assert err == ""
    head, rows, notes = out.removesuffix("\n").split("\n\n")
    assert head.splitlines() == [
        "LLM cost: $210.00 -> $270.00 a month over 5 commits, +29%, 2 raises",
        f"prices: genai-prices {BOOK} of 2026-11-01; every commit is repriced at this one book",
        "traffic: as the baseline of each commit declares it, under the scenario measured",
    ]
    expected = (
        r"llmcost-baseline\.json, commit by commit",
        r"Date        Commit       Month      Change  Main cause +Subject",
        rf"2026-05-28  {e}    \$270\.00  -\$1,645\.00  .*  Take th.*l again",
        rf"2026-05-28  {d}          \?           \?  cannot be read +Half a merge",
        rf"2026-05-28  {c}  \$1,915\.00  \+\$1,645\.00  .*  Take a \|.*r @model",
        rf"2026-05-28  {b}    \$270\.00     \+\$60\.00  .*  Let th.* longer",
        rf"2026-05-28  {a}    \$210\.00         new  - +Add the baseline",
    )
    assert len(rows.splitlines()) == len(expected)
    for row, pattern in zip(rows.splitlines(), expected, strict=True):
        assert re.fullmatch(pattern, row)
        assert len(row) <= 80
    unreadable, accepted = notes.splitlines()
    assert unreadable.startswith(f"{d}: llmcost-baseline.json holds git conflict markers; the next commit is compared")
    assert accepted.startswith(
        f"{c}: increase from $270.00 to $1,890.00 accepted by Ada on 2026-11-02, until 2026-12-31: "
    )
    assert accepted.endswith(": the launch needs `it` | @all")


def test_figures_have_the_discounts_and_the_currency_of_the_configuration(small, capsys):
    more = "[tool.llmcost.discounts]\nopenai.percent = 50\n[tool.llmcost.currency]\ncode = 'GBP'\nper_usd = 0.8\n"
    (small / "pyproject.toml").write_text(PROJECT + more, encoding="utf-8")
    assert main(["log"]) == 0
    head = capsys.readouterr().out.splitlines()
    assert head[0] == "LLM cost: £84.00 -> £108.00 a month over 5 commits, +29%, 2 raises"
    assert head[2:4] == ["discount: openai 50% off", "amounts in GBP at 0.8 per USD, declared"]
    assert main(["log", "--format=json"]) == 0
    assert json.loads(capsys.readouterr().out)["commits"][0]["after_usd"] == "135"


def test_markdown_is_safe_with_foreign_text(small, capsys):
    assert main(["log", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    html = cmarkgfm.github_flavored_markdown_to_html(out)
    assert out.startswith("### LLM cost $210.00 → $270.00 a month over 5 commits, +29%, 2 raises\n")
    assert html.count("<tr>") == 6
    assert '<td align="left"><code>Take a | dearer @model</code></td>' in html
    assert "<code>" in html.partition("@all")[0].rpartition("<li>")[2]


def test_json_has_the_whole_of_it(small, capsys):
    assert main(["log", "--format=json"]) == 0
    found = json.loads(capsys.readouterr().out)
    commits = found.pop("commits")
    assert found == {
        "format": "pytest-llmcost/log",
        "version": 1,
        "baseline": "llmcost-baseline.json",
        "prices": {
            "source": "genai-prices",
            "version": BOOK,
            "as_of": "2026-11-01",
            "dated": "2026-11-09",
            "age_days": 0,
        },
        "currency": {"code": "USD", "per_usd": "1", "as_of": None},
        "scenario": "measured",
        "feature": None,
        "is_shallow": False,
    }
    assert [one["change_usd"] for one in commits] == ["-1645", None, "1645", "60", None]
    assert [one["problem"] for one in commits][1] == "llmcost-baseline.json holds git conflict markers"
    assert commits[3] | {"commit": "", "cause": None} == {
        "commit": "",
        "is_merge": False,
        "authored_at": "2026-05-28T20:28:40+00:00",
        "author": "Ada",
        "subject": "Let the answer be longer",
        "per": "month",
        "before_usd": "210",
        "after_usd": "270",
        "change_usd": "60",
        "changed_most": "chat",
        "cause": None,
        "accepted": [],
        "problem": None,
        "note": None,
    }
    (accepted,) = commits[2]["accepted"]
    assert (accepted["reason"], accepted["after_usd"]) == ("the launch needs `it` | @all", "1890")


@pytest.mark.parametrize(
    ("arguments", "subjects"),
    [
        (["-n", "2"], ["Take the cheaper model again", "Half a merge"]),
        (["--max-count=1"], ["Take the cheaper model again"]),
        (["--since", "HEAD~2"], ["Take the cheaper model again", "Half a merge"]),
        (["--since", "2026-05-29"], []),
        (["--feature", "chat", "-n", "3"], ["Take the cheaper model again", "Half a merge", "Take a | dearer @model"]),
    ],
)
def test_a_part_of_it_can_be_asked_for(arguments, subjects, small, capsys):
    assert main(["log", "--format=json", *arguments]) == 0
    commits = json.loads(capsys.readouterr().out)["commits"]
    assert [one["subject"] for one in commits] == subjects


def test_a_part_of_it_has_the_changes_of_the_whole(small, capsys):
    main(["log", "--format=json"])
    whole = json.loads(capsys.readouterr().out)["commits"]
    main(["log", "--format=json", "-n", "1"])
    assert json.loads(capsys.readouterr().out)["commits"] == whole[:1]


def test_nothing_to_show_is_said(small, capsys):
    assert main(["log", "--since", "HEAD"]) == 0
    assert capsys.readouterr().out.startswith("LLM cost: no commit to show\n")
    assert main(["log", "--since", "HEAD", "--format=markdown"]) == 0
    assert capsys.readouterr().out.startswith("### LLM cost no commit to show\n")


def test_another_scenario_and_another_configuration(small, tmp_path, capsys):
    assert main(["log", "-n1", "--scenario", "conservative"]) == 0
    assert "$54.00 a month" in capsys.readouterr().out
    other = tmp_path / "other.toml"
    other.write_text(PROJECT + '\n[tool.llmcost.prices."gpt-4o-mini"]\ninput = 1\noutput = 0\n', encoding="utf-8")
    assert main(["log", "-n1", "--config", str(other)]) == 0
    assert "$1,000.00 a month" in capsys.readouterr().out


def test_it_goes_to_a_file_and_works_from_a_folder_below(small, tmp_path, monkeypatch, capsys):
    (small / "tests").mkdir()
    monkeypatch.chdir(small / "tests")
    assert main(["log", "--output", str(tmp_path / "log.txt")]) == 0
    assert capsys.readouterr().out == ""
    assert "over 5 commits" in (tmp_path / "log.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--since", "nope"], "git does not know 'nope': fetch it, or name another branch, tag or commit"),
        (["--since=--all"], "'--all' is not a git ref: name a branch, a tag or a commit"),
        (["--feature", "nope"], "--feature nope: no version shown has this feature; there are chat"),
        (
            ["--scenario", "x"],
            "--scenario x: there is no such scenario; there are measured, base, conservative, aggressive",
        ),
        (["-n", "0"], "argument -n/--max-count: '0' is no whole number above 0; see llmcost log --help"),
    ],
)
def test_what_cannot_be_shown_is_one_line_and_status_2(arguments, told, small, capsys):
    assert main(["log", *arguments]) == 2
    assert capsys.readouterr() == ("", f"llmcost: {told}\n")


def test_without_a_repository_or_a_committed_file_it_is_one_line_and_status_2(small, tmp_path, monkeypatch, capsys):
    (small / "pyproject.toml").write_text('[tool.llmcost]\nbaseline = "other.json"\n', encoding="utf-8")
    assert main(["log"]) == 2
    assert capsys.readouterr().err.startswith("llmcost: other.json was never committed: ")
    monkeypatch.chdir(tmp_path)
    assert main(["log"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "is not in a git repository" in err


def test_a_shallow_clone_shows_what_it_has_and_says_how_to_get_the_rest(small, tmp_path, monkeypatch, capsys):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", small.as_uri(), str(clone)], check=True)
    monkeypatch.chdir(clone)
    assert main(["log"]) == 0
    out = capsys.readouterr().out
    assert "LLM cost: $270.00 -> $270.00 a month over 1 commit, unchanged\n" in out
    assert f"{hashes(small)[0]}: the clone is shallow, and its history ends here\n" in out
    assert "git fetch --unshallow (fetch-depth: 0 for actions/checkout, GIT_DEPTH: 0 on GitLab) gets it\n" in out


def test_without_traffic_it_is_what_a_run_of_the_tests_costs(tmp_path, monkeypatch, capsys):
    stream = FastImport()
    first = stream.commit("Add the baseline", text({"test_a.py::test_a": [profile(0)]}, feature=None).split("\n"))
    stream.commit("More", text({"test_a.py::test_a": [profile(0), profile(1)]}, feature=None).split("\n"), first)
    stream.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["log"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == "LLM cost: $0.00021 -> $0.00042 a run over 2 commits, +100%, 1 raise"
    assert any("  $0.00042  +$0.00021  " in line for line in rest)
    assert any(re.match(r"Date +Commit +Run +Change", line) for line in rest)
