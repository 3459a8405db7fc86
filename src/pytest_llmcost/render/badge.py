"""The figure of a report as a badge: JSON for the endpoint badge of shields.io."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Severity, Verdict
from pytest_llmcost.render.sentences import monthly

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report


def badge(report: Report) -> str:
    """Return `{"schemaVersion": 1, "label": "LLM cost", "message": "$1,082/month", "color": …}`.

    The color is the verdict's: red, yellow with warnings, green; light grey where the cost is not known.
    """
    amount, per = _figure(report)
    message = "unknown" if amount is None else f"{_drawn(amount, report.currency)}/{per}"
    shown = {"schemaVersion": 1, "label": "LLM cost", "message": message, "color": _color(report, amount)}
    return json.dumps(shown) + "\n"


def _figure(report: Report) -> tuple[Decimal | None, str]:
    """Return US dollars, None while they are unknown, and of what they are."""
    if report.headline in report.scenarios:
        return monthly(report), "month"
    return None if report.totals.unpriced_calls else report.totals.cost_usd, "run"


def _drawn(amount: Decimal, currency: Currency) -> str:
    """Draw an amount; from a hundred up a badge has no room for cents."""
    return currency.draw_whole(amount) if currency.worth_100(amount) else currency.draw(amount)


def _color(report: Report, amount: Decimal | None) -> str:
    if report.verdict is Verdict.FAIL:
        return "red"
    if amount is None:
        return "lightgrey"
    return "yellow" if any(finding.severity is Severity.WARNING for finding in report.findings) else "brightgreen"
