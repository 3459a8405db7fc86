"""Put one text on a pull request, so that it is there once, and never older than what it replaces.

A forge has no "write only if nobody else has". So a comment is looked at right before its text is replaced, and again
after it. One order of two runs is left in which the older text stays: the newer one writes, and looks again, and both
come between the older one's last look and its write, which are neighbours. Runs that follow each other (`concurrency`
of GitHub Actions) never meet like that.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pytest_llmcost.forge.failure import AgainError, DeniedError, ForgeError, MissingError, TooLongError
from pytest_llmcost.forge.marker import checked_id, marker_of, same, whole_seconds, with_marker
from pytest_llmcost.forge.steps import (
    NEVER,
    Action,
    Behaviour,
    Create,
    Done,
    Own,
    Remove,
    Step,
    Update,
    Wish,
    next_step,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_llmcost.forge.thread import Comment, Thread

__all__ = ["Action", "Behaviour", "Outcome", "Post", "marked", "post"]

REWRITES = 3
"""How often a text is written again over an older one that has taken its place, or that a slow server still shows."""

ROUNDS = 25
"""Looks at a thread: one post takes two or three, and a few more when others write at the same time."""

SLACK = timedelta(minutes=10)
"""How far in the future a found comment may be, by clocks that differ; more is impossible, and counts as no time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What is to be put on a pull request.

    Raises ForgeError for an id that cannot stand in a marker, and for a time without a time zone.
    """

    body: str
    id: str
    at: datetime
    """When the run began."""
    head: str | None
    """Full hash of the commit that was tested; None when the pull request is not to be asked for its own."""
    behaviour: Behaviour = Behaviour.UPDATE
    skip_new: bool = False
    """Do not create a first comment."""

    def __post_init__(self) -> None:
        checked_id(self.id)
        whole_seconds(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a post."""

    action: Action
    url: str | None
    """Of the comment that counts now; None when there is none, or it is not known."""
    reason: str
    """One sentence for people, without a full stop."""


def marked(post: Post) -> str:
    """Return the comment as it is sent: the marker line and the body."""
    return with_marker(post.body, id=post.id, at=post.at)


def _now() -> datetime:
    return datetime.now(UTC)


def post(thread: Thread, post: Post, *, now: Callable[[], datetime] = _now) -> Outcome:
    """Put a text on a pull request; what the forge refuses or fails to do is an outcome, not an error.

    Raises ForgeError for what is asked of the wrong forge: hiding where nothing can be hidden.
    """
    if post.behaviour is Behaviour.HIDE_AND_NEW and not thread.can_hide:
        raise ForgeError(f"comments on {thread.name} cannot be hidden: use delete-and-new")
    post = replace(post, at=whole_seconds(min(post.at, now())))
    size = len(marked(post).encode())
    if size > thread.at_most:
        return _failed(f"the comment has {size:,} bytes, and {thread.name} takes {thread.at_most:,}: nothing was sent")
    return _Posting(thread, post, now()).outcome()


def _failed(reason: str) -> Outcome:
    return Outcome(action=Action.FAILED, url=None, reason=reason)


@dataclass(slots=True)
class _Posting:
    """One post under way."""

    thread: Thread
    post: Post
    now: datetime
    wrote: Action | None = None
    """What was done with our text."""
    tried: Action | None = None
    """What was done with it if the forge did what it has not confirmed."""
    created: list[Comment] = field(default_factory=list)
    """A list that is read right after a comment was written may not have it yet."""
    last: Comment | None = None
    """What was written last."""
    rewrites: int = 0
    gone: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)

    def outcome(self) -> Outcome:
        try:
            done = self._settled()
        except ForgeError as error:
            return self._without(error)
        comment = done.comment or self.last
        action = done.action or self.wrote or Action.UNCHANGED
        reason = self._reason(action, is_there=comment is not None)
        return Outcome(action=action, url=comment.url if comment else None, reason=reason)

    def _settled(self) -> Done:
        for _ in range(ROUNDS):
            try:
                if self.wrote is None and self._is_overtaken():
                    return Done(Action.OLDER)
                step = self._step()
                if isinstance(step, Done):
                    return step
                if self.rewrites >= REWRITES:
                    return Done(None)
                self._do(step)
            except AgainError:
                continue
        raise ForgeError(f"{self.thread.name} does not come to rest: others write the same comment all the time")

    def _is_overtaken(self) -> bool:
        return self.post.head is not None and self.thread.head() != self.post.head

    def _step(self) -> Step:
        comments = self._comments()
        if self.tried and any(same(one.body, marked(self.post)) for one in comments.values()):
            # The forge had done it after all.
            self.wrote = self.wrote or self.tried
        self.tried = None
        step = self._next(comments)
        if isinstance(step, Update):
            # To read a long thread takes seconds, in which another run can have written.
            step = self._next(self._looked_at_again(step.comment, comments))
        return step

    def _next(self, comments: Mapping[int, Comment]) -> Step:
        own = [Own(comment=one, at=self._time(one)) for one in comments.values()]
        wish = Wish(text=marked(self.post), at=self.post.at, behaviour=self.post.behaviour, skip_new=self.post.skip_new)
        return next_step(own, wish, wrote=self.wrote is not None)

    def _comments(self) -> dict[int, Comment]:
        """Return our comments by number, whoever else has put our marker into his."""
        found = {one.number: one for one in [*self.created, *self.thread.comments()]}
        ours = [one for one in found.values() if self._is_marked(one) and one.number not in self.gone]
        author = self.thread.author() if ours else ""
        return {one.number: self._as_shown(one) for one in ours if one.author == author}

    def _looked_at_again(self, comment: Comment, comments: dict[int, Comment]) -> dict[int, Comment]:
        rest = {number: one for number, one in comments.items() if number != comment.number}
        try:
            fresh = self.thread.read(comment)
        except MissingError:
            self.gone.add(comment.number)
            return rest
        return {**rest, fresh.number: self._as_shown(fresh)} if self._is_marked(fresh) else rest

    def _as_shown(self, comment: Comment) -> Comment:
        return replace(comment, is_hidden=comment.is_hidden or comment.number in self.hidden)

    def _is_marked(self, comment: Comment) -> bool:
        marker = marker_of(comment.body)
        return marker is not None and marker.id == self.post.id

    def _time(self, comment: Comment) -> datetime:
        marker = marker_of(comment.body)
        at = NEVER if marker is None or marker.at is None else marker.at
        return at if at <= self.now + SLACK else NEVER

    def _do(self, step: Create | Update | Remove) -> None:
        match step:
            case Create():
                self._write(None, marked(self.post))
            case Update(comment, text):
                self._write(comment, text)
            case Remove(comments, is_hiding):
                for comment in comments:
                    self._remove(comment, is_hiding=is_hiding)

    def _write(self, comment: Comment | None, text: str) -> None:
        """Write our text, or, when it is that of another run, take it to the comment that stays."""
        is_ours = text == marked(self.post)
        action = Action.UPDATED if comment else Action.CREATED
        self.tried = action if is_ours else None
        if comment is None:
            comment = self.thread.create(text)
            self.created.append(comment)
        elif not self._is_done(self.thread.update, comment, text):
            return
        self.tried, self.last = None, comment
        if is_ours:
            self.rewrites += self.wrote is not None
            self.wrote = self.wrote or action

    def _remove(self, comment: Comment, *, is_hiding: bool) -> None:
        if is_hiding:
            self._is_done(self.thread.hide, comment)
            self.hidden.add(comment.number)
        else:
            self._is_done(self.thread.delete, comment)
            self.gone.add(comment.number)

    def _is_done(self, what: Callable[..., None], comment: Comment, *arguments: str) -> bool:
        """Do something to a comment; False when another run, or somebody, has deleted it meanwhile."""
        try:
            what(comment, *arguments)
        except MissingError:
            self.gone.add(comment.number)
            return False
        return True

    def _without(self, error: ForgeError) -> Outcome:
        """Return the outcome of a post that the forge has not let us finish."""
        if self.wrote:
            reason = f"{self._reason(self.wrote)}, but not all could be tidied up: {error}"
            return Outcome(action=self.wrote, url=self.last.url if self.last else None, reason=reason)
        if isinstance(error, DeniedError):
            return Outcome(action=Action.REFUSED, url=None, reason=f"{error}: {self.thread.permission}")
        if isinstance(error, TooLongError):
            return _failed(f"the comment is too long for {self.thread.name}: {error}")
        return _failed(str(error))

    def _reason(self, action: Action, *, is_there: bool = True) -> str:
        name = self.thread.name
        if action is Action.OLDER and not is_there:
            return f"{name} has a newer commit by now: what is there was left as it is"
        return {
            Action.CREATED: f"the comment was written on {name}",
            Action.UPDATED: f"the comment was updated on {name}",
            Action.UNCHANGED: f"the comment on {name} says this already",
            Action.OLDER: f"a newer run has commented on {name}: its comment was left as it is",
            Action.SKIPPED: f"nothing is new, and {name} has no comment yet: none was written",
        }[action]
