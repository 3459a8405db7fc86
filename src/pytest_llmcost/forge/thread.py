"""The conversation of a pull request, as far as a comment of ours needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment of a thread."""

    number: int
    """The forge's own number; later comments have greater ones."""
    body: str
    author: str
    url: str | None = None
    node: str = ""
    """GitHub's other name for it, by which it is hidden."""
    is_hidden: bool = False


class Thread(Protocol):
    """What GitHub and GitLab offer; every method raises ForgeError, and writes AgainError as `Api.write` does."""

    @property
    def name(self) -> str:
        """What it is, as in "pull request 7 of acme/shop"."""

    @property
    def at_most(self) -> int:
        """The length of a comment that the forge takes for sure, in UTF-8 bytes."""

    @property
    def can_hide(self) -> bool:
        """Whether comments can be hidden."""

    @property
    def permission(self) -> str:
        """What the token needs, as the end of a sentence."""

    def author(self) -> str:
        """Return the name under which we write."""

    def head(self) -> str:
        """Return the full hash of the newest commit that is to be merged."""

    def comments(self) -> Iterable[Comment]:
        """Return all comments, in any order."""

    def read(self, comment: Comment) -> Comment:
        """Return a comment as it is now. Raises MissingError when it is gone."""

    def create(self, text: str) -> Comment:
        """Write a new comment."""

    def update(self, comment: Comment, text: str) -> None:
        """Replace the text of a comment. Raises MissingError when it is gone."""

    def delete(self, comment: Comment) -> None:
        """Delete a comment. Raises MissingError when it is gone."""

    def hide(self, comment: Comment) -> None:
        """Hide a comment as outdated. Raises MissingError when it is gone."""
