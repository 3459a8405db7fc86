"""Marker: `@pytest.mark.llmcost(…)` as values; markers merge outward, the nearest wins."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from pytest_llmcost.core.budget import Limits

_COUNTS = ("max_input_tokens", "max_output_tokens", "max_calls")
_LIMITS = ("max_cost", *_COUNTS)
_KEYS = ("feature", "weight", *_LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What the markers of one test say."""

    feature: str | None = None
    weight: Decimal = Decimal(1)
    limits: Limits = field(default_factory=Limits)

    @property
    def is_limited(self) -> bool:
        """True when any limit is set."""
        return self.limits != Limits()


def read(item: pytest.Item) -> Marked:
    """Read the markers of a test; UsageError for an unknown keyword or a wrong value."""
    merged: dict[str, Any] = {}
    where = f"{item.nodeid}: @pytest.mark.llmcost"
    for marker in item.iter_markers("llmcost"):
        if marker.args:
            raise pytest.UsageError(f"{where} takes keywords only: {', '.join(_KEYS)}")
        merged = {**marker.kwargs, **merged}
    unknown = [key for key in merged if key not in _KEYS]
    if unknown:
        raise pytest.UsageError(f"{where} has no keyword {unknown[0]!r}; it has {', '.join(_KEYS)}")
    feature = merged.pop("feature", None)
    if not (feature is None or (isinstance(feature, str) and feature)):
        raise pytest.UsageError(f"{where}: feature is a name, got {feature!r}")
    weight = _number("weight", merged.pop("weight", 1), where)
    return Marked(feature=feature, weight=weight, limits=limits_of(merged, where))


def limits_of(keywords: dict[str, Any], where: str) -> Limits:
    """Read limits from keywords; UsageError for an unknown one or for what is no number of 0 or more."""
    values: dict[str, Any] = {}
    for key, value in keywords.items():
        if key not in _LIMITS:
            raise pytest.UsageError(f"{where}: there is no limit {key!r}; there are {', '.join(_LIMITS)}")
        if value is not None:
            number = _number(key, value, where)
            values[key] = int(number) if key in _COUNTS else number
    return Limits(**values)


def _number(key: str, value: Any, where: str) -> Decimal:
    """Read a number exactly; a float as it is written, not as it is stored."""
    whole = key in _COUNTS
    number = Decimal(str(value)) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
    if number is None or not number.is_finite() or number < 0 or (whole and number % 1):
        raise pytest.UsageError(f"{where}: {key} is a {'whole ' if whole else ''}number of 0 or more, got {value!r}")
    return number
