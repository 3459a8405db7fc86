"""`llmcost comment`, as a job of GitHub Actions or GitLab runs it, against forges on the loopback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from forge_gitlab import GitLab
from forge_server import BASE_SHA, HEAD, NUMBER, REPOSITORY, TOKEN, GitHub, Storage, artifact, pull

from pytest_llmcost.cli import main

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
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
# 1,000 x $2.50 + 100 x $10 a million = $0.0035 a request: $35 a month.

TITLE = "### ❌ LLM cost $35.00 / month"
FORK, BRANCH, RUN = "somebody/shop", "cheaper", 4711


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project, and the run file that its tests have left; it costs more than its budget."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    (folder / "test_chat.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--llmcost", "--llmcost-report=json"]
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    return folder


@pytest.fixture(autouse=True)
def _in_project(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def storage():
    with Storage() as storage:
        yield storage


@pytest.fixture
def server(storage):
    with GitHub(storage=storage) as server:
        yield server


@pytest.fixture
def job(server, monkeypatch, tmp_path):
    """A job of GitHub Actions; the function sets the event, and returns the file of the job summary."""

    def job(name: str, event: dict[str, object]) -> Path:
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": server.url,
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "123456789",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "GITHUB_TOKEN": TOKEN,
        }
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        return tmp_path / "summary.md"

    return job


def of_pull_request(repository: str = REPOSITORY, head: str = HEAD) -> dict[str, object]:
    return {
        "pull_request": {
            "number": NUMBER,
            "head": {"sha": head, "ref": BRANCH, "repo": {"full_name": repository}},
            "base": {"sha": BASE_SHA, "ref": "main"},
        }
    }


def after(repository: str = FORK, event: str = "pull_request", head: str = HEAD) -> dict[str, object]:
    return {
        "workflow_run": {
            "id": RUN,
            "workflow_id": 55,
            "event": event,
            "conclusion": "failure",
            "head_sha": head,
            "head_branch": BRANCH,
            "head_repository": {"full_name": repository},
            "pull_requests": [],
        }
    }


def zipped(text: bytes, name: str = "llmcost.json") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return target.getvalue()


def upload(server: GitHub, data: bytes) -> None:
    """Let the fork's run have uploaded this archive, and its pull request be open."""
    server.pulls = [pull(NUMBER, branch=BRANCH, repository=FORK)]
    server.artifacts = [artifact(9, RUN)]
    server.storage.files[9] = data


def test_a_pull_request_gets_one_comment_that_the_next_run_leaves_alone(server, job, capsys):
    summary = job("pull_request", of_pull_request())
    assert main(["comment", "llmcost.json"]) == 0
    url = f"https://github.com/{REPOSITORY}/pull/{NUMBER}#issuecomment-1001"
    assert capsys.readouterr().out == f"the comment was written on pull request 7 of acme/shop: {url}\n"
    (body,) = server.own
    assert body.splitlines()[0].startswith("<!-- pytest-llmcost id=default at=")
    assert body.splitlines()[1].startswith(TITLE)
    assert f"`{HEAD[:7]}`" in body
    assert f"https://github.com/{REPOSITORY}/actions/runs/123456789" in body
    assert main(["comment", "llmcost.json"]) == 0
    assert "says this already" in capsys.readouterr().out
    assert (server.own, server.count("POST", "comments"), server.count("PATCH")) == ([body], 1, 0)
    assert not summary.exists()


def test_several_suites_have_a_comment_each(server, job):
    job("pull_request", of_pull_request())
    assert [main(["comment", "llmcost.json", "--id", name]) for name in ("api", "worker", "api")] == [0, 0, 0]
    assert [body.split()[2] for body in server.own] == ["id=api", "id=worker"]


def test_a_behavior_is_handed_on(server, job):
    job("pull_request", of_pull_request())
    assert main(["comment", "llmcost.json", "--behavior", "new"]) == 0
    server.comments[0]["body"] = server.own[0].replace("$35.00", "$34.00")
    assert main(["comment", "llmcost.json", "--behavior", "hide-and-new"]) == 0
    assert [one["minimized"] is not None for one in server.comments] == [True, False]


def test_a_commit_that_is_no_longer_the_newest_says_nothing(server, job, capsys):
    job("pull_request", of_pull_request(head="e" * 40))
    assert main(["comment", "llmcost.json"]) == 0
    assert server.own == []
    assert "newer" in capsys.readouterr().out


def test_a_token_that_only_reads_puts_the_report_into_the_job_summary(server, job, capsys):
    summary = job("pull_request", of_pull_request(repository=FORK))
    server.is_read_only = True
    assert main(["comment", "llmcost.json"]) == 0
    out, err = capsys.readouterr()
    assert "`pull-requests: write`" in out
    assert out.endswith("; the report is in the job summary\n")
    assert summary.read_text(encoding="utf-8").startswith("### ❌ LLM cost $35.00")
    assert (out.count("\n"), err, server.own) == (1, "", [])


def test_a_missing_token_is_no_failure_either(server, job, capsys, monkeypatch):
    summary = job("pull_request", of_pull_request())
    monkeypatch.delenv("GITHUB_TOKEN")
    assert main(["comment", "llmcost.json"]) == 0
    assert capsys.readouterr().out.startswith("no comment: the token is empty")
    assert summary.exists()


def test_other_events_have_no_pull_request(server, job, capsys):
    job("push", {"ref": "refs/heads/main", "before": BASE_SHA, "after": HEAD})
    assert main(["comment", "llmcost.json"]) == 0
    assert capsys.readouterr().out == "no comment: the event 'push' is not about a pull request\n"
    assert server.asked == []


def test_a_dry_run_prints_what_would_be_sent(server, job, capsys):
    job("pull_request", of_pull_request())
    assert main(["comment", "llmcost.json", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert server.asked == []
    assert main(["comment", "llmcost.json"]) == 0
    assert server.own == [printed]


def test_data_for_other_forges_hold_the_body(server, job, capsys):
    job("pull_request", of_pull_request())
    assert main(["comment", "llmcost.json", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert main(["comment", "llmcost.json", "--format", "markdown"]) == 0
    assert data["markdown"] == capsys.readouterr().out
    assert data["verdict"] == "fail"
    assert server.asked == []


def test_outside_of_ci_it_is_printed(capsys):
    assert main(["comment", "llmcost.json"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith(TITLE)


@pytest.mark.parametrize("forge", ["--github", "--gitlab"])
def test_a_forge_needs_a_job_of_it(forge, capsys):
    assert main(["comment", "llmcost.json", forge]) == 2
    assert "use --dry-run elsewhere" in capsys.readouterr().err


def test_without_a_run_file_there_is_one_line(server, job, capsys):
    job("pull_request", of_pull_request())
    assert main(["comment"]) == 2
    assert capsys.readouterr().err == (
        "llmcost: RUN is missing: name the file that pytest --llmcost --llmcost-report=json wrote\n"
    )


@pytest.mark.parametrize("name", ["", "a b", "-->", "ü", "x" * 101])
def test_an_id_that_cannot_stand_in_a_marker_is_refused(name, capsys):
    assert main(["comment", "llmcost.json", f"--id={name}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_behavior_that_there_is_not_is_answered_with_those_there_are(capsys):
    assert main(["comment", "llmcost.json", "--behavior=replace"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "delete-and-new" in err


@pytest.mark.parametrize("where", ["--github", "--dry-run"])
def test_the_token_is_never_shown(where, server, job, capsys):
    job("pull_request", of_pull_request())
    server.fail("GET", "comments", times=9, is_done=True)
    code = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG);"
        "from pytest_llmcost.forge import api; api.MOST_WAIT = 0;"
        "from pytest_llmcost.cli import main; sys.exit(main())"
    )
    server.tokens = {}
    ran = subprocess.run(
        [sys.executable, "-c", code, "comment", "llmcost.json", where], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert TOKEN not in ran.stdout + ran.stderr
    assert TOKEN in os.environ["GITHUB_TOKEN"]


def test_a_forks_run_is_judged_by_the_base_branch_and_marked_as_not_verified(server, job, project):
    job("workflow_run", after())
    upload(server, zipped((project / "llmcost.json").read_bytes()))
    assert main(["comment"]) == 0
    (body,) = server.own
    assert body.splitlines()[1].startswith(TITLE)
    assert "not verified" in body
    assert f"/actions/runs/{RUN}" in body


def test_a_forks_run_is_compared_with_the_file_that_is_named(server, job, project):
    job("workflow_run", after())
    upload(server, zipped((project / "llmcost.json").read_bytes()))
    assert main(["comment", "--baseline", "llmcost.json"]) == 0
    assert "unchanged" in server.own[0].splitlines()[1]


def test_a_run_of_the_same_repository_is_not_called_a_forks(server, job, project):
    job("workflow_run", after(repository=REPOSITORY))
    upload(server, zipped((project / "llmcost.json").read_bytes()))
    server.pulls = [pull(NUMBER, branch=BRANCH)]
    assert main(["comment"]) == 0
    assert "not verified" not in server.own[0]


def test_the_pull_request_is_the_one_that_has_the_commit(server, job, project, capsys):
    job("workflow_run", after())
    upload(server, zipped((project / "llmcost.json").read_bytes()))
    server.pulls = [pull(NUMBER, branch=BRANCH, repository=FORK, head="e" * 40)]
    assert main(["comment"]) == 0
    assert capsys.readouterr().out.startswith("no comment: no open pull request of acme/shop ends at 3f9c2ab")
    assert server.own == []


def test_a_run_that_was_no_pull_request_has_no_comment(server, job, capsys):
    job("workflow_run", after(event="push"))
    assert main(["comment"]) == 0
    assert "not for a pull request" in capsys.readouterr().out


def test_a_run_that_uploaded_nothing_has_no_comment(server, job, capsys):
    job("workflow_run", after())
    upload(server, b"")
    server.artifacts = []
    assert main(["comment"]) == 0
    assert capsys.readouterr().out == (
        "no comment: run 4711 has no artifact 'llmcost-report': it may have ended before pytest did\n"
    )


def changed(project: Path, **keys: object) -> bytes:
    return json.dumps(json.loads((project / "llmcost.json").read_bytes()) | keys).encode()


HOSTILE = {
    "a zip bomb": lambda _: zipped(b" " * 300_000_000),
    "a path that escapes": lambda project: zipped((project / "llmcost.json").read_bytes(), "../llmcost.json"),
    "a name of a megabyte": lambda project: zipped(changed(project, plugin_version="x" * 1_000_000)),
    "NaN": lambda project: zipped(changed(project, version=float("nan"))),
    "a number of a pull request": lambda project: zipped(changed(project, pull_request=1)),
    "a forged marker": lambda project: zipped(changed(project, plugin_version="<!-- pytest-llmcost id=default -->")),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_artifact_is_refused_with_one_line(what, server, job, project, capsys):
    job("workflow_run", after())
    upload(server, HOSTILE[what](project))
    assert main(["comment"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), server.own) == ("", 1, [])
    assert len(err) < 400
    assert "<!--" not in err


@pytest.fixture
def gitlab(monkeypatch):
    with GitLab() as server:
        variables = {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": server.url,
            "CI_PROJECT_ID": "42",
            "CI_PROJECT_URL": "https://gitlab.com/acme/shop",
            "CI_MERGE_REQUEST_IID": "3",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_COMMIT_SHA": HEAD,
            "CI_JOB_URL": "https://gitlab.com/acme/shop/-/jobs/1",
            "LLMCOST_GITLAB_TOKEN": next(iter(server.tokens)),
        }
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        yield server


def test_a_merge_request_gets_a_note(gitlab, capsys):
    assert main(["comment", "llmcost.json", "--gitlab"]) == 0
    assert capsys.readouterr().out.startswith("the comment was written on merge request 3 of project 42")


def test_gitlab_hides_no_notes(gitlab, capsys):
    assert main(["comment", "llmcost.json", "--gitlab", "--behavior", "hide-and-new"]) == 2
    assert capsys.readouterr().err.endswith("use delete-and-new\n")


def test_a_pipeline_of_a_branch_has_no_merge_request(gitlab, monkeypatch, capsys):
    monkeypatch.delenv("CI_MERGE_REQUEST_IID")
    assert main(["comment", "llmcost.json", "--gitlab"]) == 0
    assert capsys.readouterr().out.startswith("no comment: this is no pipeline of a merge request")
