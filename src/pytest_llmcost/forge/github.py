"""A pull request on GitHub, and on GitHub Enterprise Server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmcost.forge.address import checked_repository
from pytest_llmcost.forge.answers import Shape
from pytest_llmcost.forge.failure import DownError, ForgeError
from pytest_llmcost.forge.thread import Comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.forge.api import Api

MOST_BYTES = 65_536
"""GitHub counts characters, and ours are bytes: never more than it takes."""

ACTIONS = "github-actions[bot]"
"""Who writes with the token that GitHub Actions gives to a job."""

PERMISSION = (
    "give the job the permission `pull-requests: write`; runs of forks and of Dependabot get a token that only reads"
)

# REST names the owner of a token for people only, and cannot hide a comment at all.
_WHO = "query { viewer { login } }"
_HIDE = (
    "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED})"
    " { minimizedComment { isMinimized } } }"
)


class PullRequest:
    """The thread of a pull request. Raises ForgeError for a repository or a number that cannot be one."""

    at_most = MOST_BYTES
    can_hide = True
    permission = PERMISSION

    def __init__(self, api: Api, repository: str, number: int) -> None:
        if number < 1:
            raise ForgeError(f"{number} is not the number of a pull request")
        self.name = f"pull request {number} of {checked_repository(repository)}"
        self._api = api
        self._repository = f"/repos/{repository}"
        self._number = number
        self._author: str | None = None

    def author(self) -> str:
        """Return our login: what the last comment was written under, else what GitHub says, else that of Actions."""
        if self._author is None:
            self._author = self._asked()
        return self._author

    def _asked(self) -> str:
        try:
            return self._api.graphql(_WHO, {}, is_repeatable=True).part("viewer").text("login")
        except DownError:
            raise
        except ForgeError:
            pass
        try:
            return Shape(self._api.get("/user"), "the user of the token").text("login")
        except DownError:
            raise
        except ForgeError:
            # The tokens of apps and of Actions are no user's. What is created tells who we are.
            return ACTIONS

    def head(self) -> str:
        """Return the full hash of the newest commit of the pull request's branch."""
        pull = Shape(self._api.get(f"{self._repository}/pulls/{self._number}"), self.name)
        return pull.part("head").commit("sha")

    def comments(self) -> Iterator[Comment]:
        """Yield all comments, the oldest first."""
        return map(_comment, self._api.pages(self._comments))

    def read(self, comment: Comment) -> Comment:
        """Return a comment as it is now."""
        return _comment(self._api.get(self._one(comment)))

    def create(self, text: str) -> Comment:
        """Write a new comment, and learn from it who we are."""
        comment = _comment(self._api.write("POST", self._comments, {"body": text}))
        self._author = comment.author
        return comment

    def update(self, comment: Comment, text: str) -> None:
        """Replace the text of a comment."""
        self._api.write("PATCH", self._one(comment), {"body": text})

    def delete(self, comment: Comment) -> None:
        """Delete a comment."""
        self._api.write("DELETE", self._one(comment))

    def hide(self, comment: Comment) -> None:
        """Hide a comment as outdated."""
        self._api.graphql(_HIDE, {"id": comment.node}, is_repeatable=False)

    @property
    def _comments(self) -> str:
        return f"{self._repository}/issues/{self._number}/comments"

    def _one(self, comment: Comment) -> str:
        return f"{self._repository}/issues/comments/{comment.number}"


def _comment(found: Any) -> Comment:
    fields = Shape(found, "a comment")
    user = fields.part_or_none("user")
    return Comment(
        number=fields.number("id"),
        body=fields.body("body"),
        author=user.text("login") if user else "",
        url=fields.text_or_none("html_url"),
        node=fields.body("node_id"),
        # Absent on older servers: there a hidden comment counts as shown, and is hidden once more.
        is_hidden=fields.part_or_none("minimized") is not None,
    )
