"""What a command tells GitHub Actions beside its output: annotations and the job summary."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_llmcost.cli.drawing import root
from pytest_llmcost.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.storage.checkout import Step


def tell(report: Report, environ: Mapping[str, str], *, apart: bool) -> None:
    """In a step of GitHub Actions, annotate the code and add to the job summary; nothing elsewhere.

    Trouble is one line on standard error. `apart` keeps standard output free for a report that other programs read:
    GitHub sees annotations on standard error too.
    """
    from pytest_llmcost.storage.checkout import step

    here = step(environ)
    if here is None:
        return
    try:
        problem = _told(report, here, apart=apart)
    except Exception as error:
        problem = f"annotations and job summary failed ({type(error).__name__} in pytest-llmcost)"
    if problem:
        sys.stderr.write(f"llmcost: {problem}\n")


def _told(report: Report, here: Step, *, apart: bool) -> str | None:
    from pytest_llmcost.render.annotations import annotations
    from pytest_llmcost.render.summary import summary
    from pytest_llmcost.storage.checkout import prefix
    from pytest_llmcost.storage.step_summary import append

    lines = "".join(f"{line}\n" for line in annotations(report, prefix(root(), here.workspace)))
    if apart:
        sys.stderr.write(lines)
    else:
        emit(lines, None)
    if here.summary is None or append(here.summary, summary(report)):
        return None
    return "the job summary was not written: it is full, or its file cannot be written"
