"""What it costs, in a small table: where there is nothing to compare with, or nothing that moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.render.escape import code
from pytest_llmcost.render.figures import per_thousand
from pytest_llmcost.render.markdown_tables import figure, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import FeatureReport, Report, TestReport
    from pytest_llmcost.render.fit import Part

_WIDEST = 48


def costs(report: Report, at_most: int) -> Iterator[Part]:
    """Yield a row per feature with traffic, the dearest first, or per test where none has any; the rest is one row."""
    features = [one for one in report.features if one.requests_per_month is not None]
    if features:
        yield _features(features, report, at_most)
    elif report.tests:
        yield _tests(report.tests, report.currency, at_most)


def _features(features: Sequence[FeatureReport], report: Report, at_most: int) -> Part:
    scenario, currency = report.headline, report.currency
    ranked = sorted(features, key=lambda one: _dearest(one.monthly_usd.get(scenario), one.name))
    shown = ranked[:at_most]
    rows = [(code(one.name, _WIDEST), _each(one, currency), _month(one, scenario, currency)) for one in shown]
    rest = [one for one in ranked[at_most:] if not one.uncovered]
    if len(ranked) > at_most:
        others = f"{len(ranked) - at_most:,} other{'s' if len(ranked) - at_most > 1 else ''}"
        rows.append((others, "", figure(currency.draw(total(one.monthly_usd.get(scenario) for one in rest)))))
    return rows_of(("Feature", "Per&nbsp;1,000&nbsp;requests", "Per&nbsp;month"), (":--", "--:", "--:"), rows)


def _each(feature: FeatureReport, currency: Currency) -> str:
    return figure(per_thousand(feature.cost_per_request_usd, currency) if feature.samples else "no test")


def _month(feature: FeatureReport, scenario: str, currency: Currency) -> str:
    return figure(currency.draw(feature.monthly_usd.get(scenario)))


def _tests(tests: Sequence[TestReport], currency: Currency, at_most: int) -> Part:
    ranked = sorted(tests, key=lambda one: _dearest(one.cost_usd, one.test))
    rows = [(code(one.test), f"{one.calls:,}", figure(currency.draw(one.cost_usd))) for one in ranked[:at_most]]
    rest = ranked[at_most:]
    if rest:
        row = f"{len(rest):,} other{'s' if len(rest) > 1 else ''}"
        cost = figure(currency.draw(total(one.cost_usd for one in rest)))
        rows.append((row, f"{sum(one.calls for one in rest):,}", cost))
    return rows_of(("Test", "Calls", "Per&nbsp;run"), (":--", "--:", "--:"), rows)


def _dearest(usd: Decimal | None, name: str) -> tuple[bool, Decimal, str]:
    """Return what sorts costs: unknown ones first, then the dearest."""
    return usd is not None, -(usd or ZERO), name
