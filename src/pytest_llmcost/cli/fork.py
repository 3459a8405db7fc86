"""A run that was measured by code of a fork: judged again by the base branch, which is what is checked out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_llmcost import __version__, config
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.phrases import plural
from pytest_llmcost.core.run import Origins
from pytest_llmcost.errors import GitError, LlmCostError, RunFileError
from pytest_llmcost.storage import collector, sources, untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from pytest_llmcost.core.against import Against
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.settings import Settings

_SOURCE = "the run file of the fork"

_SEVERITIES = {
    "limit.max_calls": Severity.ERROR,
    "limit.max_input_tokens": Severity.ERROR,
    "limit.max_output_tokens": Severity.ERROR,
    "limit.max_cost": Severity.ERROR,
    "spend": Severity.ERROR,
    "uncounted": Severity.ERROR,
    "lost-worker": Severity.WARNING,
    "internal": Severity.WARNING,
    "combined-commit": Severity.ERROR,
    "combined-gap": Severity.WARNING,
    "combined-versions": Severity.WARNING,
}
"""What a session, or combining several, finds by itself, and what each is to us. All other findings are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a run comes from, as the forge says, whatever the run says of itself.

    Attributes:
        at: when it began, UTC. Its day is that of the prices, and of what is accepted until a day.
        head: full hash of the commit that was tested.
        branch: the branch that the change is to be merged into.
        fork_point: full hash of the commit at which the change left it; None where the forge has not told.
        base: a baseline or a run file to compare with instead of the committed baseline.
    """

    at: datetime
    head: str | None
    branch: str
    fork_point: str | None = None
    base: Path | None = None


def judged_again(text: bytes, origin: Origin, root: Path, settings_file: Path | None = None) -> Report:
    """Return the report of a run file that nobody has to trust.

    From the file come the tests that ran, their calls and what these used. Features, traffic, limits, prices, findings
    and the verdict come from `root`, the base branch. The words of the file's own findings are not taken over.

    Args:
        text: the run file, as it was unpacked.
        origin: what the forge says of the run.
        root: the folder of the base branch's configuration.
        settings_file: another file to read `[tool.llmcost]` from, as `config.load` takes it.

    Raises:
        LlmCostError: in one line: the file is refused, or the configuration or the baseline cannot be read.
    """
    try:
        with collector.paused():
            settings = config.load(settings_file, root)
            run = _known_as(untrusted.recorded(text, source=_SOURCE), origin)
            return build_report(run, settings, _against(origin, settings, root), _book(settings, origin))
    except LlmCostError:
        raise
    except Exception as error:
        # No file may stop a job with a traceback, which could show what it holds.
        raise RunFileError(
            f"{_SOURCE} cannot be judged ({type(error).__name__} in pytest-llmcost): please report this line"
        ) from None


def _known_as(run: Run, origin: Origin) -> Run:
    """Replace what a run says of itself by what is known."""
    return replace(
        run,
        findings=tuple(_told(run.findings)),
        created_at=origin.at.isoformat(timespec="seconds"),
        plugin_version=__version__,
        origins=Origins(commit=origin.head),
    )


def _told(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding for each known rule, in our own words."""
    subjects: dict[str, list[str]] = {}
    for one in findings:
        if one.rule in _SEVERITIES:
            subjects.setdefault(one.rule, []).append(one.subject)
    for rule, found in subjects.items():
        is_of_one = len(found) == 1 and rule not in ("spend", "internal")
        yield Finding(
            rule=rule,
            severity=_SEVERITIES[rule],
            subject=found[0] if is_of_one else "run",
            message=f"found {plural(len(found), 'time')} in the run of the fork; its own log says more",
        )


def _against(origin: Origin, settings: Settings, root: Path) -> Against:
    """Read what to compare with: the committed baseline where the change left its branch, else as it is now."""
    if origin.base is not None:
        found = sources.read_baseline(str(origin.base), configured=settings.baseline, root=root, environ={})
        return found._replace(behind=sources.beside(found, origin.branch, origin.fork_point or "", root))
    if origin.fork_point is not None:
        try:
            return sources.at_fork_point(origin.fork_point, origin.branch, configured=settings.baseline, root=root)
        except GitError:  # a clone of the last commit alone: what is checked out is not far from it
            pass
    return sources.read_baseline(None, configured=settings.baseline, root=root, environ={})


def _book(settings: Settings, origin: Origin) -> Book:
    from pytest_llmcost.pricing import PriceBook

    as_of = settings.prices_as_of or origin.at.date()
    prices = PriceBook(as_of=as_of, models=settings.models, prices=settings.prices, discounts=settings.discounts)
    return Book(price=prices, prices=prices.prices, claims=prices.claims)
