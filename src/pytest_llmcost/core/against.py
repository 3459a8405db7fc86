"""Against: what a run is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_llmcost.core.baseline import Baseline


class Against(NamedTuple):
    """A baseline, or why there is none; `sentence` tells people which. Light: every run makes one at its start."""

    baseline: Baseline | None = None
    sentence: str = ""
