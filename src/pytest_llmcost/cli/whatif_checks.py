"""Which features `llmcost whatif` changes: those that the run holds a month of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.errors import LlmCostError

if TYPE_CHECKING:
    import argparse

    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.settings import Settings


def chosen(options: argparse.Namespace, report: Report, settings: Settings) -> frozenset[str]:
    """Return the features that are to be changed. Raises LlmCostError for those that are none, or have no month."""
    names = [one.name for one in settings.features]
    for option, given in (("--feature", options.feature), ("--explain", options.explain)):
        for name in given:
            if name not in names:
                raise LlmCostError(f"{option} {name}: there is no such feature; there are {', '.join(names) or 'none'}")
    busy = {one.name for one in settings.features if one.traffic is not None}
    if not busy:
        raise LlmCostError(
            f"{options.run}: no feature has traffic, so there is no month; declare requests_per_month in"
            " [tool.llmcost.features.NAME] and run pytest again"
        )
    sampled = {one.name for one in report.features if one.samples > one.carried}
    if not busy & sampled:
        raise LlmCostError(f"{options.run}: no test of this run samples a feature with traffic, so there is no month")
    for name in options.feature:
        if name not in busy & sampled:
            what = "traffic" if name not in busy else "sample in this run"
            raise LlmCostError(f"--feature {name}: it has no {what}, so there is no month of it")
    return frozenset(options.feature or busy)
