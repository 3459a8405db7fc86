"""Against: what a run is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_llmcost.core.baseline import Baseline


class Against(NamedTuple):
    """A baseline, or why there is none; `sentence` tells people which. Light: every run makes one at its start.

    Attributes:
        baseline: what the run is compared with; None for nothing.
        sentence: for people, where it comes from or why there is none.
        commit: full hash of the commit that it was read at; None for a file.
        proposed: the baseline file of the work tree, where the run is compared with a commit and the two differ.
        unread: why the baseline file of the work tree could not be read, in one sentence; empty when it could.
        behind: for people, where and how many commits ago the baseline was last written before that commit, or how far
            the commit of a run file is from the fork point; empty when it is none, or when git cannot tell.
    """

    baseline: Baseline | None = None
    sentence: str = ""
    commit: str | None = None
    proposed: Baseline | None = None
    unread: str = ""
    behind: str = ""

    @property
    def name(self) -> str:
        """What the run is compared with, as another run on the same one gives it too; empty for nothing."""
        if self.baseline is None:
            return ""
        return f"{self.baseline.source} at {self.commit[:12]}" if self.commit else self.baseline.source
