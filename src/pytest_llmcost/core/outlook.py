"""Outlook: what a month leads to: the next twelve, what is paid once, and from where on something else is cheaper."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from pytest_llmcost.core.break_even import Hosting, months_to_pay_back, self_hosting
from pytest_llmcost.core.explanation import tokens
from pytest_llmcost.core.fixed import paid_once
from pytest_llmcost.core.forecast import year
from pytest_llmcost.core.layers import NAIVE, Layer, place
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import CONTEXT, dollars, total
from pytest_llmcost.core.production import PLAIN
from pytest_llmcost.core.projection import month, together
from pytest_llmcost.core.rules_of_thumb import from_naive
from pytest_llmcost.core.served import request_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from pytest_llmcost.core.assumptions import Assumptions
    from pytest_llmcost.core.report import FeatureReport, Month
    from pytest_llmcost.core.sample import Sample
    from pytest_llmcost.core.settings import FineTuning, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A model of one's own for a feature, against what the feature buys now; US dollars, None while unknown.

    Attributes:
        name: as declared.
        once_usd: for the training.
        before_usd, after_usd: a month of the feature's inference now, and with the trained model.
        months: until the training is paid back; None where it never is, or where an amount is unknown.
    """

    name: str
    feature: str
    model: str
    once_usd: Decimal
    before_usd: Decimal | None
    after_usd: Decimal | None
    months: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a month of the headline scenario leads to, in US dollars.

    Attributes:
        layers: of everything, from the naive month to the full one; None in it while a part is unknown.
        forecast_usd: everything in each of the next twelve months; empty while the month is unknown.
        year_usd: their sum.
        one_time_usd: what is paid once, by name; in no month. None while a price is unknown.
        rule_of_thumb_usd: what published experience makes of the naive month; None where overheads are declared.
        hosting: the same tokens on machines of one's own; None where none is declared.
        trainings: models of one's own, in the order of declaration.
    """

    layers: tuple[Layer, ...] = ()
    forecast_usd: tuple[Decimal, ...] = ()
    year_usd: Decimal | None = None
    one_time_usd: Mapping[str, Decimal | None] = field(default_factory=dict)
    rule_of_thumb_usd: Decimal | None = None
    hosting: Hosting | None = None
    trainings: tuple[Training, ...] = ()


class Plans(NamedTuple):
    """What is declared to be paid once, and what it buys."""

    once_usd: Mapping[str, Decimal | None]
    trainings: tuple[Training, ...]
    tokens: Fraction
    """Of a month, input and output, of all features: what machines of one's own would have to serve."""


def plans(settings: Settings, groups: Mapping[str, Sequence[Sample]], now: Assumptions) -> Plans:
    """Price what is declared to be paid once; `groups` are the samples by feature."""
    return Plans(
        paid_once(settings, now.price),
        tuple(_trainings(settings.fine_tuning, groups, now)),
        sum((_tokens(name, group, now) for name, group in groups.items()), Fraction(0)),
    )


def _tokens(feature: str, samples: Sequence[Sample], now: Assumptions) -> Fraction:
    served = now.served(feature, samples)
    request = request_of(samples, served)
    if request is None or feature not in now.requests:
        return Fraction(0)
    times = now.requests[feature] * Fraction(now.scenario.traffic)
    return tokens(request, times, Meter(now.price, now.scenario, served))


def outlook(month_usd: Month, features: Sequence[FeatureReport], settings: Settings, planned: Plans) -> Outlook:
    """Return the outlook of a month of the headline scenario, from its features and what the settings declare."""
    layers = tuple(whole_layers(features, month_usd))
    ahead = _forecast(month_usd, features, settings)
    naive = layers[0].usd if layers and layers[0].name == NAIVE else None
    return Outlook(
        layers=layers,
        forecast_usd=ahead,
        year_usd=year(ahead) if ahead else None,
        one_time_usd=planned.once_usd,
        rule_of_thumb_usd=None if settings.overheads else from_naive(naive),
        hosting=_hosting(month_usd, planned.tokens, settings),
        trainings=planned.trainings,
    )


def whole_layers(features: Iterable[FeatureReport], month_usd: Month) -> Iterator[Layer]:
    """Yield the layers of all features together, then overheads and fixed costs; they add up to the month."""
    own = [layer for feature in features for layer in feature.layers]
    for name in sorted(dict.fromkeys(layer.name for layer in own), key=place):
        same = [layer for layer in own if layer.name == name]
        alone = total(layer.alone_usd for layer in same)
        yield Layer(name=name, usd=total(layer.usd for layer in same), alone_usd=alone)
    for word, parts in (("overhead", month_usd.overheads_usd), ("fixed", month_usd.fixed_usd)):
        yield from (Layer(name=f"{word}: {name}", usd=usd) for name, usd in parts.items())


def _forecast(month_usd: Month, features: Iterable[FeatureReport], settings: Settings) -> tuple[Decimal, ...]:
    """Add up the features' forecasts; overheads are shares of them, fixed costs neither grow nor fall."""
    each = [feature.forecast_usd for feature in features if feature.forecast_usd]
    fixed = total(month_usd.fixed_usd.values())
    if month_usd.monthly_usd is None or fixed is None or not each:
        return ()
    share = 1 + together(settings.overheads)
    sums = (sum(map(Fraction, amounts), Fraction(0)) for amounts in zip(*each, strict=True))
    return tuple(dollars(usd * share + Fraction(fixed)) for usd in sums)


def _hosting(month_usd: Month, served: Fraction, settings: Settings) -> Hosting | None:
    machine = settings.self_hosting
    if machine is None or month_usd.inference_usd is None:
        return None
    found = self_hosting(month_usd.inference_usd, served, machine, settings.days_per_month)
    even = found.break_even
    return found if even is None else replace(found, break_even=Fraction(dollars(even)))  # as a run file has it


def _trainings(
    declared: Mapping[str, FineTuning], groups: Mapping[str, Sequence[Sample]], now: Assumptions
) -> Iterator[Training]:
    """Yield what each trained model would make of its feature: all its calls are bought of that model."""
    for name, one in declared.items():
        samples = groups.get(one.feature, ())
        if one.feature not in now.requests or not any(sample.weight for sample in samples):
            continue
        served = replace(now.production.get(one.feature, PLAIN), routes=((one.model, CONTEXT.create_decimal(1)),))
        then = replace(now, production={**now.production, one.feature: served}, overheads=Fraction(0))
        before = month(now.cost_per_request(one.feature, samples), now.requests[one.feature], now.scenario)
        after = then.months({one.feature: samples})[one.feature]
        months = _months(one.training_usd, before, after)
        yield Training(
            name=name,
            feature=one.feature,
            model=one.model,
            once_usd=one.training_usd,
            before_usd=before,
            after_usd=after,
            months=months,
        )


def _months(once: Decimal, before: Decimal | None, after: Decimal | None) -> Decimal | None:
    if before is None or after is None:
        return None
    months = months_to_pay_back(once, CONTEXT.subtract(before, after))
    return None if months is None else dollars(months)
