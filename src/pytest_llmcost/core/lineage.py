"""Lineage: commits that touched a file, who descends from whom, and where lines of work parted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit that touched a file.

    Attributes:
        hash: in full.
        parents: the nearest commits before it that touched the file, one per side; empty for the first.
        is_merge: whether it joins several sides, also where only one of them is followed.
        authored_at: ISO 8601, in the author's time zone.
        author: name.
        subject: first line of the message.
    """

    hash: str
    parents: tuple[str, ...]
    is_merge: bool
    authored_at: str
    author: str
    subject: str

    @property
    def date(self) -> str:
        """ISO date on which it was authored."""
        return self.authored_at[:10]


class Lineage:
    """The graph of some commits; they come newest first, children before parents.

    At the commits in `ends`, the history that a shallow clone has is over.
    """

    def __init__(self, commits: Iterable[Commit], ends: frozenset[str] = frozenset()) -> None:
        self._commits = tuple(commits)
        self._ends = ends
        self._places = {commit.hash: place for place, commit in enumerate(self._commits)}
        self._reached: dict[int, int] = {}

    def commit(self, name: str) -> Commit | None:
        """Return a commit by its hash; None for one that did not touch the file."""
        place = self._places.get(name)
        return None if place is None else self._commits[place]

    def is_end(self, commit: Commit) -> bool:
        """Tell whether what came before a commit is not in this clone."""
        return commit.hash in self._ends

    def common(self, merge: Commit) -> str | None:
        """Return the newest commit from which all sides of a merge descend; None when there is none."""
        shared = -1
        for parent in merge.parents:
            shared &= self._ancestry(parent)
        if not shared:
            return None
        # The lowest bit is the newest: no other common ancestor descends from it.
        return self._commits[(shared & -shared).bit_length() - 1].hash

    def _ancestry(self, name: str) -> int:
        """Return a set of places as bits: a commit and all that it descends from."""
        if not self._reached:
            for place in range(len(self._commits) - 1, -1, -1):
                reached = 1 << place
                for parent in self._commits[place].parents:
                    reached |= self._reached.get(self._places.get(parent, -1), 0)
                self._reached[place] = reached
        return self._reached.get(self._places.get(name, -1), 0)
