"""Checks of prompt files: those above their limit, and limits that hold nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.checks import budgets
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.prompt_files import claims, model_of, strength

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.prompt_files import PromptReport
    from pytest_llmcost.core.settings import Settings

UNCOUNTED = "uncounted"


def prompt_checks(prompts: Sequence[PromptReport], settings: Settings, found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield every prompt file that breaks its limit or nearly does, and every limit that has nothing to hold.

    Args:
        prompts: what was counted.
        settings: as configured.
        found: what the session has noticed itself, such as a file that it could not read.
    """
    for one in prompts:
        if one.use is not None:
            yield from budgets(one.file.path, (one.use,), settings, told=_told(one))
    by_path: dict[str, list[PromptReport]] = {}
    for one in prompts:
        by_path.setdefault(one.file.path, []).append(one)
    for path, own in by_path.items():
        yield from _unheld(path, own, settings)
    unread = {finding.subject for finding in found if finding.rule == UNCOUNTED}
    for limit in settings.prompts:
        if not any(strength(limit.pattern, path) is not None for path in (*by_path, *unread)):
            yield uncounted(
                limit.pattern,
                f"the limit of `{limit.pattern}` in [tool.llmcost.prompts] holds no file: it matches none;"
                " correct the pattern, or remove it",
                settings,
            )


def uncounted(subject: str, message: str, settings: Settings, location: str | None = None) -> Finding:
    """Return the finding that a limit has no count to hold: it must not pass for that."""
    return Finding(
        rule="uncounted",
        severity=graded("budget", settings),
        subject=subject,
        location=location,
        message=message,
    )


def _unheld(path: str, own: Sequence[PromptReport], settings: Settings) -> Iterator[Finding]:
    """Say why the limits that match a file do not hold it, where that is so."""
    holding = claims(path, settings.prompts)
    if len(holding) > 1:
        named = " and ".join(f"`{one.pattern}`" for one in holding)
        yield Finding(
            rule="equal-claim",
            severity=Severity.ERROR,
            subject=path,
            location=f"{path}:1",
            message=f"{named} of [tool.llmcost.prompts] have equal claim to it, so neither limit holds it;"
            " make one pattern longer",
        )
    elif holding and not any(one.limit is not None for one in own):
        counted = ", ".join(f"`{one.file.model}`" for one in own)
        yield uncounted(
            path,
            f"`{path}` was counted for {counted}, and its limit is in tokens of `{model_of(holding[0])}`:"
            " record the run with this configuration",
            settings,
            f"{path}:1",
        )


def _told(one: PromptReport) -> str:
    """Say how the tokens are known, and what they were."""
    moved = f": {one.before:,} → {one.file.tokens:,}" if one.has_moved else ""
    if one.file.is_exact:
        return f"tokens of the file for {one.file.model}{moved}"
    return f"upper bound of about {one.file.tokens:,} tokens, estimated for {one.file.model}{moved}"
