"""Tiers: the providers' words for how fast or how cheap a call was served, and what to say of one without a price."""

from __future__ import annotations

from pytest_llmcost.core.service_tiers import BATCH, anywhere

_STANDARD = frozenset({"auto", "default", "on_demand", "standard", "standard_only"})
"""The providers' words for no special service tier."""


def word(tier: str | None) -> str:
    """Return our word for a tier, empty for the standard one."""
    name = (tier or "").lower()
    return "" if name in _STANDARD else name


def is_batch(tier: str | None) -> bool:
    """Tell whether a tier is that of batches, in a region or anywhere."""
    return word(anywhere(word(tier))) == BATCH


def no_price(name: str, used: str) -> str:
    """Return the remark on a tier that has no price of its own, so that the standard one is used; empty for none."""
    return f"no {name} price known: standard price" if name and name != used else ""
