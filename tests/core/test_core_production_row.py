"""Production as a row and back: every valid one makes the trip, and nothing else is believed."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.production import PLAIN, Production, SideCall, Summary, Tier
from pytest_llmcost.core.production_row import production, row

FULL = Production(
    turns_per_session=Decimal("10.5"),
    tokens_per_turn=Decimal(200),
    history_turns=8,
    history_tokens=900,
    summary=Summary(model="gpt-4o-mini", tokens=Decimal(150)),
    cache_hit_rate=Decimal("0.80"),
    response_cache_hit_rate=Decimal("0.34"),
    response_cache_lookup=SideCall(model="text-embedding-3-small"),
    batch=True,
    routes=(("gpt-4o-mini", Decimal("0.7")), ("a", Decimal("0.3"))),
    router=SideCall(model="gpt-4o-mini", input_tokens=Decimal(300), output_tokens=Decimal(5)),
    fallback=("gpt-4o", Decimal("0.05")),
)
ROW = {
    "turns_per_session": "10.5",
    "tokens_per_turn": "200",
    "cache_hit_rate": "0.8",
    "response_cache_hit_rate": "0.34",
    "history_turns": 8,
    "history_tokens": 900,
    "batch": True,
    "history_summary": {"model": "gpt-4o-mini", "tokens": "150"},
    "response_cache_lookup": {"model": "text-embedding-3-small"},
    "routing": {"gpt-4o-mini": "0.7", "a": "0.3"},
    "router": {"model": "gpt-4o-mini", "input_tokens": "300", "output_tokens": "5"},
    "fallback": {"model": "gpt-4o", "share": "0.05"},
}
TIERS = {"free": {"share": "0.9", "sessions_per_user": "2"}, "pro": {"share": "0.1", "sessions_per_user": "0.5"}}


def test_a_row_is_spelled_as_the_configuration_is():
    assert row(FULL) == ROW
    assert list(row(FULL)["routing"]) == ["gpt-4o-mini", "a"]


def test_what_is_as_the_tests_made_it_is_not_written():
    assert row(PLAIN) == {}
    assert row(Production(user_tokens=Decimal(50))) == {}
    assert production({}) == PLAIN


def test_rows_of_tiers_and_sessions():
    tiers = (
        Tier(name="free", share=Decimal("0.9"), sessions_per_user=Decimal(2)),
        Tier(
            name="pro",
            share=Decimal("0.1"),
            sessions_per_user=Decimal(1),
            turns_per_session=Decimal(12),
            revenue_per_user=Decimal("19.9"),
        ),
    )
    served = Production(is_session=True, tiers=tiers)
    pro = {"share": "0.1", "sessions_per_user": "1", "turns_per_session": "12", "revenue_per_user": "19.9"}
    assert row(served) == {"sample": "session", "tiers": {"free": TIERS["free"], "pro": pro}}
    assert production(row(served)) == served


amounts = st.decimals(0, 10**15, places=12)
rates = st.decimals(0, 1, places=12)
names = st.text(min_size=1)
routes = st.dictionaries(names, st.decimals(0, "0.25", places=6), max_size=4).map(lambda one: tuple(one.items()))
sides = st.builds(SideCall, model=names, input_tokens=st.none() | amounts, output_tokens=amounts)


@given(
    served=st.builds(
        Production,
        is_session=st.booleans(),
        turns_per_session=st.decimals(1, 1000, places=3),
        tokens_per_turn=st.none() | amounts,
        history_turns=st.none() | st.integers(0, 10**15),
        history_tokens=st.none() | st.integers(0, 10**15),
        summary=st.none() | st.builds(Summary, model=names, tokens=amounts),
        cache_hit_rate=st.none() | rates,
        response_cache_hit_rate=rates,
        response_cache_lookup=st.none() | sides,
        batch=st.booleans(),
        routes=routes,
        router=st.none() | sides,
        fallback=st.none() | st.tuples(names, rates),
    )
)
def test_every_production_makes_the_trip_through_json(served):
    assert production(json.loads(json.dumps(row(served)))) == served


@pytest.mark.parametrize(
    "wrong",
    [
        *(ROW | {key: value} for key in ROW for value in (None, [], 1.5, "x", "-1", "NaN", "1e99", -1, "", " 1")),
        *(ROW | {key: value} for key in ROW for value in (True, 0) if not isinstance(ROW[key], int)),
        *(ROW | {key: {"model": "m", "unheard": "1", **ROW[key]}} for key in ("router", "history_summary", "fallback")),
        *(ROW | {"cache_hit_rate": text} for text in ("1.1", "0.80", ".8", "08", "0." + "1" * 13, "1" * 17, "\uff18")),
        *(ROW | {"turns_per_session": text} for text in ("0", "0.5", "1", "1000.1", "99999999")),
        *(ROW | {"history_turns": count} for count in (10**15 + 1, 8.0, "8")),
        *(ROW | {"routing": one} for one in ({"a": "0.6", "b": "0.5"}, {"a": 0.5}, {"a": "1.5"}, {"share": {}})),
        *({"tiers": one} for one in ({"a": {"share": "0.5", "sessions_per_user": "1"}}, {"a": {}}, {"a": []}, [])),
        {"tiers": TIERS | {"free": TIERS["free"] | {"turns_per_session": "1"}}},
        {"sample": "request"},
        {"batch": False},
        {"batch": 1},
        {"turns": "5"},
        {"user_tokens": "5"},
        {"routing": {}},
        [],
        "x",
        None,
    ],
)  # fmt: skip
def test_what_is_never_written_is_not_believed(wrong):
    with pytest.raises(ValueError, match=r"^[a-z_ ]{2,60}[a-z0-9 ,_]*$"):
        production(wrong)
