"""Regional: newer models cost a tenth more for all tokens where a request must stay in a region.

Sources, as of 2026-11-27: platform.claude.com/docs, "Data residency", and "Claude on Vertex AI", section on regional
endpoints; developers.openai.com, "Data residency": models released on or after 2026-03-05; for Gemini, the models that
LiteLLM's list raises so. Amazon's regions are models of their own in the price list.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_llmcost.pricing.tariff import Tariff

_GENERATION = r"(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)"
_SINCE = (
    # host, what stands before and behind the generation in a model's name, the first one that costs more
    ("anthropic", "claude-(?:[a-z]+-)?", "", (4, 6)),
    ("google", "claude-(?:[a-z]+-)?", "", (4, 5)),
    ("google", "gemini-", "-flash", (3, 1)),
    ("google", "gemini-", "", (3, 5)),
    ("openai", "gpt-", "", (5, 4)),
)


def regional(listed: Tariff, host: str) -> Tariff:
    """Return the rates of a model where it must stay in a region: those of the list where that costs no more."""
    if not any(host == one[0] and _is_since(listed.name.lower(), *one[1:]) for one in _SINCE):
        return listed
    return replace(
        listed,
        note=f"{listed.note}; regional: 10 % more",
        brackets=tuple(tuple(11 * rate for rate in bracket) for bracket in listed.brackets),
        units={unit: 10 * rate for unit, rate in listed.units.items()},
        scale=listed.scale + 1,
    )


def _is_since(name: str, before: str, behind: str, first: tuple[int, int]) -> bool:
    found = re.search(f"{before}{_GENERATION}{behind}", name)
    return found is not None and (int(found[1]), int(found[2] or 0)) >= first
