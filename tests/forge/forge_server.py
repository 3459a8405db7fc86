"""GitHub on the loopback: keeps the comments of one pull request, and the runs and artifacts of its repository."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

from forge_description import description, objection
from forge_wire import Asked, Reply, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = "acme/shop"
NUMBER = 7
HEAD = "3f9c2ab" + "0" * 33
BASE_SHA = "91d0e4f" + "1" * 33
ACTIONS = "github-actions[bot]"
TOKEN = "ghs_SecretSecretSecretSecretSecretSecret"
LONGEST = 65_536
READ_ONLY = {"message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com"}


class GitHub(Wire):
    """GitHub, with one repository and pull requests in it.

    `tokens`: token -> login. A login that ends with "[bot]" belongs to an app, which `GET /user` does not name.
    `storage` is where artifacts are downloaded from: another origin, which must never see a token.
    Requests that GitHub's own description does not know are an error when the server is left.
    """

    def __init__(self, *, prefix: str = "", storage: Storage | None = None) -> None:
        super().__init__()
        description()  # takes a second, which is not to be that of a request
        self.prefix = prefix
        self.tokens = {TOKEN: ACTIONS}
        self.is_read_only = False
        self.shows_minimized = True
        self.has_graphql = True
        self.comments: list[dict[str, Any]] = []
        self.pulls = [pull(NUMBER)]
        self.runs: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.comparison = {"merge_base_commit": {"sha": BASE_SHA}, "ahead_by": 3, "behind_by": 2, "commits": []}
        self.storage = storage
        self._numbers = itertools.count(1001)

    @property
    def url(self) -> str:
        return self.origin + self.prefix

    def say(self, body: str, *, login: str = ACTIONS, is_hidden: bool = False) -> dict[str, Any]:
        """Put a comment there, as if it had been written before."""
        number = next(self._numbers)
        comment = {
            "id": number,
            "node_id": f"IC_{number}",
            "html_url": f"https://github.com/{REPOSITORY}/pull/{NUMBER}#issuecomment-{number}",
            "body": body,
            "user": {"login": login},
            "performed_via_github_app": None,
            "minimized": {"reason": "outdated"} if is_hidden else None,
        }
        self.comments.append(comment)
        return comment

    @property
    def own(self) -> list[str]:
        """The bodies of the comments that bear a marker, the oldest first."""
        return [one["body"] for one in self.comments if one["body"].startswith("<!-- pytest-llmcost ")]

    @property
    def shown(self) -> list[str]:
        return [one["body"] for one in self.comments if one["body"] in self.own and not one["minimized"]]

    def handle(self, asked: Asked) -> Reply:
        said = objection(asked, self.prefix)
        if said:
            self.objections.append(said)
            return Reply(status=422, json={"message": said})
        login = self.tokens.get(asked.token or "")
        if login is None:
            return Reply(status=401, json={"message": "Bad credentials"})
        path = asked.path.removeprefix(self.prefix)
        if path == "/graphql" or asked.path == "/api/graphql":
            return self._graphql(asked, login)
        for method, pattern, answer in ROUTES:
            found = re.fullmatch(pattern.replace("REPO", f"/repos/{REPOSITORY}"), path)
            if found and method == asked.method:
                if method != "GET" and self.is_read_only:
                    return Reply(status=403, json=READ_ONLY)
                return answer(self, asked, login, *found.groups())
        return missing()

    def _graphql(self, asked: Asked, login: str) -> Reply:
        if not self.has_graphql:
            return missing()
        query, variables = asked.json["query"], asked.json["variables"]
        if "viewer" in query:
            return Reply(json={"data": {"viewer": {"login": login}}})
        assert "minimizeComment" in query
        assert "OUTDATED" in query
        if self.is_read_only:
            return Reply(json={"data": None, "errors": [{"type": "FORBIDDEN", "message": READ_ONLY["message"]}]})
        for one in self.comments:
            if one["node_id"] == variables["id"]:
                one["minimized"] = {"reason": "outdated"}
                return Reply(json={"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}})
        return Reply(json={"data": None, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve to a node"}]})

    def _list(self, asked: Asked, _login: str, number: str) -> Reply:
        if int(number) not in {one["number"] for one in self.pulls}:
            return missing()
        shown = self.comments
        if not self.shows_minimized:
            shown = [{name: value for name, value in one.items() if name != "minimized"} for one in shown]
        return page(asked, shown)

    def _create(self, asked: Asked, login: str, number: str) -> Reply:
        if int(number) not in {one["number"] for one in self.pulls}:
            return missing()
        body = asked.json["body"]
        return too_long() if len(body) > LONGEST else Reply(status=201, json=self.say(body, login=login))

    def _one(self, _asked: Asked, _login: str, number: str) -> Reply:
        return next((Reply(json=dict(one)) for one in self.comments if one["id"] == int(number)), missing())

    def _update(self, asked: Asked, _login: str, number: str) -> Reply:
        body = asked.json["body"]
        for one in self.comments:
            if one["id"] == int(number):
                if len(body) > LONGEST:
                    return too_long()
                one["body"] = body
                return Reply(json=one)
        return missing()

    def _delete(self, _asked: Asked, _login: str, number: str) -> Reply:
        for one in self.comments:
            if one["id"] == int(number):
                self.comments.remove(one)
                return Reply(status=204)
        return missing()

    def _user(self, _asked: Asked, login: str) -> Reply:
        return Reply(status=403, json=READ_ONLY) if login.endswith("[bot]") else Reply(json={"login": login})

    def _pull(self, _asked: Asked, _login: str, number: str) -> Reply:
        return next((Reply(json=one) for one in self.pulls if one["number"] == int(number)), missing())

    def _pulls(self, asked: Asked, _login: str) -> Reply:
        owner, _, branch = asked.query["head"].partition(":")
        base = asked.query.get("base")
        return page(
            asked,
            [
                one
                for one in self.pulls
                if one["state"] == asked.query["state"]
                and one["head"]["ref"] == branch
                and one["head"]["user"]["login"] == owner
                and base in {None, one["base"]["ref"]}
            ],
        )

    def _workflow_runs(self, asked: Asked, _login: str, workflow: str) -> Reply:
        wanted = {"head_branch": "branch", "event": "event", "conclusion": "status", "head_sha": "head_sha"}
        found = [
            one
            for one in self.runs
            if workflow in {str(one["workflow_id"]), one["file"]}
            and all(one[field] == asked.query.get(name, one[field]) for field, name in wanted.items())
        ]
        return page(asked, sorted(found, key=lambda one: -one["id"]), key="workflow_runs")

    def _run(self, _asked: Asked, _login: str, number: str) -> Reply:
        return next((Reply(json=one) for one in self.runs if one["id"] == int(number)), missing())

    def _artifacts(self, asked: Asked, _login: str, run: str) -> Reply:
        mine = [one for one in self.artifacts if one["workflow_run"]["id"] == int(run)]
        return page(asked, [one for one in mine if one["name"] == asked.query["name"]], key="artifacts")

    def _zip(self, _asked: Asked, _login: str, number: str) -> Reply:
        assert self.storage is not None
        if int(number) not in self.storage.files:
            return Reply(status=410, json={"message": "Artifact has expired"})
        return Reply(status=302, headers={"Location": f"{self.storage.origin}/{number}?sig=signed"})

    def _compare(self, asked: Asked, _login: str, basehead: str) -> Reply:
        return Reply(json=self.comparison) if "..." in basehead else missing()


ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("GET", r"REPO/issues/(\d+)/comments", GitHub._list),
    ("POST", r"REPO/issues/(\d+)/comments", GitHub._create),
    ("GET", r"REPO/issues/comments/(\d+)", GitHub._one),
    ("PATCH", r"REPO/issues/comments/(\d+)", GitHub._update),
    ("DELETE", r"REPO/issues/comments/(\d+)", GitHub._delete),
    ("GET", r"/user", GitHub._user),
    ("GET", r"REPO/pulls/(\d+)", GitHub._pull),
    ("GET", r"REPO/pulls", GitHub._pulls),
    ("GET", r"REPO/actions/workflows/([^/]+)/runs", GitHub._workflow_runs),
    ("GET", r"REPO/actions/runs/(\d+)", GitHub._run),
    ("GET", r"REPO/actions/runs/(\d+)/artifacts", GitHub._artifacts),
    ("GET", r"REPO/actions/artifacts/(\d+)/zip", GitHub._zip),
    ("GET", r"REPO/compare/(.+)", GitHub._compare),
]


class Storage(Wire):
    """Where artifacts lie: another origin, which knows nothing of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[int, bytes] = {}

    def handle(self, asked: Asked) -> Reply:
        return Reply(body=self.files[int(asked.path.strip("/"))], headers={"Content-Type": "application/zip"})


def pull(number: int, *, head: str = HEAD, branch: str = "cheaper", repository: str = REPOSITORY, **more: Any) -> Any:
    """Return a pull request as the API shows it."""
    owner = repository.partition("/")[0]
    return {
        "number": number,
        "state": "open",
        "head": {"sha": head, "ref": branch, "user": {"login": owner}, "repo": {"full_name": repository}},
        "base": {"ref": "main", "sha": BASE_SHA},
        **more,
    }


def run(number: int, *, head: str, repository: str = REPOSITORY, **more: Any) -> dict[str, Any]:
    """Return a run of a workflow as the API shows it; a good one, for a push to main."""
    return {
        "id": number,
        "workflow_id": 55,
        "file": "tests.yml",
        "head_sha": head,
        "head_branch": "main",
        "event": "push",
        "conclusion": "success",
        "head_repository": {"full_name": repository},
        **more,
    }


def artifact(number: int, run: int, *, head: str = HEAD, **more: Any) -> dict[str, Any]:
    """Return an artifact as the API shows it."""
    return {
        "id": number,
        "name": "llmcost-report",
        "size_in_bytes": 100,
        "expired": False,
        "created_at": f"2026-11-21T09:30:{number % 60:02}Z",
        "workflow_run": {"id": run, "head_sha": head},
        **more,
    }


def page(asked: Asked, things: list[Any], *, key: str | None = None) -> Reply:
    """Return one page, and a link to the next that leads elsewhere: it is not to be followed."""
    size = min(int(asked.query.get("per_page", 30)), 100)
    first = (int(asked.query.get("page", 1)) - 1) * size
    some = json.loads(json.dumps(things[first : first + size]))
    link = '<http://attacker.invalid/repositories/1?page=2>; rel="next"'
    return Reply(json=some if key is None else {"total_count": len(things), key: some}, headers={"Link": link})


def missing() -> Reply:
    return Reply(status=404, json={"message": "Not Found"})


def too_long() -> Reply:
    message = "body is too long (maximum is 65536 characters)"
    error = {"resource": "IssueComment", "code": "unprocessable", "field": "body", "message": message}
    return Reply(status=422, json={"message": "Validation Failed", "errors": [error]})
