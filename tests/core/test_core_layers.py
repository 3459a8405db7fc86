"""Layers: they add up to the month exactly, hold only what is declared, and say what a lever does alone."""

from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction

import pytest
from core_production import by_model, productions, samples, scenarios
from core_values import PRICE, block, profile, rates, sample_of, unpriced
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core import layers as module
from pytest_llmcost.core.call import Product
from pytest_llmcost.core.layers import NAIVE, layers, place, stages
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.money import total
from pytest_llmcost.core.production import Production, SideCall
from pytest_llmcost.core.projection import cost_per_request, month
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario
from pytest_llmcost.core.served import request_of
from pytest_llmcost.core.usage import Usage

D = Decimal
MANY = Fraction(1_000_000)
AGGRESSIVE = DEFAULTS[2]
CALLS = (profile(2_000, 100),)


def of(production, scenario=MEASURED, calls=CALLS, price=by_model):
    """What each layer adds, and what it would alone."""
    found = layers([sample_of(*calls)], MANY, scenario, price, production)
    return {one.name: (one.usd, one.alone_usd) for one in found}


@given(samples, productions, scenarios, st.fractions(0, 10**8, max_denominator=30))
def test_layers_add_up_to_the_month_exactly(group, production, scenario, requests):
    request = request_of(group, production)
    usd = month(cost_per_request(request, Meter(by_model, scenario, production)), requests, scenario)
    found = layers(group, requests, scenario, by_model, production)
    assert total(one.usd for one in found) == usd
    assert [one.name for one in found] == sorted((one.name for one in found), key=place)


@given(productions, scenarios)
def test_the_last_layer_is_production_and_scenario_as_they_are(production, scenario):
    *_, (_, served, assumed) = stages(production, scenario)
    assert Meter(PRICE, replace(assumed, name=scenario.name), served).requests == production.requests
    assert served == production
    if not production.is_conversation:
        assert replace(assumed, name=scenario.name) == scenario


def test_each_field_of_production_belongs_to_a_layer():
    taken = {*module._SERVED, *module.SHORTER, *(name for names in module.LEVERS.values() for name in names)}
    assert taken | {"is_session", "user_tokens"} == {one.name for one in fields(Production)}


def test_without_production_and_scenario_there_is_the_naive_month_alone():
    assert of(Production()) == {NAIVE: (D(6_000), None)}


@pytest.mark.parametrize(
    ("declared", "scenario", "names"),
    [
        ({}, AGGRESSIVE, ["traffic x3", "context growth", "no caching"]),
        ({}, Scenario(name="s", traffic=D("1E+1")), ["traffic x10"]),
        ({"turns_per_session": D(3)}, MEASURED, ["conversation"]),
        ({"turns_per_session": D(3)}, AGGRESSIVE, ["traffic x3", "conversation", "no caching"]),
        ({"turns_per_session": D(3), "tokens_per_turn": D(0)}, MEASURED, []),
        ({"turns_per_session": D(3), "is_session": True}, MEASURED, []),
        ({"turns_per_session": D(3), "history_turns": 1}, MEASURED, ["conversation", "shorter history"]),
        ({"cache_hit_rate": D("0.5")}, MEASURED, ["prefix cache"]),
        ({"batch": True, "routes": (("m", D("0.5")),)}, MEASURED, ["batch", "routing"]),
        ({"fallback": ("m", D("0.1")), "response_cache_hit_rate": D("0.3")}, MEASURED, ["fallback", "response cache"]),
    ],
)
def test_only_what_is_declared_is_a_layer(declared, scenario, names):
    assert list(of(Production(**declared), scenario)) == [NAIVE, *names]


def test_a_lever_saves_of_what_the_ones_before_have_left_and_alone_of_the_whole():
    found = of(Production(batch=True, routes=(("m", D("0.5")),), response_cache_hit_rate=D("0.5")))
    # 2,000 in and 100 out cost $0.006, so $6,000 a month, and a tenth of that on the other model.
    assert found == {
        NAIVE: (6_000, None),
        "batch": (-3_000, -3_000),
        "routing": (-1_350, -2_700),  # half of the requests, at 90% off
        "response cache": (-825, -3_000),
    }


def test_what_a_lever_does_alone_is_on_top_of_the_conversation():
    found = of(Production(turns_per_session=D(2), tokens_per_turn=D(400), batch=True))
    # Two turns send 2,000 and 2,400 tokens: 200 more on average, at $2.50.
    assert found == {NAIVE: (6_000, None), "conversation": (500, None), "batch": (-3_250, -3_250)}


def test_a_router_that_is_asked_what_users_write_costs_the_same_alone_where_it_is_the_only_lever():
    router = SideCall(model="m", output_tokens=D(1))
    found = of(Production(user_tokens=D(500), routes=(("m", D("0.5")),), router=router))
    # 500 tokens at $0.25 and one at $1 are $126 a month.
    assert found["routing"] == (-2_700 + 126, -2_700 + 126)


def test_without_caching_the_response_cache_is_given_back_in_a_layer_of_its_own():
    found = of(Production(response_cache_hit_rate=D("0.5")), Scenario(name="cold", caching=False))
    assert found == {NAIVE: (6_000, None), "response cache": (-3_000, -3_000), "no caching": (3_000, None)}


def test_a_prefix_cache_reads_what_the_tests_wrote():
    usage = Usage(input_tokens=2_000, output_tokens=100, cache_write_tokens=2_000)
    found = of(Production(cache_hit_rate=D("0.1")), calls=(profile(2_000, 100, usage=usage),))
    # All is written, at $3. A tenth of the requests reads it instead, at $1.25: 0.1 x 2,000 x $1.75 per million.
    assert found["prefix cache"] == (-350, -350)


def test_a_prefix_cache_that_is_written_more_than_it_is_read_costs_more_than_none():
    claude = Product("anthropic", "claude-sonnet-4-5")
    plain = profile(2_000, 0, product=claude, blocks=(block(Segment.SYSTEM, 2_000),))
    price = rates("3", "15", read="0.30", write="3.75")
    found = {rate: of(Production(cache_hit_rate=D(rate)), calls=(plain,), price=price) for rate in ("0.2", "0.25")}
    # 2,000 tokens of a million requests: 0.2 x $600 + 0.8 x $7,500 against $6,000, and 0.25 x $600 + 0.75 x $7,500.
    assert {rate: each["prefix cache"][0] for rate, each in found.items()} == {"0.2": 120, "0.25": -225}


def test_an_unknown_price_leaves_what_depends_on_it_unknown():
    def price(product, usage):
        return (by_model if product.model == "gpt-4o" else unpriced)(product, usage)

    found = of(Production(routes=(("m", D("0.5")),), response_cache_hit_rate=D("0.5")), price=price)
    assert found == {NAIVE: (6_000, None), "routing": (None, None), "response cache": (None, -3_000)}


def test_layers_of_other_versions_stand_last():
    assert place(NAIVE) == 0
    assert place("traffic x3") == place("traffic x0.2") == 1
    assert place("no caching") < place("a layer of tomorrow")
