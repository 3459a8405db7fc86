"""Projection: from what one request costs to what a month costs, under a scenario."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, ZERO, dollars, total
from pytest_llmcost.core.production import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Price
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.scenario import Scenario


def cost_per_request(request: Request, meter: Meter) -> Fraction | None:
    """Return exact US dollars per request; None while any of its calls has no price."""
    each = Fraction(0)
    for share, parts in request.by_share():
        usd = total(meter(product, usage) for product, usage, _ in parts)
        if usd is None:
            return None
        each += Fraction(usd) * share
    return meter.per_request(each)


def costs_per_request(
    request: Request, scenarios: Iterable[Scenario], price: Price, production: Production = PLAIN
) -> dict[str, Fraction | None]:
    """Return `cost_per_request` by scenario; those that differ in what no price depends on are priced once."""
    known: dict[tuple[Decimal, bool], Fraction | None] = {}
    costs: dict[str, Fraction | None] = {}
    for scenario in scenarios:
        key = ZERO if production.is_conversation else scenario.context_growth, scenario.caching
        if key not in known:
            known[key] = cost_per_request(request, Meter(price, scenario, production))
        costs[scenario.name] = known[key]
    return costs


def together(overheads: Mapping[str, Decimal]) -> Fraction:
    """Return the sum of some overheads, as one share of the inference cost."""
    return sum(map(Fraction, overheads.values()), Fraction(0))


def month(
    each: Fraction | None, requests: Fraction, scenario: Scenario, overheads: Fraction = Fraction(0)
) -> Decimal | None:
    """Return US dollars per month from what one request costs; inference alone unless a share of overheads is given."""
    return None if each is None else dollars(each * requests * Fraction(scenario.traffic) * (1 + overheads))


class Whole(NamedTuple):
    """A month of everything in US dollars: None while a part is unknown."""

    usd: Decimal | None
    inference_usd: Decimal | None
    overheads_usd: dict[str, Decimal]


def whole(
    months: Sequence[Decimal | None], overheads: Mapping[str, Decimal], fixed: Mapping[str, Decimal | None]
) -> Whole:
    """Add up the months of features, overheads and fixed costs.

    Overheads are shares of all inference together: each is rounded once, and the parts add up to the month.
    """
    inference = total(months) if months else None
    shares = {} if inference is None else overheads
    beside = {name: dollars(CONTEXT.multiply(inference or ZERO, share)) for name, share in shares.items()}
    return Whole(total([inference, *beside.values(), *fixed.values()]), inference, beside)
