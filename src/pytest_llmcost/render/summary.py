"""The job summary: the report as GitHub shows it on the page of a CI run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.render.markdown import markdown

if TYPE_CHECKING:
    from pytest_llmcost.core.report import Report


def summary(report: Report) -> str:
    """Return the summary as Markdown."""
    return markdown(report)
