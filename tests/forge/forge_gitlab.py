"""GitLab on the loopback: keeps the notes of one merge request."""

from __future__ import annotations

import itertools
import re
from typing import Any

from forge_server import HEAD
from forge_wire import Asked, Reply, Wire

PROJECT = 42
IID = 3
BOT = "project_42_bot_1a2b"
TOKEN = "glpat-SecretSecretSecret"
LONGEST = 1_000_000
NOTES = f"/projects/{PROJECT}/merge_requests/{IID}/notes"


class GitLab(Wire):
    """GitLab, with one merge request; `tokens`: token -> user name."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = {TOKEN: BOT}
        self.is_read_only = False
        self.names_pages = True
        self.most_per_page = 100
        self.head = HEAD
        self.notes: list[dict[str, Any]] = []
        self._numbers = itertools.count(501)

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v4"

    def say(self, body: str, *, name: str = BOT, is_system: bool = False) -> dict[str, Any]:
        """Put a note there, as if it had been written before."""
        number = next(self._numbers)
        note = {"id": number, "body": body, "author": {"id": 1, "username": name}, "system": is_system}
        self.notes.append(note)
        return note

    @property
    def own(self) -> list[str]:
        """The bodies of the notes that bear a marker, the oldest first."""
        return [one["body"] for one in self.notes if one["body"].startswith("<!-- pytest-llmcost ")]

    def handle(self, asked: Asked) -> Reply:
        name = self.tokens.get(asked.headers.get("private-token", ""))
        if name is None:
            return Reply(status=401, json={"message": "401 Unauthorized"})
        path = asked.path.removeprefix("/api/v4")
        if (asked.method, path) == ("GET", "/user"):
            return Reply(json={"id": 1, "username": name})
        if (asked.method, path) == ("GET", NOTES.removesuffix("/notes")):
            return Reply(
                json={"iid": IID, "sha": self.head, "web_url": f"https://gitlab.com/acme/shop/-/merge_requests/{IID}"}
            )
        found = re.fullmatch(rf"{NOTES}(?:/(\d+))?", path)
        if not found:
            return Reply(status=404, json={"message": "404 Not found"})
        if asked.method != "GET" and self.is_read_only:
            return Reply(status=403, json={"message": "403 Forbidden"})
        return self._notes(asked, name) if found[1] is None else self._note(asked, int(found[1]))

    def _notes(self, asked: Asked, name: str) -> Reply:
        if asked.method == "POST":
            return (
                too_long()
                if len(asked.json["body"]) > LONGEST
                else Reply(status=201, json=self.say(asked.json["body"], name=name))
            )
        size = min(int(asked.query.get("per_page", 20)), self.most_per_page)
        number = int(asked.query.get("page", 1))
        newest_first = asked.query.get("sort", "desc") == "desc"
        notes = self.notes[::-1] if newest_first else self.notes
        some, rest = notes[(number - 1) * size : number * size], notes[number * size :]
        return Reply(json=some, headers={"x-next-page": str(number + 1) if rest else ""} if self.names_pages else {})

    def _note(self, asked: Asked, number: int) -> Reply:
        for one in self.notes:
            if one["id"] == number:
                if asked.method == "GET":
                    return Reply(json=dict(one))
                if asked.method == "DELETE":
                    self.notes.remove(one)
                    return Reply(status=204)
                assert asked.method == "PUT"
                one["body"] = asked.json["body"]
                return Reply(json=one)
        return Reply(status=404, json={"message": "404 Note Not Found"})


def too_long() -> Reply:
    return Reply(status=400, json={"message": {"note": ["is too long (maximum is 1000000 characters)"]}})
