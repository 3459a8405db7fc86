"""action.yml and a server that is as much of GitHub as a comment needs."""

from __future__ import annotations

import json
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from action_runner import FAILING, Runner, measured

from pytest_llmcost.cli import VERBS


class Hub(BaseHTTPRequestHandler):
    """As much of GitHub as one comment on pull request 7 needs; nothing else is found."""

    def do_GET(self):
        pull = {"head": {"sha": HEAD}}
        answers = {"/repos/acme/shop/pulls/7": pull, "/repos/acme/shop/issues/7/comments": self.server.comments}
        self._answer(answers.get(self.path.partition("?")[0]))

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        comment = {"id": 1, "html_url": "http://127.0.0.1/1", "user": {"login": "github-actions[bot]"}, **sent}
        is_comment = self.path == "/repos/acme/shop/issues/7/comments"
        if is_comment:
            self.server.comments.append(comment)
        self._answer(comment if is_comment else None)

    def _answer(self, found):
        self.server.tokens.add(self.headers["Authorization"])
        self.send_response(404 if found is None else 201 if self.command == "POST" else 200)
        self.end_headers()
        self.wfile.write(json.dumps({} if found is None else found).encode())

    def log_message(self, *arguments):
        """Nothing: what a test prints is compared."""


HEAD = 40 * "a"
TOKEN = "ghs_" + 36 * "x"


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path)


@pytest.fixture
def hub(runner):
    """A server, and a job for pull request 7 that knows its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.comments, server.tokens = [], set()
        Thread(target=server.serve_forever, daemon=True).start()
        repository = {"full_name": "acme/shop"}
        pull = {"number": 7, "head": {"sha": HEAD, "ref": "topic", "repo": repository}}
        event = runner.temp / "event.json"
        event.write_text(json.dumps({"pull_request": {**pull, "base": {"ref": "main", "sha": 40 * "b"}}}), "utf-8")
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


@pytest.mark.skipif("comment" not in VERBS, reason="there is no llmcost comment yet")
def test_the_comment_is_written_once_with_the_token_of_the_job(runner, hub, tmp_path_factory):
    shutil.copy(measured(tmp_path_factory.mktemp("failing"), FAILING), runner.folder)
    for _ in range(2):
        ended = runner.use(comment="true", id="api", token=TOKEN)
        assert (ended.status, ended.step) == (0, "Comment on the pull request"), ended
        assert TOKEN not in ended.out + ended.err
    assert [comment["body"].partition(" at=")[0] for comment in hub.comments] == ["<!-- pytest-llmcost id=api"]
    assert hub.tokens == {f"Bearer {TOKEN}"}
    assert runner.use(comment="true", check="true", token=TOKEN).status == 1
    assert len(hub.comments) == 2
