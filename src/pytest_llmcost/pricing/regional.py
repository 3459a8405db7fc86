"""Regional: Claude costs a tenth more for all tokens where a request must stay in a region.

Sources: platform.claude.com/docs, "Data residency", and "Claude on Vertex AI", section on regional endpoints, as of
2026-11-27. Amazon's regions are models of their own in the price list.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_llmcost.pricing.tariff import Tariff

REGIONAL = "regional"
"""Our word for the tier."""

_SINCE = {"anthropic": (4, 6), "google": (4, 5)}
"""The first generation of Claude that costs more so, by host."""
_GENERATION = re.compile(r"claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")


def regional(listed: Tariff, host: str) -> Tariff:
    """Return the rates of a model where it must stay in a region: those of the list where that costs no more."""
    found = _GENERATION.search(listed.name.lower())
    if found is None or host not in _SINCE or (int(found[1]), int(found[2] or 0)) < _SINCE[host]:
        return listed
    return replace(
        listed,
        note=f"{listed.note}; regional: 10 % more",
        brackets=tuple(tuple(11 * rate for rate in bracket) for bracket in listed.brackets),
        units={unit: 10 * rate for unit, rate in listed.units.items()},
        scale=listed.scale + 1,
    )
