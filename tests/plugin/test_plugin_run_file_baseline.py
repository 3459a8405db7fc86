"""`--llmcost-baseline=FILE` with a run file of the base branch, as CI hands it over."""

import json
import shutil
import subprocess

import pytest

CHAT = """
    [tool.llmcost.features.chat]
    tests = ["test_chat.py"]
    requests_per_month = 1_000_000
"""
ASK = "from app import ask\ndef test_it(): ask('Hello' + ' word' * {words}, usage=({usage}, 2))\n"


def _git(project, *arguments):
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=project.root, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def _commit(project, message):
    _git(project, "add", "--all", ".")
    _git(project, "commit", "--quiet", "--allow-empty", "--message", message)
    return _git(project, "rev-parse", "HEAD")


@pytest.fixture
def pull_request(project, monkeypatch):
    """A branch with a longer prompt; `base.json` was measured two commits before it left main."""
    project.configure(CHAT)
    project.write(".gitignore", "*.json\n*.md\n*.pyc\n__pycache__\nstdout\nstderr\nrunpytest-*\n")
    project.write("test_chat.py", ASK.format(words=0, usage=8))
    _git(project, "init", "--quiet", "--initial-branch=main")
    first = _commit(project, "begin")
    assert project.cost().status == 0
    shutil.copy(project.root / "llmcost.json", project.root / "base.json")
    _commit(project, "go on")
    fork = _commit(project, "and on")
    _git(project, "switch", "--quiet", "--create", "topic")
    project.write("test_chat.py", ASK.format(words=1000, usage=1008))
    _commit(project, "a long prompt")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    return project, first, fork


@pytest.mark.parametrize("mode", [(), ("-n", "2")])
def test_a_run_is_compared_with_a_run_file(pull_request, mode):
    project, first, _ = pull_request
    ran = project.cost("--llmcost-baseline=base.json", *mode)
    assert ran.status == 1
    assert ran.json["comparison"]["monthly_before_usd"] == "12"
    assert ran.json["comparison"]["base"] == {"commit": first, "source": "base.json"}
    assert ran.has(f"baseline: base.json at {first[:7]}, $12.00 -> $1,012.00 a month")
    assert "$12.00 → $1,012.00" in ran.finding("regression")["message"]


def test_that_the_base_is_behind_is_said_in_terminal_markdown_and_json(pull_request):
    project, first, fork = pull_request
    told = f"base data of {first[:7]}, 2 commits behind the merge base with main ({fork[:7]})"
    ran = project.cost("--llmcost-baseline=base.json", "--llmcost-report=markdown")
    assert ran.finding("baseline-age") == {
        "severity": "notice",
        "subject": "base.json",
        "limit": None,
        "actual": None,
        "message": f"{told}: what was changed in between is part of the difference",
        "location": None,
    }
    assert ran.has("NOTICE baseline-age base.json: base data of", "2 commits behind the merge base with main")
    text = (project.root / "llmcost.md").read_text(encoding="utf-8").replace("\\", "")
    assert "2 commits behind the merge base with main" in text


def test_an_unchanged_run_says_nothing_of_age(pull_request):
    project, _, _ = pull_request
    project.write("test_chat.py", ASK.format(words=0, usage=8))
    ran = project.cost("--llmcost-baseline=base.json")
    assert (ran.status, ran.rules()) == (0, [])


def test_a_base_that_was_not_found_is_no_error(pull_request):
    project, _, fork = pull_request
    base = {"format": "pytest-llmcost/no-base", "version": 1, "sentence": "No base data of main yet."}
    (project.root / "base.json").write_text(json.dumps(base), encoding="utf-8")
    ran = project.cost("--llmcost-baseline=base.json")
    assert (ran.status, ran.json["comparison"]) == (0, None)
    assert ran.has("not compared: No base data of main yet. No baseline at the merge base with main", fork[:7])


def test_instead_of_a_base_that_was_not_found_the_committed_baseline_is_taken(pull_request):
    project, _, _ = pull_request
    _git(project, "switch", "--quiet", "main")
    project.write("test_chat.py", ASK.format(words=0, usage=8))
    project.update()
    _git(project, "add", "--force", "llmcost-baseline.json")
    fork = _commit(project, "write it down")
    _git(project, "switch", "--quiet", "topic")
    _git(project, "merge", "--quiet", "main", "--message", "merge")
    base = {"format": "pytest-llmcost/no-base", "version": 1, "sentence": "No base data of main yet."}
    (project.root / "base.json").write_text(json.dumps(base), encoding="utf-8")
    ran = project.cost("--llmcost-baseline=base.json")
    assert ran.json["comparison"]["base"] == {"commit": fork, "source": "git:merge-base:main"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "base.json does not exist: name a baseline or a run file, git:REF or none"),
        ("", "base.json is not JSON (line 1, column 1: Expecting value)"),
        ('{"format": "pytest-llmcost/run", "version": 1}', "the run file is damaged"),
        ('{"format": "pytest-llmcost/run", "version": 7}', "base.json has format version 7"),
        ("PK\x03\x04", "base.json is not JSON"),
    ],
)
def test_a_base_that_cannot_be_read_ends_the_run_with_one_line(project, text, told):
    project.configure(CHAT)
    project.write("test_chat.py", "def test_it(): pass\n")
    if text is not None:
        (project.root / "base.json").write_text(text, encoding="utf-8")
    ran = project.cost("--llmcost-baseline=base.json")
    assert ran.status == 4
    assert [line for line in ran.errors if line] == [line for line in ran.errors if told in line]
    assert not ran.has("Traceback")
