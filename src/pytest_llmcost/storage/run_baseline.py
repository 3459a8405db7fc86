"""A run file as the other side of a comparison: the baseline that its run would have left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.renewal import renew
from pytest_llmcost.errors import RunFileError
from pytest_llmcost.storage.run_report import report
from pytest_llmcost.storage.run_settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.report import Report


def baseline(data: Mapping[str, object], *, source: str) -> Baseline:
    """Return the baseline of a parsed run file; `source` names the file for people.

    Raises RunFileError, one sentence, for a file that is damaged or has no session.
    """
    return of_report(report(data), data, source=source)


def of_report(found: Report, data: Mapping[str, object], *, source: str) -> Baseline:
    """Return the baseline of a run file whose report is read already."""
    if found.run is None:
        raise RunFileError(f"{source} does not say which tests ran: write a new one with pytest --llmcost")
    fresh = renew(None, found.run, found, settings(data), estimator=found.run.estimator)
    return replace(fresh, header=replace(fresh.header, commit=found.origins.commit), source=source)
