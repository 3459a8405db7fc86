"""Outputs: which renderer draws what; the report files and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmcost.core.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings
    from pytest_llmcost.plugin.options import Options
    from pytest_llmcost.render.terminal import Detail
    from pytest_llmcost.storage.checkout import Step

_DETAILS: dict[str, Detail] = {"term": "features", "term-tests": "tests", "term-calls": "calls"}


def chunks(kind: str, report: Report, settings: Settings) -> Iterable[str]:
    """Render a report file, piece by piece. `kind` is `json`, `markdown` or `html`."""
    if kind == "json":
        from pytest_llmcost.render import run_json
        from pytest_llmcost.render.run_config import declared

        return run_json.chunks(report, declared(settings))
    if kind == "markdown":
        from pytest_llmcost.render.markdown import markdown

        return (markdown(report),)
    from pytest_llmcost.render.html import html

    return (html(report),)


def draw(terminal: Any, report: Report, options: Options) -> None:
    """Draw a report with pytest's terminal writer; the last line is the verdict, unless the run was to give none."""
    from pytest_llmcost.render.terminal import Line, lines

    width = terminal._tw.fullwidth  # noqa: SLF001 - pytest has no public width
    drawn = list(lines(report, width=width, detail=_DETAILS[options.terminal or "term"], explain=options.explain))
    if options.record_only:
        drawn[-1] = Line("recorded only: the verdict is left to llmcost check", ())
    terminal.write_sep("=", "LLM cost")
    for line in drawn:
        terminal.write_line(line.text, **dict.fromkeys(line.styles, True))


def count_as_failed(terminal: Any, found: Report | None) -> None:
    """Let pytest's closing lines say what the exit status says: a broken verdict is one more failure.

    Broken limits alone are none: each has failed its own test.
    """
    errors = [] if found is None else [one for one in found.findings if one.severity is Severity.ERROR]
    if errors and all(one.rule.startswith("limit.") for one in errors):
        return
    report = pytest.TestReport("llmcost", ("", None, ""), {}, "failed", None, "call")
    terminal.stats.setdefault("failed", []).append(report)


def tell_actions(terminal: Any, report: Report, step: Step, root: Path) -> str | None:
    """Annotate the code and add to the job summary, in GitHub Actions; return what could not be written."""
    from pytest_llmcost.render.annotations import annotations
    from pytest_llmcost.render.summary import summary
    from pytest_llmcost.storage.checkout import prefix
    from pytest_llmcost.storage.step_summary import append

    for line in annotations(report, prefix(root, step.workspace)):
        terminal.write_line(line)
    if step.summary is None or append(step.summary, summary(report)):
        return None
    return "the job summary was not written: it is full, or its file cannot be written"
