"""The prompt files of a comment: what their texts grew to, whether a test has sent them or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity
from pytest_llmcost.render.comment_words import base_name
from pytest_llmcost.render.escape import code
from pytest_llmcost.render.figures import NONE, share
from pytest_llmcost.render.markdown_changes import linked
from pytest_llmcost.render.markdown_tables import ICONS, figure, folded, rows_of
from pytest_llmcost.render.prompt_tables import mark, size, told
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.prompt_files import PromptReport
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.fit import Part
    from pytest_llmcost.render.place import Place

_ROWS = 20
_WIDEST = 48
_KEPT = "✅"


def prompts(report: Report, place: Place) -> Iterator[Part]:
    """Yield the prompt files with their tokens on both sides and their limits; what stands out first."""
    if not report.prompts:
        return
    close = {one.subject for one in report.findings if one.rule.startswith("budget.")}
    shown = sorted(report.prompts, key=lambda one: (_icon(one, close) == _KEPT, not one.has_moved))
    head = ("", "File", base_name(place), "This&nbsp;change", "Limit", "Used")
    rows = [_row(one, close, place) for one in shown[:_ROWS]]
    left = len(shown) - _ROWS
    more = f"\n\nand {plural(left, 'more file')}" if left > 0 else ""
    yield folded("Prompt files", told(report), f"{rows_of(head, (':-:', ':--', *['--:'] * 4), rows)}{more}")


def has_moved(report: Report) -> bool:
    """Tell whether any prompt file is of another size than in the baseline."""
    return any(one.has_moved for one in report.prompts)


def _row(one: PromptReport, close: set[str], place: Place) -> tuple[str, ...]:
    return (
        _icon(one, close),
        linked(place, f"{one.file.path}:1", code(one.file.path, _WIDEST)),
        NONE if one.before is None else f"{one.before:,}",
        figure(f"**{size(one.file)}**" if one.has_moved else size(one.file)),
        NONE if one.limit is None else f"{one.limit:,}",
        NONE if one.use is None else figure(share(one.use)),
    )


def _icon(one: PromptReport, close: set[str]) -> str:
    severity = mark(one) or (Severity.WARNING if one.file.path in close else None)
    return ICONS[severity] if severity else _KEPT
