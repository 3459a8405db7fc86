"""Service tiers that change a price by a rule: batches, and what must stay in a region."""

from __future__ import annotations

BATCH = "batch"
"""The providers' batch interfaces, which answer within a day."""
REGIONAL = "regional"
"""A request that may be served in one region only."""
_REGIONAL_BATCH = f"{REGIONAL} {BATCH}"


def in_region(tier: str | None) -> str | None:
    """Return a tier as it is sold in a region; one that has no price of its own there stays as it is."""
    return {None: REGIONAL, BATCH: _REGIONAL_BATCH}.get(tier, tier)


def anywhere(tier: str | None) -> str | None:
    """Return a tier without the region that it is for; None is the standard one."""
    return {REGIONAL: None, _REGIONAL_BATCH: BATCH}.get(tier or "", tier)


def batch_of(tier: str | None) -> str:
    """Return the tier of a batch, in the region that a tier is for."""
    return BATCH if anywhere(tier) == tier else _REGIONAL_BATCH
