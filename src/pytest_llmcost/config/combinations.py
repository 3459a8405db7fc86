"""Combinations: what single keys cannot show, such as two kinds of traffic for one feature.

They read the table as the user wrote it, so that they are found together with wrong types and not one run later.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

from pytest_llmcost.config.feature_tables import TRAFFIC_FORMS
from pytest_llmcost.config.money_tables import COMMITTED, DISCOUNT, PERCENTS
from pytest_llmcost.config.problems import Problem, dotted, quoted, suggestion
from pytest_llmcost.config.production_checks import of_feature
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED
from pytest_llmcost.core.settings import OF_THE_PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def impossible(table: Mapping[str, object]) -> list[Problem]:
    """Everything in the table that contradicts itself."""
    features = _table(table.get("features"))
    return list(
        chain(
            _scenarios(table),
            *(_feature(name, _table(feature)) for name, feature in features.items()),
            *(_shared(key, features) for key in ("tests", "call_sites")),
            _discounts(table),
            _currency(table),
            _fine_tuning(table),
            _prompts(_table(table.get("prompts"))),
        ),
    )


def _scenarios(table: Mapping[str, object]) -> Iterator[Problem]:
    own = _table(table.get("scenarios"))
    if MEASURED.name in own:
        text = f"{quoted(MEASURED.name)} is what the tests saw and cannot be declared; choose another name"
        yield Problem(table=("scenarios",), text=text)
    names = dict.fromkeys((MEASURED.name, *(scenario.name for scenario in DEFAULTS), *own))
    headline = table.get("scenario")
    if isinstance(headline, str) and headline and headline not in names:
        yield Problem(
            text=f"scenario {quoted(headline)} does not exist; {suggestion(headline, names, what='scenarios')}"
        )
    extended = {name: one.get("extends") for name, one in own.items() if isinstance(one, dict)}
    for name, base in extended.items():
        wrong = _extension(name, base, extended, names) if isinstance(base, str) and base else None
        if wrong:
            yield Problem(table=("scenarios", name), text=wrong)


def _extension(name: str, other: str, extended: Mapping[str, object], names: Iterable[str]) -> str | None:
    """What is wrong with a scenario that extends another, if anything; a circle is told once for each in it."""
    if other not in names:
        return f"extends {quoted(other)}, which does not exist; {suggestion(other, names, what='scenarios')}"
    if other == name:
        return "a scenario cannot extend itself; name another"
    seen: list[object] = [name]
    following: object = other
    while isinstance(following, str) and following not in seen:
        seen.append(following)
        following = extended.get(following)
    way = ", ".join(quoted(str(one)) for one in seen[1:])
    return f"extends itself by way of {way}; break the circle" if following == name else None


def _feature(name: str, feature: Mapping[str, object]) -> Iterator[Problem]:
    table = ("features", name)
    if not name.strip():
        yield Problem(table=("features",), text="the name of a feature must not be empty")
    forms = [form for form in TRAFFIC_FORMS if form in feature]
    if len(forms) > 1:
        text = f"{' and '.join(forms)} declare the same traffic in different ways; keep one"
        yield Problem(table=table, text=text)
    yield from of_feature(name, feature)


def _shared(key: str, features: Mapping[str, object]) -> Iterator[Problem]:
    """The same pattern in two features: neither claim would be stronger."""
    claimed: dict[str, str] = {}
    for name, feature in features.items():
        patterns = _table(feature).get(key)
        for pattern in patterns if isinstance(patterns, list) else ():
            if not isinstance(pattern, str):
                continue
            first = claimed.setdefault(pattern, name)
            if first != name:
                text = f"{key}: {quoted(pattern)} is claimed by {dotted([first])} and by {dotted([name])}; keep one"
                yield Problem(table=("features",), text=text)


def _discounts(table: Mapping[str, object]) -> Iterator[Problem]:
    declared, priced = _table(table.get("discounts")), {key.lower() for key in _table(table.get("prices"))}
    first: dict[str, str] = {}
    for key, terms in declared.items():
        if not key.strip():
            yield Problem(table=("discounts",), text="the name of a provider or model must not be empty")
        known = first.setdefault(key.lower(), key)
        if known != key:
            text = f"{dotted([known])} and {dotted([key])} have equal claim to the same calls; keep one"
            yield Problem(table=("discounts",), text=text)
        if key.lower() in priced:
            text = f"{dotted([key])} also has a price of its own, which no discount applies to; keep one"
            yield Problem(table=("discounts",), text=text)
        if isinstance(terms, dict):
            yield from _terms(("discounts", key), terms)


def _terms(table: tuple[str, ...], terms: Mapping[str, object]) -> Iterator[Problem]:
    percents = [key for key in (*PERCENTS, "batch") if key in terms]
    if COMMITTED in terms and percents:
        text = f"{COMMITTED} and {percents[0]} exclude each other: committed capacity has no price by token"
        yield Problem(table=table, text=text)
    if COMMITTED not in terms and percents in ([], ["batch"]) and terms.keys() <= DISCOUNT.keys.keys():
        yield Problem(table=table, text=f"it says nothing: add percent, a percent of one kind, or {COMMITTED}")
    start, end = (_day(terms.get(key)) for key in ("from", "until"))
    if start and end and start > end:
        yield Problem(table=table, text=f"from ({start}) must not be after until ({end})")


def _currency(table: Mapping[str, object]) -> Iterator[Problem]:
    currency = _table(table.get("currency"))
    rate = currency.get("per_usd")
    if currency.get("code") == "USD" and _is_number(rate) and rate != 1:
        text = f"per_usd must be 1 for USD, got {rate}; name the currency that amounts are to be drawn in"
        yield Problem(table=("currency",), text=text)


def _fine_tuning(table: Mapping[str, object]) -> Iterator[Problem]:
    features = _table(table.get("features"))
    for name, tuned in _table(table.get("fine_tuning")).items():
        feature = _table(tuned).get("feature")
        if isinstance(feature, str) and feature and feature not in features:
            meant = suggestion(feature, features, what="features") if features else "declare it"
            text = f"there is no feature {quoted(feature)}; {meant}"
            yield Problem(table=("fine_tuning", name), text=text)


def _day(value: object) -> str | None:
    """Return a day as it is written, which sorts as days do; None for what is none."""
    return value.isoformat() if type(value) is date else value if isinstance(value, str) else None


def _prompts(prompts: Mapping[str, object]) -> Iterator[Problem]:
    """Patterns that no file of the project can match."""
    for pattern in prompts:
        if not re.search(OF_THE_PROJECT, pattern):
            text = f'{quoted(pattern)} must be a path from the root of the project, with "/" and without "." or ".."'
            yield Problem(table=("prompts",), text=text)


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _is_number(value: object) -> bool:
    from numbers import Number

    return isinstance(value, Number) and not isinstance(value, bool)
