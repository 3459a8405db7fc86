"""The data of a comment as JSON, for other forges and bots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.money import percent
from pytest_llmcost.render.causes import plain, reasons
from pytest_llmcost.render.comment import comment, is_unchanged
from pytest_llmcost.render.comment_words import headline
from pytest_llmcost.render.json_text import currency, fields, line, money, rows
from pytest_llmcost.render.run_comparison import comparison_object
from pytest_llmcost.render.run_features import use_row
from pytest_llmcost.render.run_session import finding_row

if TYPE_CHECKING:
    from decimal import Decimal

    from pytest_llmcost.core.comparison import Change
    from pytest_llmcost.core.report import Report
    from pytest_llmcost.render.place import Place

FORMAT = "pytest-llmcost/comment"
VERSION = 1


def comment_json(report: Report, place: Place) -> str:
    """Return what a comment says as one JSON object, in the forms of the run file, and its Markdown.

    Money is a decimal string in plain notation, or null while unknown.
    """
    comparison = report.comparison
    per, before, after = None, None, None
    if comparison is not None:
        per, before, after = comparison.per, comparison.before_usd, comparison.after_usd
    changes = () if comparison is None else comparison.features if per == "month" else comparison.gate
    budgets = [("total", use) for use in report.budgets]
    budgets += [(one.name, use) for one in report.features for use in one.budgets]
    parts = [
        *fields(
            {
                "format": FORMAT,
                "version": VERSION,
                "verdict": report.verdict.value,
                "verified": place.is_verified,
                "unchanged": is_unchanged(report),
                "headline": headline(report),
                "per": per,
                "before_usd": money(before),
                "after_usd": money(after),
                "change": _change(before, after),
                "head": place.head or report.origins.commit,
                "base": place.base,
                "run_url": place.page(),
                "prices": {"source": report.prices.source, "as_of": report.prices.as_of},
                "currency": currency(report.currency),
            }
        ),
        *rows("changes", (line(_row(one)) for one in changes if one.before_usd != one.after_usd)),
        *rows(
            "budgets", (line({"subject": subject, **use_row(use), "broken": use.is_broken}) for subject, use in budgets)
        ),
        *rows("findings", (line(finding_row(one)) for one in report.findings)),
        f'"comparison":{comparison_object(comparison)},\n',
        f'"markdown":{line(comment(report, place))}\n',
    ]
    return f"{{\n{''.join(parts)}}}\n"


def _row(change: Change) -> dict[str, object]:
    return {
        "name": change.name,
        "before_usd": money(change.before_usd),
        "after_usd": money(change.after_usd),
        "change": _change(change.before_usd, change.after_usd),
        "reasons": [plain(one) for one in reasons(change)],
    }


def _change(before: Decimal | None, after: Decimal | None) -> str | None:
    return None if before is None or after is None else percent(before, after)
