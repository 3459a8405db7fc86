"""Price checks: what has no price, what a price had to assume, and how old the price list is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pytest_llmcost.core.call import STATED
from pytest_llmcost.core.finding import Finding, Severity, graded
from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.core.phrases import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_llmcost.core.call import Call, Cost, PricedCall
    from pytest_llmcost.core.facts import Facts
    from pytest_llmcost.core.report import Prices, Report

_AGREES = Decimal("0.01")
"""A share by which a stated cost and a list may differ without a word."""
OLD_DAYS = 60
"""A price list whose newest price is older than this, on the day whose prices hold, says so."""


def priced(report: Report, facts: Facts) -> Iterator[Finding]:
    """Yield what is to be known of the prices of a run."""
    yield from _unpriced(report, facts)
    yield from _assumed(report)
    yield from _stated(report, facts)
    if report.calls:
        yield from _age(report.prices)


def _unpriced(report: Report, facts: Facts) -> Iterator[Finding]:
    """An unknown price fails the run only where it hides a month: in a feature with traffic."""
    settings = facts.settings
    with_traffic = {feature.name for feature in report.features if feature.requests_per_month is not None}
    groups: dict[tuple[str, str, str], list[tuple[Call, str | None]]] = {}
    for one in report.calls:
        found = one.cost
        if one.feature in with_traffic and (listed := _listed(one, facts)) is not None and listed.usd is None:
            found = listed  # the call's cost is known, and that of a month is not
        if found.usd is None:
            product = one.call.profile.product
            groups.setdefault((product.provider, product.model, found.note), []).append((one.call, one.feature))
    for (provider, model, note), calls in groups.items():
        matters = any(name in with_traffic and not call.evaluation for call, name in calls)
        yield Finding(
            rule="unpriced",
            severity=graded("unpriced", settings) if matters else Severity.WARNING,
            subject=f"{provider}/{model}",
            location=calls[0][0].call_site or calls[0][0].test,
            message=f"{plural(len(calls), 'call')} of `{provider}/{model}`: {note}",
        )
    told = {feature for calls in groups.values() for call, feature in calls if not call.evaluation}
    served = settings.production.keys()  # what these buy without a price is told by itself
    for feature in report.features:
        is_silent = feature.name in with_traffic - told - served and not feature.uncovered
        if is_silent and feature.cost_per_request_usd is None:
            yield Finding(
                rule="unpriced",
                severity=graded("unpriced", settings),
                subject=feature.name,
                message=f"`{feature.name}`: a call known from the baseline only has no price, so its month is unknown;"
                " run its test, or give its model a price",
            )


def _assumed(report: Report) -> Iterator[Finding]:
    """Tell what the list did not know of calls that have a price, by product and assumption."""
    groups: dict[tuple[str, str, str], list[Call]] = {}
    for one in report.calls:
        product = one.call.profile.product
        for doubt in one.cost.doubts:
            groups.setdefault((product.provider, product.model, doubt), []).append(one.call)
    for (provider, model, doubt), calls in groups.items():
        yield Finding(
            rule="price-assumed",
            severity=Severity.NOTICE,
            subject=f"{provider}/{model}",
            location=calls[0].call_site or calls[0].test,
            message=f"{plural(len(calls), 'call')} of `{provider}/{model}`: {doubt}",
        )


def _stated(report: Report, facts: Facts) -> Iterator[Finding]:
    """Tell where replies state another cost than the list, which is what a month is projected by."""
    groups: dict[tuple[str, str], list[tuple[Call, Decimal, Decimal]]] = {}
    for one in report.calls:
        if one.cost.usd is not None and (listed := _listed(one, facts)) is not None and listed.usd is not None:
            product = one.call.profile.product
            groups.setdefault((product.provider, product.model), []).append((one.call, one.cost.usd, listed.usd))
    for (provider, model), calls in groups.items():
        draw = report.currency.draw
        stated, by_list = (total(each) or ZERO for each in list(zip(*calls, strict=True))[1:])
        if abs(stated - by_list) > by_list * _AGREES:
            yield Finding(
                rule="price-assumed",
                severity=Severity.NOTICE,
                subject=f"{provider}/{model}",
                location=calls[0][0].call_site or calls[0][0].test,
                message=f"{plural(len(calls), 'call')} of `{provider}/{model}`: the replies state {draw(stated)} and"
                f" the price list says {draw(by_list)}, by which months are projected",
            )


def _listed(one: PricedCall, facts: Facts) -> Cost | None:
    """Return what the list says of a call that is priced as its reply states; None for any other call."""
    if one.call.stated_usd is None or not one.cost.note.startswith(STATED):
        return None
    return facts.price(one.call.profile.product, one.call.profile.usage)


def _age(prices: Prices) -> Iterator[Finding]:
    days = prices.age_days
    if days is not None and days > OLD_DAYS:
        yield Finding(
            rule="price-book",
            severity=Severity.NOTICE,
            subject=f"{prices.source} {prices.version}",
            limit=f"{OLD_DAYS} days",
            actual=f"{days:,} days",
            message=f"the newest price of {prices.source} {prices.version} is {days:,} days older than {prices.as_of};"
            f" upgrade {prices.source}, for nothing is fetched",
        )
