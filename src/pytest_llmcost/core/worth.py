"""Worth: what a baseline comes to under a price book of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import assumed
from pytest_llmcost.core.money import total
from pytest_llmcost.core.sample import by_feature
from pytest_llmcost.core.sampling import of_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from pytest_llmcost.core.baseline import Baseline
    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.scenario import Scenario


def worth(baseline: Baseline, price: Price, scenario: Scenario | None) -> Decimal | None:
    """Return what a baseline comes to in US dollars; None while a part of it has no price.

    Args:
        baseline: also states the traffic and the overheads that it was written under.
        price: the book of today.
        scenario: a month under it; None for one run of the baseline's tests.
    """
    if scenario is not None:
        return total(_months(baseline, scenario, price))
    profiles = (profile for entry in baseline.tests.values() for profile in entry.calls)
    return total(price(profile.product, profile.usage).usd for profile in profiles)


def _months(baseline: Baseline, scenario: Scenario, price: Price) -> Iterator[Decimal | None]:
    samples = (one for test, entry in sorted(baseline.tests.items()) for one in of_entry(test, entry, carried=False))
    yield from assumed(baseline.header, scenario, price).months(by_feature(samples)).values()
