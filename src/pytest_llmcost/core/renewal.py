"""Renewal: the baseline that a run leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.acceptance import still_accepted
from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.sampling import in_sample, is_carried, last_attempts

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.call import PricedCall
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run
    from pytest_llmcost.core.settings import Settings


def renew(old: Baseline | None, run: Run, report: Report, settings: Settings, *, estimator: str) -> Baseline:
    """Return the baseline after a run: what was sampled is new, what exists but was not sampled keeps its entry."""
    last = last_attempts(run.tests)
    calls: dict[str, list[PricedCall]] = {}
    for one in report.calls:
        if in_sample(one.call, last):
            calls.setdefault(one.call.test or "", []).append(one)
    kept = {} if old is None else {test: e for test, e in old.tests.items() if is_carried(test, run, last)}
    fresh = {
        test: Entry(
            calls=tuple(one.call.profile for one in group),
            features=tuple(one.feature for one in group),
            weight=last[test].weight,
        )
        for test, group in calls.items()
    }
    return Baseline(
        header=_header(run, report, settings, estimator),
        tests=dict(sorted((kept | fresh).items())),
        accepted=() if old is None else still_accepted(old.accepted, _usd(report)),
    )


def _usd(report: Report) -> Decimal | None:
    """Return what the new baseline comes to: a month, or a run where no traffic is declared; None while unknown."""
    if report.headline in report.scenarios:
        return report.scenarios[report.headline].inference_usd
    return None if report.comparison is None else report.comparison.after_usd


def _header(run: Run, report: Report, settings: Settings, estimator: str) -> Header:
    return Header(
        plugin_version=run.plugin_version,
        requests_per_month={
            feature.name: feature.requests_per_month
            for feature in report.features
            if feature.requests_per_month is not None
        },
        scenarios={
            one.name: {
                "traffic": f"{one.traffic:f}",
                "context_growth": f"{one.context_growth:f}",
                "caching": str(one.caching).lower(),
            }
            for one in settings.scenarios
        },
        models=dict(sorted(settings.models.items())),
        price_book=f"{report.prices.source} {report.prices.version}",
        prices_as_of=settings.prices_as_of.isoformat() if settings.prices_as_of else "",
        estimator=estimator,
    )
