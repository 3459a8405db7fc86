"""Checks of discounts: one that is over, one that no call is sold at, and several with equal claim to a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.discount import strongest
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.phrases import named, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_llmcost.core.call import Product
    from pytest_llmcost.core.discount import Claims
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.report import Report


def of_discounts(report: Report, facts: Facts, claims: Claims, produced: Iterable[Product]) -> Iterator[Finding]:
    """Yield what is to be known about the declared discounts; nothing where none is declared.

    `produced` is what production buys, of whatever model.
    """
    declared = facts.settings.discounts
    if not declared:
        return
    for key, one in declared.items():
        if one.is_over(report.prices.as_of):
            yield _notice(key, f"`{key}` ended on {one.until}, so its calls are at the list price again; renew it")
    claimed = {product: claims(product) for product in dict.fromkeys((*_products(report, facts), *produced))}
    for product, found in claimed.items():
        keys = strongest(found)
        if len(keys) > 1:
            yield Finding(
                rule="equal-claim",
                severity=Severity.ERROR,
                subject=product.name,
                message=f"the discounts {named(keys)} have equal claim to `{product.name}`, so none"
                " of them applies; make one of them longer",
            )
    if claimed and not report.partial:
        used = {key for found in claimed.values() for key in found}
        yield from (
            _notice(key, f"no call is to `{key}`{_known(claimed)}") for key in report.discounts if key not in used
        )


def _products(report: Report, facts: Facts) -> Iterator[Product]:
    """Yield what the tests buy, now and in the baseline."""
    yield from (one.call.profile.product for one in report.calls)
    entries = facts.baseline.tests.values() if facts.baseline is not None else ()
    yield from (profile.product for entry in entries for profile in entry.calls)


def _known(products: Iterable[Product]) -> str:
    names = sorted({one.name for one in products})
    return f", which the discount is for; {plural(len(names), 'model')} in this run: {named(names)}"


def _notice(key: str, message: str) -> Finding:
    return Finding(rule="discount", severity=Severity.NOTICE, subject=key, message=message)
