"""What differs between two ways of production, in a short phrase."""

from dataclasses import fields
from decimal import Decimal

import pytest

from pytest_llmcost.core.production import PLAIN, Production, SideCall, Summary, Tier
from pytest_llmcost.core.production_words import differing

SIDE = SideCall(model="e", input_tokens=Decimal(50))
TIER = Tier(name="pro", share=Decimal(1), sessions_per_user=Decimal(20), turns_per_session=Decimal(12))


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"is_session": True}, "a test is a request", "a test is a session"),
        ({"turns_per_session": Decimal("4.5")}, "turns x1", "turns x4.5"),
        ({"tiers": (TIER,)}, "turns x1", "sessions and turns 100% pro: 20 x12"),
        ({"tokens_per_turn": Decimal(0)}, "tokens per turn as measured", "tokens per turn 0"),
        ({"history_turns": 8}, "whole history", "history of 8 turns"),
        ({"history_tokens": 0}, "all of it sent", "at most 0 tokens of it sent"),
        ({"summary": Summary(model="m", tokens=Decimal(150))}, "no summary", "summary of 150 tokens by m"),
        ({"cache_hit_rate": Decimal("0.8")}, "cache as measured", "cache 80%"),
        ({"response_cache_hit_rate": Decimal("0.34")}, "response cache 0%", "response cache 34%"),
        ({"response_cache_lookup": SIDE}, "lookup none", "lookup e (50 in, 0 out)"),
        ({"batch": True}, "no batch", "batch"),
        ({"routes": (("b", Decimal("0.25")), ("a", Decimal("0.5")))}, "routing none", "routing 25% b + 50% a"),
        ({"router": SideCall(model="r")}, "router none", "router r (as measured in, 0 out)"),
        ({"fallback": ("f", Decimal("0.05"))}, "fallback none", "fallback 5% f"),
    ],
)
def test_each_thing_has_its_phrase(changes, before, after):
    assert differing(PLAIN, Production(**changes)) == (before, after)


def test_nothing_that_can_be_declared_is_left_out():
    # Whoever adds a field has to give it a phrase above; what users write and a fit are measured, not declared.
    assert {one.name for one in fields(Production)} - {"user_tokens", "fit"} == {
        "is_session", "turns_per_session", "tiers", "tokens_per_turn", "history_turns", "history_tokens", "summary",
        "cache_hit_rate", "response_cache_hit_rate", "response_cache_lookup", "batch", "routes", "router", "fallback",
    }  # fmt: skip


def test_the_same_routes_in_another_order_are_no_difference():
    routes = (("a", Decimal("0.5")), ("b", Decimal("0.25")))
    assert differing(Production(routes=routes), Production(routes=routes[::-1])) == ("", "")
