"""Placing: the files in which a prompt has grown, looked up by fingerprint, since no text was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.placing import is_placeable, needed, placed, products, wanted
from pytest_llmcost.storage.source_texts import candidates, texts
from pytest_llmcost.tokens.places import families, places, tool_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.storage.source_texts import SourceText
    from pytest_llmcost.tokens.families import Family


def with_places(report: Report, baseline: Baseline | None, root: Path, name: str) -> Report:
    """Let the causes of a report name the prompt files; files are read only where a prompt has changed.

    Args:
        report: of this run.
        baseline: what it was compared with.
        root: the project's folder.
        name: of the baseline file, relative to it.
    """
    if baseline is None or not is_placeable(report):
        return report
    names = wanted(report, baseline)
    known = families(products(report))
    sources = texts(root, candidates(root, baseline.header.commit, name))
    return placed(report, baseline, needed(_places(sources, known), names))


def _places(sources: Iterable[SourceText], known: frozenset[Family]) -> Iterator[tuple[str, str]]:
    for source in sources:
        if source.text:
            yield from ((name, f"{source.path}:{source.line + line}") for name, line in places(source.text, known))
        else:
            yield from ((name, f"{source.path}:{source.line}") for name in tool_places(source.definition, known))
