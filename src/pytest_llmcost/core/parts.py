"""Parts: the sessions that a run was recorded by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.run import Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_llmcost.core.call import Call
    from pytest_llmcost.core.run import Run

_NETWORK = (Origin.LIVE, Origin.LOCAL)


def parts_of(run: Run) -> tuple[Part, ...]:
    """Return the parts of a run; of one that notes none, a part that is named by its content."""
    if run.parts:
        return run.parts
    return (
        Part(
            id=_named(run),
            created_at=run.created_at,
            plugin_version=run.plugin_version,
            estimator=run.estimator,
            origins=run.origins,
        ),
    )


def _named(run: Run) -> str:
    said = hashlib.sha256(repr((run.created_at, run.origins, run.tests, sorted(run.missing))).encode(errors="replace"))
    for call in run.calls:
        said.update(repr((call.test, call.attempt, call.index, call.profile.prompt, call.profile.usage)).encode())
    return said.hexdigest()[:32]


def is_spend(calls: Iterable[Call]) -> bool:
    """Tell whether any of the calls reached a real socket: such calls of two parts are never the same."""
    return any(call.origin in _NETWORK for call in calls)


def without_line(site: str | None) -> str | None:
    """Return the file of a call site: two versions of Python may put one statement on different lines."""
    return site if site is None else site.rpartition(":")[0]
