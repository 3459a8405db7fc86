"""action.yml and a server that is as much of GitHub as a comment needs."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from action_runner import FAILING, PASSING, Runner, measured

from pytest_llmcost.cli import VERBS

pytestmark = pytest.mark.skipif("comment" not in VERBS, reason="there is no llmcost comment yet")

HEAD, BASE = 40 * "a", 40 * "b"
TOKEN = "ghs_" + 36 * "x"
FORK = {"full_name": "mallory/shop"}
PULL = {
    "number": 7,
    "state": "open",
    "head": {"sha": HEAD, "ref": "topic", "repo": FORK},
    "base": {"ref": "main", "sha": BASE},
}
RUN = {
    "id": 5,
    "workflow_id": 3,
    "event": "pull_request",
    "conclusion": "failure",
    "head_sha": HEAD,
    "head_branch": "topic",
    "head_repository": FORK,
}
ARTIFACT = {"id": 9, "name": "llmcost-report", "size_in_bytes": 1, "expired": False, "workflow_run": {"id": 5}}


class Hub(BaseHTTPRequestHandler):
    """Answers what `server.answers` has for a path below the repository; nothing else is found."""

    def do_GET(self):
        self._answer(200, self.server.answers.get(self._path()))

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        comments = self.server.answers.get(self._path()) if self._path() == "issues/7/comments" else None
        comment = {"id": 1, "html_url": "http://127.0.0.1/1", "user": {"login": "github-actions[bot]"}, **sent}
        if comments is not None:
            comments.append(comment)
        self._answer(201, None if comments is None else comment)

    def _path(self):
        return self.path.partition("?")[0].removeprefix("/repos/acme/shop/")

    def _answer(self, status, found):
        self.server.tokens.add(self.headers["Authorization"])
        body = found if isinstance(found, bytes) else json.dumps({} if found is None else found).encode()
        self.send_response(404 if found is None else status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Nothing: what a test prints is compared."""


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


@pytest.fixture
def hub(runner):
    """A server with pull request 7, and a job that knows its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.tokens = set()
        server.answers = {
            "pulls": [PULL],
            "pulls/7": PULL,
            "issues/7/comments": [],
            f"compare/{BASE}...{HEAD}": {"merge_base_commit": {"sha": BASE}, "ahead_by": 1, "behind_by": 0},
            "actions/runs/5/artifacts": {"artifacts": [ARTIFACT]},
        }
        Thread(target=server.serve_forever, daemon=True).start()
        event = runner.temp / "event.json"
        event.write_text(json.dumps({"pull_request": PULL, "workflow_run": RUN}), "utf-8")
        runner.environment |= {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": f"http://127.0.0.1:{server.server_port}",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REPOSITORY": "acme/shop",
            "GITHUB_RUN_ID": "1",
            "GITHUB_STEP_SUMMARY": str(runner.temp / "summary.md"),
        }
        yield server
        server.shutdown()


def comments(hub):
    return [comment["body"] for comment in hub.answers["issues/7/comments"]]


def test_the_comment_is_written_once_with_the_token_of_the_job(runner, hub, tmp_path_factory):
    shutil.copy(measured(tmp_path_factory.mktemp("failing"), FAILING), runner.folder)
    for _ in range(2):
        ended = runner.use(comment="true", id="api", token=TOKEN)
        assert (ended.status, ended.step) == (0, "Comment on the pull request"), ended
        assert TOKEN not in ended.out + ended.err
    assert [body.partition(" at=")[0] for body in comments(hub)] == ["<!-- pytest-llmcost id=api"]
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert runner.use(comment="true", check="true", token=TOKEN).status == 1
    assert len(comments(hub)) == 2


def test_after_a_workflow_run_the_base_branch_judges_what_a_fork_has_measured(runner, hub, tmp_path_factory):
    generous = measured(tmp_path_factory.mktemp("fork"), PASSING)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.write(generous, "llmcost.json")
    hub.answers["actions/artifacts/9/zip"] = archive.getvalue()
    measured(runner.folder, FAILING).unlink()  # the checkout of the base branch, whose budget is smaller
    ended = runner.use(event="workflow_run", comment="true", token=TOKEN)
    assert (ended.status, ended.step, ended.outputs) == (0, "Comment on the pull request", {}), ended
    assert len(comments(hub)) == 1
    assert "1 budget exceeded" in comments(hub)[0]
    assert "not verified" in comments(hub)[0]


def test_after_a_workflow_run_what_is_no_run_file_is_refused_in_one_line(runner, hub):
    hub.answers["actions/artifacts/9/zip"] = b"<!-- pytest-llmcost id=default -->"
    ended = runner.use(event="workflow_run", comment="true", token=TOKEN)
    assert (ended.status, ended.step) == (2, "Comment on the pull request")
    assert (ended.out + ended.err).count("\n") == 1
    assert comments(hub) == []
