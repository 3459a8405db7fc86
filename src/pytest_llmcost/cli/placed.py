"""Placed: a report whose causes name the files of prompts, for the verbs that judge a run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.report import Report


def placed(report: Report, baseline: Baseline | None, root: Path, name: str | None) -> Report:
    """Let causes name the files of prompts, where the project is at hand.

    Args:
        report: as judged.
        baseline: what it was compared with; None for nothing.
        root: the folder of the project.
        name: of the baseline file, as configured; None for the default.
    """
    from pytest_llmcost.core.placing import products, with_places
    from pytest_llmcost.storage.source_texts import since
    from pytest_llmcost.storage.sources import DEFAULT_NAME
    from pytest_llmcost.tokens.places import of_sources

    return with_places(
        report, baseline, lambda: of_sources(since(root, baseline, name or DEFAULT_NAME), products(report))
    )
