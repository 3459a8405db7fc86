"""What a comment says around its tables: headline, footer, and who measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_llmcost.render.escape import code, inline, prose
from pytest_llmcost.render.fit import Part
from pytest_llmcost.render.headline import errors, for_run, icon
from pytest_llmcost.render.sentences import change_of, monthly
from pytest_llmcost.render.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.comparison import Comparison
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.finding import Finding
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.place import Place

_WIDEST = 24
"""Columns of the name of a branch above figures."""

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def headline(report: Report) -> str:
    """Return the verdict, by how much the cost moved, and what is broken; no foreign text."""
    return " · ".join([f"{icon(report)} LLM cost {_cost(report)}", *errors(report)])


def _cost(report: Report) -> str:
    comparison = report.comparison
    if comparison is not None:
        return _moved(comparison, report.currency)
    cost = f"{report.currency.draw(monthly(report))} / month" if report.scenarios else for_run(report)
    return f"{cost} · nothing to compare with yet"


def _moved(comparison: Comparison, currency: Currency) -> str:
    before, after = comparison.before_usd, comparison.after_usd
    if before == after and before is not None:
        return f"unchanged · {currency.draw(after)} / {comparison.per}"
    change = change_of(comparison)
    word = change or ("unknown" if before is None or after is None else "new")
    return f"{word} · {currency.draw(before)} → {currency.draw(after)} per {comparison.per}"


def base_name(place: Place) -> str:
    """Return the branch that it is to be merged into, for a heading."""
    return code(place.base, _WIDEST) if place.base else "Baseline"


def about(finding: Finding) -> str:
    """Return the message of a finding, with what it is about where it does not say so itself."""
    is_told = finding.subject in finding.message or finding.subject == "total"
    return f"{'' if is_told else f'{inline(finding.subject)}: '}{prose(finding.message)}"


def unverified(place: Place) -> Iterator[Part]:
    """Say who measured, where that is not to be relied on."""
    if not place.is_verified:
        of = f" Budgets, prices and baseline are those of {base_name(place)}." if place.base else ""
        yield Part(text=f"⚠️ Measured by the code of a fork, not verified.{of}")


def footer(report: Report, place: Place, *facts: str) -> Part:
    """Return on what the numbers rest, after what else there is to say."""
    facts = (*facts, *_sides(report, place), *_sources(report), *_amounts(report))
    page = place.page()
    link = [f"[full report]({page})"] if page else []
    return Part(text=f"<sub>{' · '.join([*facts, *link])}</sub>")


def _sides(report: Report, place: Place) -> Iterator[str]:
    head = place.commit() or (report.origins.commit or "")[:7]
    comparison = report.comparison
    this = f"{inline(head)}{' with uncommitted changes' if report.origins.dirty else ''}" if head else ""
    if comparison is None:
        yield from filter(None, [this])
        return
    at = f" at {inline(comparison.commit[:7])}" if comparison.commit else ""
    base = base_name(place) if place.base else inline(comparison.source)
    yield f"{this} against {base}{at}".lstrip()


def _sources(report: Report) -> Iterator[str]:
    day = report.prices.as_of
    prices = f"prices of {day if _DATE.fullmatch(day) else inline(day)}"
    yield f"traffic from `[tool.llmcost]`, {prices}" if report.scenarios else prices
    if basis := report.currency.basis:
        yield prose(basis)


def _amounts(report: Report) -> Iterator[str]:
    totals = report.totals
    features = f", {plural(len(report.features), 'feature')}" if report.features else ""
    if totals.network_calls:
        how = f", {plural(totals.network_calls, 'live call')}"
    else:
        how = ", recorded responses: same code, same numbers"
    yield f"{plural(totals.tests, 'test')}{features}{how if totals.calls else ''}"
    if report.partial:
        yield "some tests did not run"
