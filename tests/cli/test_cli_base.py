"""`llmcost base`, against a GitHub on the loopback: the run file of the base branch, or a word why there is none."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cli_history import profile
from cli_history import text as baseline_text

from pytest_llmcost.cli import main
from pytest_llmcost.storage import run_base
from pytest_llmcost.storage.no_base import NoBaseError
from pytest_llmcost.storage.sources import read_baseline

sys.path.append(str(Path(__file__).parents[1] / "forge"))
github = pytest.importorskip("forge_server")

NEWEST, BASE, OLD = "b" * 40, github.BASE_SHA, "a" * 40
USAGE = {"input_tokens": 30, "output_tokens": 5}


def run_text(commit: str) -> bytes:
    """Return the run file of a push: one test with one call."""
    call = {
        "test": "test_chat.py::test_it", "phase": "call", "attempt": 1, "index": 0, "feature": None,
        "provider": "openai", "model": "gpt-4o", "operation": "chat", "requested_model": None, "status": None,
        "outcome": "ok", "stream": False, "origin": "recorded", "usage": USAGE, "usage_source": "declared",
        "input_tokens_upper": 30, "cost_usd": None, "price_note": "", "prompt_sha256": "",
    }  # fmt: skip
    sets = {"findings": [], "missing": [], "searched": [], "gone": [], "estimator": "1"}
    config = {
        "scenario": "measured", "days_per_month": "30", "requests_per_month": {}, "scenarios": {}, "overheads": {},
        "models": {}, "prices": {},
    }  # fmt: skip
    run = {
        "format": "pytest-llmcost/run", "version": 1, "created_at": "", "plugin_version": "", "git": {"commit": commit},
        "prices": {"source": "", "version": "", "as_of": "2026-11-01"}, "calls": [call], "prompts": {"": []},
        "blocks": {}, "pieces": {}, "session": {"tests": [[call["test"], 1, "passed", "1", None]], **sets},
        "features": [], "config": config,
    }  # fmt: skip
    return json.dumps(run).encode()


def zipped(data: bytes, name: str = "llmcost.json") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return target.getvalue()


@pytest.fixture
def server():
    """A repository whose base branch has three runs, the one of the merge base in the middle."""
    with github.Storage() as storage, github.GitHub(storage=storage) as server:
        for number, commit in enumerate((OLD, BASE, NEWEST), start=1):
            server.runs.append(github.run(number, head=commit))
            server.artifacts.append(github.artifact(number, number, head=commit))
            storage.files[number] = zipped(run_text(commit))
        yield server


@pytest.fixture
def job(server, tmp_path, monkeypatch):
    """A job of a pull request, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def become(name, **event):
        (tmp_path / "event").write_text(json.dumps(event), encoding="utf-8")
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(tmp_path / "event"),
            "GITHUB_REPOSITORY": github.REPOSITORY,
            "GITHUB_API_URL": server.url,
            "GITHUB_WORKFLOW_REF": f"{github.REPOSITORY}/.github/workflows/tests.yml@refs/pull/7/merge",
            "GITHUB_RUN_ID": "9",
            "GITHUB_SHA": "e" * 40,
            "GITHUB_TOKEN": github.TOKEN,
        }
        for key, value in environ.items():
            monkeypatch.setenv(key, value)

    become("pull_request", pull_request=github.pull(7))
    return become


@pytest.fixture
def base(job, tmp_path, capsys):
    """Run the verb; return status, output, and what the file is to those that read it."""

    def base(*arguments):
        status = main(["base", *arguments])
        out, err = capsys.readouterr()
        assert github.TOKEN not in out + err
        assert (out + err).count("\n") == 1
        try:
            found = run_base.read("llmcost-base.json", configured=None, root=tmp_path).baseline
        except NoBaseError:
            found = None
        return status, out, found

    return base


def test_the_run_of_the_merge_base_is_fetched(base):
    status, out, found = base()
    assert (status, out) == (0, f"base data of {BASE[:7]} (run 2) written to llmcost-base.json\n")
    assert found.header.commit == BASE
    assert found.tests["test_chat.py::test_it"].calls[0].usage.input_tokens == 30


def test_without_a_run_of_the_merge_base_the_newest_is_fetched(base, server):
    del server.runs[1]
    assert base()[1:2] == (f"base data of {NEWEST[:7]} (run 3) written to llmcost-base.json\n",)


def test_what_git_says_of_the_merge_base_counts_more_than_the_event(base, server, tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "--quiet", "--initial-branch=main")
    git("commit", "--quiet", "--allow-empty", "-m", "begin")
    fork = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/main", fork)
    git("commit", "--quiet", "--allow-empty", "-m", "change")
    server.runs[0]["head_sha"] = fork
    server.storage.files[1] = zipped(run_text(fork))
    assert base()[2].header.commit == fork


def test_a_push_is_compared_with_the_commit_before(base, job):
    job("push", after="e" * 40, before=OLD, ref="refs/heads/main")
    assert base()[2].header.commit == OLD


def test_a_job_after_another_one_finds_the_pull_request_itself(base, job, server):
    server.pulls = [github.pull(8, repository="mallory/shop")]
    server.comparison["merge_base_commit"]["sha"] = OLD
    job(
        "workflow_run",
        workflow_run={
            "id": 4,
            "workflow_id": 55,
            "event": "pull_request",
            "head_sha": github.HEAD,
            "head_branch": "cheaper",
            "head_repository": {"full_name": "mallory/shop"},
            "pull_requests": [],
        },
    )
    assert base()[2].header.commit == OLD


def test_another_workflow_artifact_and_file_can_be_named(base, server, tmp_path):
    server.runs.append(github.run(5, head=NEWEST, file="nightly.yml", workflow_id=56))
    server.artifacts.append(github.artifact(5, 5, head=NEWEST, name="costs"))
    server.storage.files[5] = zipped(run_text(NEWEST))
    (tmp_path / "llmcost-base.json").write_bytes(run_text(OLD))
    _, out, found = base("--workflow=nightly.yml", "--artifact=costs", "--output=main.json")
    assert "(run 5) written to main.json" in out
    assert json.loads((tmp_path / "main.json").read_bytes())["git"]["commit"] == NEWEST
    assert found.header.commit == OLD


def test_before_the_first_push_one_line_says_so_and_pytest_takes_the_committed_baseline(base, server, tmp_path):
    server.artifacts.clear()
    (tmp_path / "llmcost-base.json").write_bytes(run_text(OLD))
    status, out, found = base()
    assert (status, found) == (0, None)
    assert out.startswith("no base data: no push to 'main' has left an artifact 'llmcost-report'")
    assert out.endswith("; llmcost-base.json lets pytest take the committed baseline\n")

    def read():
        return read_baseline("llmcost-base.json", configured=None, root=tmp_path, environ={})

    assert read().sentence.startswith("No run of the base branch to compare with yet. No baseline yet:")
    (tmp_path / "llmcost-baseline.json").write_text(baseline_text({"t.py::test": [profile()]}), encoding="utf-8")
    assert read().sentence == "Compared with llmcost-baseline.json."


def test_a_missing_permission_is_one_line_and_no_failure(base, server, monkeypatch):
    def refuse(*_):
        return github.Reply(status=403, json=github.READ_ONLY)

    monkeypatch.setattr(server, "handle", refuse)
    status, out, found = base()
    assert (status, found) == (0, None)
    assert "`actions: read`" in out


def test_a_missing_token_is_one_line_and_no_failure(base, monkeypatch):
    monkeypatch.delenv("GITHUB_TOKEN")
    status, out, found = base()
    assert (status, found) == (0, None)
    assert out.startswith("no base data: the token is empty")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (zipped(bytes(30 * 2**20)), "31,457,280 bytes"),
        (zipped(run_text(BASE), "../llmcost.json"), "another name"),
        (b"no zip", "no zip archive"),
        (zipped(b"{}"), "its file is not a run file"),
        (zipped(run_text(BASE).replace(b'"phase": "call"', b'"phase": 3')), "calls[0].phase is not a text"),
        (zipped(run_text(BASE).replace(b"gpt-4o", b"\xff")), "UTF-8"),
    ],
    ids=["bomb", "path", "no zip", "no run file", "damaged", "not UTF-8"],
)
def test_an_artifact_that_cannot_be_read_is_one_line_and_no_failure(base, server, data, told):
    server.storage.files[2] = data
    status, out, found = base()
    assert (status, found) == (0, None)
    assert told in out


def test_an_event_without_a_branch_is_one_line_and_no_failure(base, job):
    job("schedule")
    status, out, found = base()
    assert (status, found) == (0, None)
    assert "'schedule' names no base branch" in out


def test_outside_of_github_actions_it_is_refused(job, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert main(["base"]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == (
        "",
        "llmcost: llmcost base is for jobs of GitHub Actions: elsewhere, name a file with --llmcost-baseline\n",
    )
    assert not (tmp_path / "llmcost-base.json").exists()
