"""Summary: what the calls of a run add up to: in all, by test, and by why they are in no sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.money import ZERO, total
from pytest_llmcost.core.report import Group, TestReport, Totals
from pytest_llmcost.core.sampling import in_sample
from pytest_llmcost.core.usage import total_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import PricedCall
    from pytest_llmcost.core.run import TestRun


def totals(priced: Sequence[PricedCall]) -> Totals:
    """Add up every call of a run."""
    network = [one for one in priced if _is_spend(one)]
    by_provenance: dict[str, int] = {}
    for one in priced:
        source = one.call.profile.usage_source.value
        by_provenance[source] = by_provenance.get(source, 0) + 1
    return Totals(
        calls=len(priced),
        tests=len({one.call.test for one in priced if one.call.test is not None}),
        usage=total_usage(one.call.profile.usage for one in priced),
        cost_usd=_known(priced),
        spend_usd=_known(network),
        network_calls=sum(one.call.origin is Origin.LIVE for one in priced),
        network_tests=len({one.call.test for one in priced if one.call.origin is Origin.LIVE}),
        unpriced_calls=sum(one.cost.usd is None for one in priced),
        by_provenance=dict(sorted(by_provenance.items())),
    )


def spent(priced: Iterable[PricedCall]) -> Decimal | None:
    """Add up what reached a real socket; None while one of these calls has no price."""
    return total(one.cost.usd for one in priced if _is_spend(one))


def _is_spend(one: PricedCall) -> bool:
    return one.call.origin in (Origin.LIVE, Origin.LOCAL)


def _known(priced: Iterable[PricedCall]) -> Decimal:
    return total(one.cost.usd for one in priced if one.cost.usd is not None) or ZERO


def tests(priced: Iterable[PricedCall], ran: Iterable[TestRun], last: Mapping[str, TestRun]) -> tuple[TestReport, ...]:
    """Report each test that made calls; evaluations are not the test's. `ran` has all attempts."""
    calls: dict[str, list[PricedCall]] = {}
    for one in priced:
        if one.call.test is not None and not one.call.evaluation:
            calls.setdefault(one.call.test, []).append(one)
    attempts: dict[str, int] = {}
    for test in ran:
        attempts[test.test] = max(attempts.get(test.test, 0), test.attempt)
    return tuple(_test(last[test], attempts[test], calls[test]) for test in sorted(last) if test in calls)


def _test(last: TestRun, attempts: int, priced: list[PricedCall]) -> TestReport:
    return TestReport(
        test=last.test,
        outcome=last.outcome.value,
        attempts=attempts,
        features=tuple(sorted({one.feature for one in priced if one.feature is not None})),
        weight=last.weight,
        calls=len(priced),
        usage=total_usage(one.call.profile.usage for one in priced),
        cost_usd=total(one.cost.usd for one in priced),
    )


def groups(priced: Iterable[PricedCall], last: Mapping[str, TestRun]) -> tuple[Group, ...]:
    """Sum up the calls that are in no sample of a feature, by why they are not."""
    by_name: dict[str, list[PricedCall]] = {}
    for one in priced:
        name = _group(one, last)
        if name is not None:
            by_name.setdefault(name, []).append(one)
    return tuple(
        Group(
            name=name,
            calls=len(group),
            tests=len({one.call.test for one in group if one.call.test is not None}),
            cost_usd=total(one.cost.usd for one in group),
        )
        for name, group in sorted(by_name.items())
    )


def _group(one: PricedCall, last: Mapping[str, TestRun]) -> str | None:
    if one.call.evaluation:
        return "evaluation"
    if one.call.test is None:
        return one.call.phase
    if not in_sample(one.call, last):
        return "not a sample"
    return "no feature" if one.feature is None else None
