"""Candidates: other models for the same calls, what their month comes to, and why some of them will not do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.assumptions import headline
from pytest_llmcost.core.meter import CHAT, Meter
from pytest_llmcost.core.models import is_snapshot
from pytest_llmcost.core.money import CONTEXT, ZERO
from pytest_llmcost.core.prefix import is_marked, minimum
from pytest_llmcost.core.projection import cost_per_request, month, whole
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.sample import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.call import Price, Product, Profile
    from pytest_llmcost.core.demand import Demand
    from pytest_llmcost.core.scenario import Scenario
    from pytest_llmcost.core.usage import Usage
    from pytest_llmcost.core.whatif import WhatIf

    _Bought = tuple[Decimal, int, Usage]
    """How many calls, of which product, by its place among all."""
    _Terms = tuple[list[Product], list[tuple[Fraction, list[_Bought]]]]

TOOLS, IMAGES, AUDIO = "tools", "images", "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that calls could be made of.

    Attributes:
        input_tokens: the most that it reads, or holds together with its answer; None where nobody knows.
        output_tokens: the most that it writes.
        abilities: what it can or cannot deal with, by name; what is not there nobody knows.
    """

    provider: str
    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    abilities: Mapping[str, bool] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.provider}/{self.model}"

    @property
    def is_listed(self) -> bool:
        """True when more is known of it than its name and its price."""
        return self.input_tokens is not None


class Needs(NamedTuple):
    """What calls ask of a model.

    Attributes:
        abilities: what it must be able to deal with.
        tokens: input and output of the largest call together.
        output_tokens: of the longest answer.
    """

    abilities: frozenset[str]
    tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another model for the same calls.

    Attributes:
        monthly_usd: of everything, in US dollars; None without a price.
        lacks: why it will not do, one phrase each.
        unknown: what nobody knows of it that the calls need.
        doubts: what its price had to assume, one phrase each.
    """

    name: str
    monthly_usd: Decimal | None
    lacks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_offered(self) -> bool:
        """True when it can do what the calls need, as far as is known of it."""
        return not self.lacks and not self.unknown


def needs(demands: Iterable[Demand], price: Price, scenario: Scenario) -> Needs:
    """Return what the chats of some features ask of a model, as production makes them.

    A run file does not tell pictures from documents, so media that are no sound count as pictures.
    """
    abilities: set[str] = set()
    tokens = output = 0
    for demand in demands:
        chats = [profile for profile in demand.profiles if profile.product.operation == CHAT]
        abilities.update(ability for profile in chats for ability in _abilities(profile))
        meter = Meter(price, scenario, demand.production)
        for product, usage, _ in demand.request.parts:
            if product.operation == CHAT:
                used = [term.usage for term in meter.terms(product, usage)]
                tokens = max([tokens, *(one.input_tokens + one.output_tokens for one in used)])
                output = max([output, *(one.output_tokens for one in used)])
    return Needs(frozenset(abilities), tokens, output)


def _abilities(profile: Profile) -> Iterator[str]:
    if any(block.segment is Segment.TOOLS and block.tokens for block in profile.blocks):
        yield TOOLS
    if profile.usage.input_audio_tokens:
        yield AUDIO
    elif any(block.segment is Segment.MEDIA for block in profile.blocks):
        yield IMAGES


class Others(NamedTuple):
    """Other models for the same calls: the cheapest first, then those that will not do, then those nobody knows."""

    needs: Needs
    candidates: tuple[Candidate, ...]


def others(found: WhatIf, price: Price, models: Iterable[Model]) -> Others:
    """Return what a month costs with each model in the place of those that are recorded, all other levers pulled.

    A model that all these calls go to already is left out. Where production has routes, the model takes their place.
    """
    unrouted, settings = found.unrouted, found.unrouted_settings
    scenario = headline(settings)
    calls = [replace(one, production=replace(one.production, routes=(), router=None)) for one in found.unrouted_calls]
    asked = needs(calls, price, scenario)
    shown = {product: usage for one in calls for product, usage, _ in one.request.parts}
    now = {product for product in shown if product.operation == CHAT}
    priced = [_Months(one, price, scenario) for one in calls]
    rows = []
    for model in models if now else ():
        if not all(_is_same(model, product) for product in now):
            months = {one.feature: monthly(model) for one, monthly in zip(calls, priced, strict=True)}
            usd = whole([*{**unrouted.inference_usd, **months}.values()], settings.overheads, unrouted.fixed_usd).usd
            lacks, unknown = _judged(model, asked)
            if usd is None and model.is_listed:
                lacks = (*lacks, "no batch price" if any(one.production.batch for one in calls) else "no price")
            doubts = tuple(_doubts(shown, model, price))
            rows.append(Candidate(name=model.name, monthly_usd=usd, lacks=lacks, unknown=unknown, doubts=doubts))
    return Others(asked, tuple(sorted(rows, key=_place)))


def _doubts(shown: Mapping[Product, Usage], model: Model, price: Price) -> Iterator[str]:
    sold = ((_sold(product, model), usage) for product, usage in shown.items())
    yield from dict.fromkeys(doubt for product, usage in sold for doubt in price(product, usage).doubts)


def _place(one: Candidate) -> tuple[bool, bool, bool, Decimal, str]:
    return bool(one.unknown), bool(one.lacks), one.monthly_usd is None, one.monthly_usd or ZERO, one.name


def _is_same(model: Model, product: Product) -> bool:
    alike = is_snapshot(model.model, product.model) or is_snapshot(product.model, model.model)
    return alike and model.provider == product.provider


def _judged(model: Model, asked: Needs) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a model lacks, and what is not known of it: one of the two at most."""
    if not model.is_listed:
        return (), ("not on the list of current models",)
    lacks = [f"no {ability}" for ability in sorted(asked.abilities) if model.abilities.get(ability) is False]
    if asked.tokens > (model.input_tokens or 0):
        lacks.append(f"holds {model.input_tokens:,} tokens, and the largest call has {asked.tokens:,}")
    if model.output_tokens is not None and asked.output_tokens > model.output_tokens:
        lacks.append(f"writes {model.output_tokens:,} tokens, and the longest answer has {asked.output_tokens:,}")
    unknown = [ability for ability in sorted(asked.abilities) if ability not in model.abilities]
    return tuple(lacks), () if lacks else tuple(unknown)


class _Months:
    """Prices the month of a feature by one model after the other.

    What its calls become depends on little of a model, so it is worked out once for all that are alike in that.
    """

    def __init__(self, demand: Demand, price: Price, scenario: Scenario) -> None:
        self._demand, self._price, self._scenario = demand, price, scenario
        self._meter = Meter(price, scenario, demand.production)
        self._products = tuple(dict.fromkeys(product for product, _, _ in demand.request.parts))
        self._alike: dict[object, _Terms] = {}

    def __call__(self, model: Model) -> Decimal | None:
        """Return a month of inference, the chats of the feature made of another model."""
        served = self._demand.production
        sold = [_sold(product, model) for product in self._products]
        if served.fallback is not None or served.summary is not None:  # these name a model of their own
            by_product = dict(zip(self._products, sold, strict=True))
            parts = tuple((by_product[product], usage, share) for product, usage, share in self._demand.request.parts)
            return self._monthly(cost_per_request(Request(parts), self._meter))
        key = tuple((minimum(product), is_marked(product)) for product in sold)
        if key not in self._alike:
            self._alike[key] = self._terms(dict(zip(self._products, sold, strict=True)))
        return self._monthly(self._cost(model, *self._alike[key]))

    def _monthly(self, each: Fraction | None) -> Decimal | None:
        return month(each, self._demand.requests, self._scenario)

    def _terms(self, sold: Mapping[Product, Product]) -> _Terms:
        places: dict[Product, int] = {}
        groups = []
        for share, parts in self._demand.request.by_share():
            calls = []
            for product, usage, _ in parts:
                terms = self._meter.terms(sold[product], usage)
                calls += [(times, places.setdefault(bought, len(places)), used) for times, bought, used in terms]
            groups.append((share, calls))
        return list(places), groups

    def _cost(
        self, model: Model, products: Iterable[Product], groups: Iterable[tuple[Fraction, Sequence[_Bought]]]
    ) -> Fraction | None:
        """Return exact US dollars per request, as `cost_per_request` does; None while a call has no price."""
        bought, each = [_sold(product, model) for product in products], Fraction(0)
        for share, calls in groups:
            whole = ZERO
            for times, place, used in calls:
                usd = self._price(bought[place], used).usd
                if usd is None:
                    return None
                whole = CONTEXT.fma(times, usd, whole)
            each += Fraction(whole) * share
        return self._meter.per_request(each)


def _sold(product: Product, model: Model) -> Product:
    if product.operation != CHAT:
        return product
    return replace(product, provider=model.provider, model=model.model)
