"""Renewal: the baseline that a run leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmcost.core.acceptance import still_accepted
from pytest_llmcost.core.baseline import Baseline, Entry, Header
from pytest_llmcost.core.prompt_files import held
from pytest_llmcost.core.sampling import in_sample, is_carried, last_attempts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from pytest_llmcost.core.call import Profile
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.core.run import Run, TestRun
    from pytest_llmcost.core.settings import Settings


def renew(old: Baseline | None, run: Run, report: Report, settings: Settings, *, estimator: str) -> Baseline:
    """Return the baseline after a run: what was sampled is new, what exists but was not sampled keeps its entry."""
    last = last_attempts(run.tests)
    calls = (one for one in report.calls if in_sample(one.call, last))
    fresh = entries(((one.call.test or "", one.feature, one.call.profile) for one in calls), last)
    kept = {} if old is None else {test: e for test, e in old.tests.items() if is_carried(test, run, last)}
    requests = {one.name: one.requests_per_month for one in report.features if one.requests_per_month is not None}
    price_book = f"{report.prices.source} {report.prices.version}"
    found = header(settings, requests, plugin_version=run.plugin_version, price_book=price_book, estimator=estimator)
    found = replace(found, prompts=held(report.prompts))
    accepted = () if old is None else still_accepted(old.accepted, _usd(report))
    return Baseline(header=found, tests=dict(sorted((kept | fresh).items())), accepted=accepted)


def entries(calls: Iterable[tuple[str, str | None, Profile]], last: Mapping[str, TestRun]) -> dict[str, Entry]:
    """Return the entries of tests from the calls of their samples: test, feature and profile of each, in order."""
    groups: dict[str, tuple[list[str | None], list[Profile]]] = {}
    for test, feature, profile in calls:
        features, profiles = groups.setdefault(test, ([], []))
        features.append(feature)
        profiles.append(profile)
    return {
        test: Entry(calls=tuple(profiles), features=tuple(features), weight=last[test].weight)
        for test, (features, profiles) in groups.items()
    }


def _usd(report: Report) -> Decimal | None:
    """Return what the new baseline comes to: a month, or a run where no traffic is declared; None while unknown.

    Where there is a comparison, it is as that counts: with overheads, its month may end in another last digit.
    """
    month = report.scenarios.get(report.headline)
    if report.comparison is None or (month is not None and month.monthly_usd is None):
        return None if month is None else month.monthly_usd
    return report.comparison.after_usd


def header(
    settings: Settings, requests: Mapping[str, Decimal], *, plugin_version: str, price_book: str, estimator: str
) -> Header:
    """Return what the figures of a baseline rest on; `requests` are those per month by feature."""
    return Header(
        plugin_version=plugin_version,
        requests_per_month=requests,
        scenarios={
            one.name: {
                "traffic": f"{one.traffic:f}",
                "context_growth": f"{one.context_growth:f}",
                "caching": str(one.caching).lower(),
            }
            for one in settings.scenarios
        },
        overheads=settings.overheads,
        production=settings.production,
        models=dict(sorted(settings.models.items())),
        price_book=price_book,
        prices_as_of=settings.prices_as_of.isoformat() if settings.prices_as_of else "",
        estimator=estimator,
    )
