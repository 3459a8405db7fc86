"""A merge request on GitLab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_llmcost.forge.answers import Shape
from pytest_llmcost.forge.failure import ForgeError
from pytest_llmcost.forge.thread import Comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.forge.api import Api

MOST_BYTES = 1_000_000
PERMISSION = (
    "give the job a project access token with the scope `api`; CI_JOB_TOKEN cannot write, and pipelines of forks do"
    " not see protected variables"
)


class MergeRequest:
    """The thread of a merge request; `project` is its number, or its path with slashes.

    Raises ForgeError for a number that cannot be one.
    """

    at_most = MOST_BYTES
    can_hide = False
    permission = PERMISSION

    def __init__(self, api: Api, project: str, iid: int) -> None:
        if iid < 1 or not project:
            raise ForgeError(f"{iid} of {project!r} is not a merge request")
        self.name = f"merge request {iid} of project {project}"
        self._api = api
        self._path = f"/projects/{quote(project, safe='')}/merge_requests/{iid}"
        self._author: str | None = None
        self._url: str | None = None

    def author(self) -> str:
        """Return the user name of the token."""
        if self._author is None:
            self._author = Shape(self._api.get("/user"), "the user of the token").text("username")
        return self._author

    def head(self) -> str:
        """Return the full hash of the newest commit of the merge request's branch."""
        found = Shape(self._api.get(self._path), self.name)
        self._url = found.text_or_none("web_url")
        return found.commit("sha")

    def comments(self) -> Iterator[Comment]:
        """Yield all notes, the oldest first, without those that GitLab writes itself."""
        pages = self._api.pages(f"{self._path}/notes", {"sort": "asc", "order_by": "created_at"})
        return (self._comment(note) for note in pages if not Shape(note, "a note").flag("system"))

    def read(self, comment: Comment) -> Comment:
        """Return a note as it is now."""
        return self._comment(self._api.get(self._one(comment)))

    def create(self, text: str) -> Comment:
        """Write a new note."""
        return self._comment(self._api.write("POST", f"{self._path}/notes", {"body": text}))

    def update(self, comment: Comment, text: str) -> None:
        """Replace the text of a note."""
        self._api.write("PUT", self._one(comment), {"body": text})

    def delete(self, comment: Comment) -> None:
        """Delete a note."""
        self._api.write("DELETE", self._one(comment))

    def hide(self, comment: Comment) -> None:
        """Raise ForgeError: GitLab hides no notes."""
        raise ForgeError(f"note {comment.number} cannot be hidden: use delete-and-new")

    def _one(self, comment: Comment) -> str:
        return f"{self._path}/notes/{comment.number}"

    def _comment(self, found: Any) -> Comment:
        fields = Shape(found, "a note")
        number = fields.number("id")
        author = fields.part_or_none("author")
        return Comment(
            number=number,
            body=fields.body("body"),
            author=author.text("username") if author else "",
            url=f"{self._url}#note_{number}" if self._url else None,
        )
