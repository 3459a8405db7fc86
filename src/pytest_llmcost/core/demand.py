"""Demand: what the month of a feature is made of: its calls, how production serves them, and how many requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmcost.core.assumptions import of_settings
from pytest_llmcost.core.explanation import title
from pytest_llmcost.core.meter import Meter, Term
from pytest_llmcost.core.served import request_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from fractions import Fraction

    from pytest_llmcost.core.bare import Groups
    from pytest_llmcost.core.call import Cost, Price, Profile
    from pytest_llmcost.core.production import Production
    from pytest_llmcost.core.sample import Request
    from pytest_llmcost.core.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What the month of one feature is made of.

    Attributes:
        requests: per month, as declared.
        profiles: of the calls of its samples.
        request: what one request is made of.
        production: how it is served, with what its samples tell about it.
    """

    feature: str
    requests: Fraction
    profiles: tuple[Profile, ...]
    request: Request
    production: Production


def demands(groups: Groups, settings: Settings, price: Price, features: Container[str]) -> tuple[Demand, ...]:
    """Return what the months of some features are made of; none for one without traffic or without samples."""
    now = of_settings(settings, price)
    found = []
    for name, requests in now.requests.items():
        group = groups.get(name, []) if name in features else []
        production = now.served(name, group)
        request = request_of(group, production)
        if request is not None:
            profiles = tuple(profile for one in group for profile in one.profiles)
            found.append(
                Demand(feature=name, requests=requests, profiles=profiles, request=request, production=production)
            )
    return tuple(found)


def unpriced(demands: Iterable[Demand], settings: Settings, price: Price) -> Iterator[str]:
    """Yield which of these calls have no price, and why: `openai/o3: no price: ...`."""
    yield from dict.fromkeys(
        f"{title(term.product)}: {found.note}" for term, found in _costs(demands, settings, price) if found.usd is None
    )


def doubts(demands: Iterable[Demand], settings: Settings, price: Price) -> Iterator[str]:
    """Yield what the price book had to assume of these calls: `openai/o3: no batch price known`."""
    yield from dict.fromkeys(
        f"{title(term.product)}: {doubt}" for term, found in _costs(demands, settings, price) for doubt in found.doubts
    )


def _costs(demands: Iterable[Demand], settings: Settings, price: Price) -> Iterator[tuple[Term, Cost]]:
    for demand in demands:
        yield from ((term, price(term.product, term.usage)) for term in bought(demand, settings, price))


def bought(demand: Demand, settings: Settings, price: Price) -> Iterator[Term]:
    """Yield every kind of call that a month of the headline scenario has."""
    meter = Meter(price, of_settings(settings, price).scenario, demand.production)
    for product, usage, _ in demand.request.parts:
        yield from meter.terms(product, usage)
    yield from meter.beside()
