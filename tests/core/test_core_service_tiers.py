"""Tiers in a region, and batches there."""

import pytest

from pytest_llmcost.core.service_tiers import anywhere, batch_of, in_region


@pytest.mark.parametrize(
    ("tier", "there", "batch"),
    [
        (None, "regional", "batch"),
        ("batch", "regional batch", "batch"),
        ("priority", "priority", "batch"),
        ("regional", "regional", "regional batch"),
        ("regional batch", "regional batch", "regional batch"),
    ],
)
def test_a_tier_keeps_its_region(tier, there, batch):
    assert in_region(tier) == there
    assert batch_of(tier) == batch
    assert anywhere(there) == (tier if tier in (None, "batch", "priority") else anywhere(tier))


def test_a_tier_without_a_region_is_itself_anywhere():
    assert [anywhere(tier) for tier in (None, "", "batch", "flex")] == [None, "", "batch", "flex"]
