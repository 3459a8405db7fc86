"""Checks of a comparison: an increase beyond its limits, and what has moved under the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.money import ZERO, draw, percent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Header
    from pytest_llmcost.core.comparison import Change, Comparison
    from pytest_llmcost.core.report import Prices
    from pytest_llmcost.core.settings import Settings

_NAMED = 3
"""Features named in one message; the rest is counted."""


def months_before(comparison: Comparison | None) -> dict[str, Decimal | None]:
    """Return dollars a month of the baseline, by feature and in total; nothing where no month is compared."""
    if comparison is None or comparison.per != "month":
        return {}
    return {change.name: change.before_usd for change in comparison.features} | {"total": comparison.before_usd}


def regression(comparison: Comparison, settings: Settings) -> Iterator[Finding]:
    """Yield an error where the tests on both sides cost more than the limits on increases allow."""
    before, after = comparison.gate_total()
    increase = after - before
    if increase <= 0 or (comparison.per == "month" and increase < settings.ignore_below_usd):
        return
    limits = _exceeded(before, increase, settings)
    if limits:
        change = percent(before, after)
        yield Finding(
            rule="regression",
            severity=graded("regression", settings),
            subject="total",
            limit=limits[0],
            actual=f"{draw(increase, sign=True)}{f' ({change})' if change else ''}",
            message=f"{draw(before)} → {draw(after)} a {comparison.per}"
            f"{f' ({change})' if change else ''}, more than {' and '.join(limits)} allowed: {_risen(comparison)}",
        )


def _exceeded(before: Decimal, increase: Decimal, settings: Settings) -> list[str]:
    limits = []
    share, amount = settings.max_increase_percent, settings.max_increase_usd
    if share is not None and increase * 100 > before * share:
        limits.append(f"+{share.normalize():f}%")
    if amount is not None and increase > amount:
        limits.append(draw(amount, sign=True))
    return limits


def _risen(comparison: Comparison) -> str:
    def increase(change: Change) -> Decimal:
        if change.before_usd is None or change.after_usd is None:
            return ZERO
        return change.after_usd - change.before_usd

    risen = sorted((change for change in comparison.gate if increase(change) > 0), key=lambda c: (-increase(c), c.name))
    named = [f"`{change.name}` {draw(change.before_usd)} → {draw(change.after_usd)}" for change in risen[:_NAMED]]
    return "; ".join(named) + (f"; {len(risen) - _NAMED} more" if len(risen) > _NAMED else "")


def ages(header: Header, prices: Prices, estimator: str) -> Iterator[Finding]:
    """Yield a notice for what has moved under a baseline since it was written; never a cause of a change."""
    book = f"{prices.source} {prices.version}"
    pinned = header.prices_as_of and header.prices_as_of != prices.as_of
    if (header.price_book and header.price_book != book) or pinned:
        then = f"{header.price_book}{f' of {header.prices_as_of}' if header.prices_as_of else ''}"
        yield Finding(
            rule="price-book",
            severity=Severity.NOTICE,
            subject=book,
            message=f"the baseline was written under {then}; both sides are priced with {book} of {prices.as_of}",
        )
    if header.estimator != estimator:
        yield Finding(
            rule="estimator",
            severity=Severity.WARNING,
            subject=estimator,
            message="the baseline counted tokens in another way, so replies that are older than their request cannot be"
            " told; renew it with --llmcost-update-baseline",
        )
