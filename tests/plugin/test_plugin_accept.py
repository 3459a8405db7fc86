"""A pull request that raises its own baseline: it fails without a reason, passes with one, and fails when that ends."""

import json
import re
import shutil
import subprocess
import sys

import pytest

NAME = "llmcost-baseline.json"
CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
ASK = "from app import ask\ndef test_it(): ask('Hello' + ' word' * {words}, usage=(8, 2))\n"
# 8 tokens of `Hello` are $12.00 a month with the answer, each further word is $1.00.


def _git(project, *arguments):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=project.root, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def _commit(project, message):
    _git(project, "add", "--all", ".")
    _git(project, "commit", "--quiet", "--message", message)
    return _git(project, "rev-parse", "HEAD")


def _words(project, words):
    project.write("test_chat.py", ASK.format(words=words))


def _begin(project):
    project.configure(CHAT)
    project.write(".gitignore", "llmcost.json\n*.pyc\n__pycache__\nstdout\nstderr\nrunpytest-*\n")
    _git(project, "init", "--quiet", "--initial-branch=main")
    _git(project, "config", "user.name", "Ada")
    _words(project, 0)
    project.update()
    _commit(project, "begin")
    _git(project, "switch", "--quiet", "--create", "topic")


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Where the repository is kept once it is made."""
    return tmp_path_factory.mktemp("begun") / "project"


@pytest.fixture
def pull_request(project, template, monkeypatch):
    """A branch that makes a month of $12.00 one of $112.00."""
    if not template.exists():
        _begin(project)
        shutil.copytree(project.root, template, symlinks=True)
    else:
        shutil.copytree(template, project.root, symlinks=True, dirs_exist_ok=True)
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    _words(project, 100)
    return project


def _accept(project, *arguments):
    command = [sys.executable, "-m", "pytest_llmcost", "accept", "llmcost.json", "--reason", "longer refund policy"]
    done = subprocess.run([*command, *arguments], cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


MODES = pytest.mark.parametrize("mode", [(), ("-n", "2")], ids=["serial", "xdist"])


@MODES
def test_a_raise_without_a_reason_fails_and_is_told(pull_request, mode):
    ran = pull_request.update()
    assert ran.line("llmcost: baseline written to llmcost-baseline.json: $12.00 -> $112.00 a month")
    _commit(pull_request, "raise")
    ran = pull_request.cost(*mode)
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (1, ["regression"], ["baseline-raised"])
    assert ran.line("WARNING baseline-raised", "$12.00 → $112.00 a month, without a reason", "git:merge-base:main")
    assert ran.json["comparison"]["monthly_before_usd"] == "12"


@MODES
def test_a_raise_with_a_reason_passes_and_says_who_and_why(pull_request, mode):
    assert pull_request.cost().status == 1
    assert _accept(pull_request).startswith("accepted by Ada: $12.00 -> $112.00 a month (longer refund policy)")
    _commit(pull_request, "accept")
    ran = pull_request.cost(*mode)
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (0, [], [])
    assert ran.line("NOTICE accepted", "+$100.00 a month accepted by Ada on 2", ": longer refund policy ($12.00 → $112")
    assert ran.finding("accepted")["actual"] == "+$100.00"
    comparison = ran.json["comparison"]
    assert (comparison["monthly_before_usd"], comparison["monthly_after_usd"]) == ("12", "112")


def test_a_raise_with_a_reason_passes_against_a_run_file_of_the_base_too(pull_request):
    """Base data of CI have no acceptances: those of the change count, and only those."""
    _words(pull_request, 0)
    pull_request.cost()
    (pull_request.root / "llmcost.json").rename(pull_request.root / ".base.json")
    _words(pull_request, 100)
    ran = pull_request.cost("--llmcost-baseline=.base.json")
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (1, ["regression"], [])
    _accept(pull_request)
    ran = pull_request.cost("--llmcost-baseline=.base.json")
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (0, [], [])
    assert ran.json["comparison"]["base"]["source"] == ".base.json"
    assert ran.line("NOTICE accepted", "+$100.00 a month accepted by Ada on 2")


def test_the_first_acceptance_of_a_project_without_a_committed_baseline_counts(pull_request):
    _git(pull_request, "rm", "--quiet", NAME)
    _git(pull_request, "commit", "--quiet", "--message", "go without")
    _git(pull_request, "branch", "--force", "main")
    _words(pull_request, 0)
    pull_request.cost()
    (pull_request.root / "llmcost.json").rename(pull_request.root / ".base.json")
    _words(pull_request, 100)
    assert pull_request.cost("--llmcost-baseline=.base.json").rules("error") == ["regression"]
    _accept(pull_request)
    ran = pull_request.cost("--llmcost-baseline=.base.json")
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (0, [], [])


def test_what_goes_beyond_the_accepted_state_fails(pull_request):
    pull_request.cost()
    _accept(pull_request)
    _words(pull_request, 111)
    assert pull_request.cost().rules("error") == []
    _words(pull_request, 112)
    ran = pull_request.cost()
    assert ran.rules("error") == ["regression"]
    assert ran.line("ERROR regression", "accepted $112.00 → $124.00 a month (+11%), more than +10% allowed")


def test_a_second_raise_does_not_hide_behind_the_first_reason(pull_request):
    pull_request.cost()
    _accept(pull_request)
    _words(pull_request, 500)
    assert pull_request.update().line("written to llmcost-baseline.json: $112.00 -> $512.00 a month")
    ran = pull_request.cost()
    assert (ran.status, ran.rules("error"), ran.rules("warning")) == (1, ["regression"], ["baseline-raised"])
    assert "beyond the $112.00 that was accepted" in ran.finding("baseline-raised")["message"]


def test_an_acceptance_whose_last_day_is_past_fails_here_and_after_the_merge(pull_request, monkeypatch):
    pull_request.cost()
    _accept(pull_request)
    file = pull_request.root / NAME
    row = re.compile(r'\["\d{4}-\d\d-\d\d",("Ada","longer refund policy","12","112"),null\]')
    text, found = row.subn(r'["2026-01-01",\1,"2026-01-31"]', file.read_text(encoding="utf-8"))
    assert found == 1
    file.write_text(text, encoding="utf-8")
    ran = pull_request.cost()
    assert (ran.status, ran.rules("error")) == (1, ["acceptance-expired", "regression"])
    monkeypatch.delenv("GITHUB_BASE_REF")
    ran = pull_request.cost()
    assert (ran.status, ran.rules("error")) == (1, ["acceptance-expired"])
    assert ran.line("accepted until 2026-01-31 by Ada (longer refund policy): still $112.00 a month, $12.00 before")
    _words(pull_request, 0)
    assert pull_request.cost().rules("error") == []
    pull_request.update()
    assert json.loads(file.read_text(encoding="utf-8"))["accepted"] == [[]]


def test_a_pull_request_whose_file_holds_conflict_markers_is_compared_and_told(pull_request):
    (pull_request.root / NAME).write_text("<<<<<<< ours\n", encoding="utf-8")
    ran = pull_request.cost()
    assert (ran.rules("error"), ran.rules("warning")) == (["regression"], ["baseline-unread"])
    assert ran.line("WARNING baseline-unread", "llmcost-baseline.json holds git conflict markers: resolve the merge")


def test_an_update_of_a_file_with_conflict_markers_keeps_what_was_accepted(pull_request):
    pull_request.cost()
    _accept(pull_request)
    file = pull_request.root / NAME
    file.write_text(file.read_text(encoding="utf-8").replace('"tests": [\n', '"tests": [\n<<<<<<< ours\n'))
    assert pull_request.update().line("llmcost: baseline written to llmcost-baseline.json: $112.00 a month")
    assert json.loads(file.read_text(encoding="utf-8"))["accepted"][0][2] == "longer refund policy"
    assert pull_request.cost().rules("error") == []


def test_a_fork_point_that_is_newer_than_its_baseline_is_told(pull_request):
    _git(pull_request, "switch", "--quiet", "main")
    _git(pull_request, "checkout", "--quiet", "main", "--", "test_chat.py")
    written = _git(pull_request, "rev-parse", "HEAD")
    for number in range(3):
        pull_request.write("notes.txt", str(number))
        fork = _commit(pull_request, "go on")
    _git(pull_request, "switch", "--quiet", "--create", "later")
    assert pull_request.cost().rules() == []
    _words(pull_request, 100)
    ran = pull_request.cost()
    assert ran.line(
        f"NOTICE baseline-age git:merge-base:main: llmcost-baseline.json at the merge base with main ({fork[:7]})"
        f" was last written 3 commits earlier ({written[:7]})"
    )


def test_an_update_says_when_nothing_has_moved(pull_request):
    _words(pull_request, 0)
    assert pull_request.update().line("written to llmcost-baseline.json: $12.00 a month, as before")
    pull_request.configure("")
    assert pull_request.update().line("written to llmcost-baseline.json: $0.000012 a run")
