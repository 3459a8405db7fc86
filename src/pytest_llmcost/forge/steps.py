"""What to do next so that a thread holds our comment: a pure rule over what the thread holds now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_llmcost.forge.marker import body_of, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_llmcost.forge.thread import Comment

NEVER = datetime.min.replace(tzinfo=UTC)


class Behaviour(StrEnum):
    """What becomes of the comment of an earlier run."""

    UPDATE = "update"
    NEW = "new"
    DELETE_AND_NEW = "delete-and-new"
    HIDE_AND_NEW = "hide-and-new"


class Action(StrEnum):
    """What came of it."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"
    SKIPPED = "skipped"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A comment of ours: written by us, and our marker on its first line."""

    comment: Comment
    at: datetime
    """When its run began; NEVER when it does not say, or says something impossible."""

    @property
    def age(self) -> tuple[datetime, int]:
        """The order of comments: every run has to find the same newest one, so it is a total one."""
        return self.at, self.comment.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a run wants to say."""

    text: str
    at: datetime
    behaviour: Behaviour
    skip_new: bool


@dataclass(frozen=True, slots=True)
class Create:
    """Write a new comment."""


@dataclass(frozen=True, slots=True)
class Update:
    """Replace the text of a comment."""

    comment: Comment
    text: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Take comments out of sight: duplicates, and those of earlier runs."""

    comments: tuple[Comment, ...]
    is_hiding: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do; `action` is None for what this run has written itself."""

    action: Action | None
    comment: Comment | None = None


Step = Create | Update | Remove | Done


def next_step(own: Sequence[Own], wish: Wish, *, wrote: bool) -> Step:
    """Return what to do, given all comments of ours; `wrote` when this run has written its text already.

    Before that, a newer comment ends the run, and an equal one makes it needless. After that, only the thread counts,
    not who is asking, so that runs at the same time work towards the same end.
    """
    ordered = sorted(own, key=lambda one: one.comment.number)
    if not wrote:
        newest = max(ordered, key=lambda one: one.age, default=None)
        if newest is not None and newest.at > wish.at:
            return Done(Action.OLDER, newest.comment)
        if newest is None and wish.skip_new:
            return Done(Action.SKIPPED)
    return _STEPS[wish.behaviour](ordered, wish, wrote)


def _new(own: list[Own], wish: Wish, wrote: bool) -> Step:
    mine = [one.comment for one in own if same(one.comment.body, wish.text)]
    if wrote or mine:
        return Done(None if wrote else Action.UNCHANGED, mine[-1] if mine else None)
    return Create()


def _update(own: list[Own], wish: Wish, wrote: bool) -> Step:
    """One comment stays, the oldest one, so that links to it hold; it gets the newest text.

    What is hidden is left alone, unless all is: then somebody has hidden the comment, and does not want another one.
    """
    live = [one for one in own if not one.comment.is_hidden] or own[-1:]
    if not live:
        return Done(None) if wrote else Create()
    first = live[0].comment
    newest = max(live, key=lambda one: (one.at, same(one.comment.body, wish.text), one.comment.number))
    is_said = body_of(newest.comment.body) == body_of(wish.text)
    if newest.at < wish.at if wrote else not is_said:
        return Update(first, wish.text)
    if not same(first.body, newest.comment.body):
        return Update(first, newest.comment.body)
    others = tuple(one.comment for one in live[1:])
    return Remove(others) if others else Done(None if wrote else Action.UNCHANGED, first)


def _replace(own: list[Own], wish: Wish, wrote: bool) -> Step:
    """The newest comment stays, at the end of the thread.

    It is never removed by a run that sees only a part of what others do: what is not the newest in a part is not the
    newest in the whole.
    """
    is_hiding = wish.behaviour is Behaviour.HIDE_AND_NEW
    shown = [one for one in own if not one.comment.is_hidden]
    newest = max(shown, key=lambda one: one.age, default=None)
    if newest is None or not (wrote or body_of(newest.comment.body) == body_of(wish.text)):
        return Done(None) if wrote else Create()
    rest = shown if is_hiding else own
    others = tuple(one.comment for one in rest if one is not newest)
    return Remove(others, is_hiding) if others else Done(None if wrote else Action.UNCHANGED, newest.comment)


_STEPS = {
    Behaviour.UPDATE: _update,
    Behaviour.NEW: _new,
    Behaviour.DELETE_AND_NEW: _replace,
    Behaviour.HIDE_AND_NEW: _replace,
}
