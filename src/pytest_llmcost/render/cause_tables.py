"""The tables of what changed and of what to change: causes, and advice, in dollars."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from pytest_llmcost.core.money import total
from pytest_llmcost.render.causes import INPUT, WORDS, moved, place, plain, ranked
from pytest_llmcost.render.figures import NONE
from pytest_llmcost.render.tables import Column, Kind, Table
from pytest_llmcost.render.text import clean, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_llmcost.core.advice import Advice
    from pytest_llmcost.core.cause import Cause
    from pytest_llmcost.core.currency import Currency
    from pytest_llmcost.core.report import Report

CAUSES = 10
"""Causes that are shown; the others are summed up."""

ADVICE = 5
"""Pieces of advice that are shown; the run file has them all."""

_DIFFS = 3

_COMMIT = re.compile("[0-9a-f]{7,64}")
_LINE = re.compile(r":[0-9]+$")


def causes(report: Report) -> Table:
    """A row per cause of the difference to the baseline, the largest first; no row without causes."""
    comparison = report.comparison
    per = comparison.per if comparison else "month"
    found = ranked(comparison) if comparison else ()
    shown = found[:CAUSES]
    return Table(
        title=f"What changed, {report.currency.word} a {per}",
        columns=(
            Column("Cause", Kind.WORD),
            Column("Where", Kind.NAME),
            Column("Before -> after", Kind.TEXT),
            Column(per.capitalize()),
        ),
        rows=tuple(
            (title(cause), feature, plain(moved(cause)) or NONE, report.currency.draw(cause.monthly_usd, sign=True))
            for feature, cause in shown
        ),
        more=smaller(found[CAUSES:], report.currency),
        under=tuple(", ".join(_filled(place(feature, cause), cause.detail)) for feature, cause in shown),
        hints=tuple(diffs(report, shown)) if comparison else (),
    )


def title(cause: Cause) -> str:
    """Return the name of what moved, as it stands at the start of a row."""
    word = WORDS[cause.kind]
    return word[0].upper() + word[1:]


def smaller(left: Sequence[tuple[str, Cause]], currency: Currency) -> str:
    """Sum up the causes that have no row; empty when there are none."""
    if not left:
        return ""
    amount = currency.draw(total(cause.monthly_usd for _, cause in left), sign=True)
    return f"and {plural(len(left), 'smaller cause')}, {amount}{' together' if len(left) > 1 else ''}"


def advice(report: Report) -> Table:
    """A row per piece of advice, the largest saving first."""
    shown = report.advice[:ADVICE]
    return Table(
        title="Advice",
        columns=(Column("Saves a month"), Column("Feature", Kind.NAME), Column("What", Kind.TEXT)),
        rows=tuple((report.currency.draw(one.monthly_usd), one.feature, _sentence(one)) for one in shown),
        more=unlisted(report),
    )


def _sentence(advice: Advice) -> str:
    where = advice.location or advice.test
    return f"{advice.message} ({where})" if where else advice.message


def unlisted(report: Report) -> str:
    """Say how much advice has no row; empty when all of it has one."""
    left = len(report.advice) - ADVICE
    return f"and {left:,} more in the JSON report" if left > 0 else ""


def _filled(*texts: str | None) -> Iterator[str]:
    return (text for text in texts if text)


def diffs(report: Report, shown: Iterable[tuple[str, Cause]]) -> Iterator[str]:
    """Yield how to see what changed in the files that the input comes from; a call site is none of them.

    The names are quoted: a reader copies the line into a shell.
    """
    comparison = report.comparison
    if comparison is None or comparison.commit is None or not _COMMIT.fullmatch(comparison.commit):
        return
    sites = {one.call.call_site for one in report.calls}
    places = [one.location for _, one in shown if one.kind in INPUT and one.location and one.location not in sites]
    for path in list(dict.fromkeys(_LINE.sub("", one) for one in places))[:_DIFFS]:
        yield f"git diff {comparison.commit[:7]} -- {shlex.quote(clean(path))}"
