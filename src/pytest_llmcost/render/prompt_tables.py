"""Prompt files in a report: a row for each that a limit holds, and for each that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.figures import NONE, share
from pytest_llmcost.render.tables import Column, Kind, Table

if TYPE_CHECKING:
    from pytest_llmcost.core.prompt_files import PromptFile, PromptReport
    from pytest_llmcost.core.report import Report


def prompts(report: Report) -> Table:
    """A row per prompt file: its tokens now and in the baseline, its limit, and how much of that is used."""
    return Table(
        title="Prompt files, tokens",
        columns=(
            Column("File", Kind.NAME),
            Column("Baseline"),
            Column("Tokens"),
            Column("Limit"),
            Column("Used"),
            Column("Model", Kind.NAME),
        ),
        rows=tuple(map(_row, report.prompts)),
        marks=tuple(mark(one) for one in report.prompts),
    )


def _row(one: PromptReport) -> tuple[str, ...]:
    return (
        one.file.path,
        NONE if one.before is None else f"{one.before:,}",
        size(one.file),
        NONE if one.limit is None else f"{one.limit:,}",
        NONE if one.use is None else share(one.use),
        one.file.model,
    )


def size(file: PromptFile) -> str:
    """Draw a count, with its bound where it is an estimate."""
    return f"{file.tokens:,}" if file.is_exact else f"{file.tokens:,} (at most {file.upper:,})"


def mark(one: PromptReport) -> Severity | None:
    """Return the severity that a file stands out with."""
    return Severity.ERROR if one.use is not None and one.use.is_broken else None


def told(report: Report) -> str:
    """Say in a few words what is known of all prompt files; no foreign text."""
    broken = sum(mark(one) is not None for one in report.prompts)
    changed = sum(one.has_moved for one in report.prompts)
    return f"{broken} of {len(report.prompts):,} too long{f', {changed:,} changed' if changed else ''}"
