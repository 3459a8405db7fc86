"""What production makes of a call: properties that hold for all of them, and a session added up turn by turn."""

import time
from dataclasses import fields, is_dataclass, replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from core_estimates import BOOK, RATES, declared, estimated, month, monthly, price
from core_values import profile, sample_of
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.call import Cost, Product
from pytest_llmcost.core.forecast import forecast
from pytest_llmcost.core.meter import Meter
from pytest_llmcost.core.production import Production, SideCall, Summary
from pytest_llmcost.core.projection import month as monthly_usd
from pytest_llmcost.core.prompt import Block, Segment
from pytest_llmcost.core.scenario import MEASURED, Scenario
from pytest_llmcost.core.served import served
from pytest_llmcost.core.settings import Settings
from pytest_llmcost.core.usage import Usage

shares = st.decimals(0, 1, places=3)
sizes = st.integers(0, 5_000)
turns = st.decimals(1, 12, places=1)
MODELS = ("gpt-4o", "claude-sonnet")


def per_session(of, scenario=MEASURED):
    """Exact US dollars of one session."""
    now = Assumptions(scenario=scenario, requests={}, price=price, production={"chat": of.production})
    each = now.cost_per_request("chat", [of.sample])
    return each * Fraction(of.production.turns_per_session)


productions = st.builds(
    Production,
    turns_per_session=turns,
    tokens_per_turn=st.none() | st.decimals(0, 2_000, places=1),
    history_turns=st.none() | st.integers(0, 12),
    history_tokens=st.none() | st.integers(0, 10_000),
    summary=st.none() | st.builds(Summary, model=st.just("gpt-4o-mini"), tokens=st.decimals(0, 500, places=1)),
    cache_hit_rate=st.none() | shares,
    response_cache_hit_rate=shares,
    batch=st.booleans(),
    routes=st.just(()) | st.tuples(st.tuples(st.just("gpt-4o-mini"), shares)),
    fallback=st.none() | st.tuples(st.just("claude-sonnet"), shares),
)
features = st.builds(
    lambda model, system, user, made, served: replace(
        declared(model, (system + user, made), system_tokens=system), production=served
    ),
    st.sampled_from(MODELS),
    st.integers(1_024, 5_000),  # a prefix that providers keep: at their minimum a cost may fall
    sizes,
    sizes,
    productions,
)
scenarios = st.builds(
    Scenario,
    name=st.just("measured"),
    traffic=st.decimals(0, 10, places=2),
    context_growth=st.decimals(0, 2, places=2),
    caching=st.booleans(),
)


@given(features, scenarios, st.integers(1, 1_000))
def test_a_longer_prompt_never_costs_less(one, scenario, more):
    assert per_session(one, scenario) <= per_session(replace(one, input_tokens=one.input_tokens + more), scenario)


@given(features, scenarios, st.integers(1, 1_000))
def test_a_longer_answer_never_costs_less(one, scenario, more):
    """So an output limit never raises a cost."""
    assert per_session(one, scenario) <= per_session(replace(one, output_tokens=one.output_tokens + more), scenario)


@given(features, scenarios, st.decimals("0.1", 5, places=1))
def test_a_longer_session_never_costs_less(one, scenario, more):
    """But for growth that stands in for a history, and ends where one is modelled."""
    scenario = replace(scenario, context_growth=Decimal(0))
    served = replace(one.production, turns_per_session=one.production.turns_per_session + more)
    assert per_session(one, scenario) <= per_session(replace(one, production=served), scenario)


@given(features, scenarios, st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_month_grows_with_its_traffic_and_nothing_of_it_costs_nothing(one, scenario, requests, more):
    each = per_session(one, scenario)
    months = [monthly_usd(each, Fraction(count), scenario) for count in (0, requests, requests + more)]
    assert months == sorted(months)
    assert months[0] == 0
    assert monthly_usd(each, Fraction(requests), replace(scenario, traffic=Decimal(0))) == 0


@given(features, scenarios, st.decimals(0, 10, places=2))
def test_a_scenario_scales_a_month_exactly(one, scenario, times):
    each = per_session(one, scenario)
    requests = Fraction(1_000)
    scaled = replace(scenario, traffic=times)
    assert per_session(one, scaled) == each
    assert monthly_usd(each, requests, scaled) == monthly_usd(each * Fraction(times), requests, MEASURED)


def raises(one, scenario=MEASURED, **lever):
    """Tell whether a lever makes a session dearer."""
    return per_session(replace(one, production=replace(one.production, **lever)), scenario) > per_session(one, scenario)


@given(features, scenarios, shares)
def test_levers_that_are_no_prefix_cache_never_raise_a_cost(one, scenario, rate):
    """Each is pulled on top of whatever else is declared."""
    assert not raises(replace(one, production=replace(one.production, batch=False)), scenario, batch=True)
    uncached = replace(one, production=replace(one.production, response_cache_hit_rate=Decimal(0)))
    assert not raises(uncached, scenario, response_cache_hit_rate=rate)
    unrouted = replace(one, production=replace(one.production, routes=()))
    cheaper = "gpt-4o-mini" if one.product.model == "gpt-4o" else "claude-third"
    assert not raises(unrouted, scenario, routes=((cheaper, rate),))


@given(features, scenarios, st.integers(0, 12), st.integers(0, 10_000))
def test_less_history_never_costs_more_where_no_prefix_cache_holds_it(one, scenario, window, cap):
    plain = replace(one.production, cache_hit_rate=None, history_turns=None, history_tokens=None, summary=None)
    whole = replace(one, production=plain)
    assert not raises(whole, scenario, history_turns=window)
    assert not raises(whole, scenario, history_tokens=cap)


def test_less_history_may_cost_more_where_a_prefix_cache_holds_it():
    """A window that slides changes the beginning of the prompt, and nothing behind it is read from the cache."""
    thread = {"turns_per_session": "30", "tokens_per_turn": "500", "cache_hit_rate": "1"}
    of = {"model": "claude-sonnet", "tokens": (4_200, 300), "system_tokens": 4_000, "traffic": monthly(30)}
    assert month(**of, served=thread) < month(**of, served={**thread, "history_turns": 20})


@given(features, scenarios, shares)
def test_a_prefix_cache_without_a_price_of_writing_never_raises_a_cost(one, scenario, rate):
    uncached = replace(one, product=replace(one.product, provider="openai", model="gpt-4o"))
    uncached = replace(uncached, production=replace(one.production, cache_hit_rate=None, fallback=None))
    assert not raises(uncached, scenario, cache_hit_rate=rate)


@given(st.integers(1_024, 10_000), sizes, shares)
def test_a_prefix_cache_with_paid_writes_raises_a_cost_where_too_few_read(system, user, rate):
    """A write costs 0.75 more than plain input, a read 2.70 less: it pays from a hit rate of 0.75 / 3.45 on."""
    one = declared("claude-sonnet", (system + user, 100), system_tokens=system)
    assert raises(one, cache_hit_rate=rate) == (rate * (Decimal("2.70") + Decimal("0.75")) < Decimal("0.75"))


@given(st.integers(1_024, 5_000), sizes, sizes, shares, shares)
def test_what_does_not_touch_each_other_multiplies(system, user, made, routed, rate):
    one = declared(tokens=(system + user, made), system_tokens=system)
    mini = replace(one, product=replace(one.product, model="gpt-4o-mini"))
    levers = Production(routes=(("gpt-4o-mini", routed),), response_cache_hit_rate=rate, batch=True)
    mixed = per_session(one) * (1 - Fraction(routed)) + per_session(mini) * Fraction(routed)
    assert per_session(replace(one, production=levers)) == mixed * (1 - Fraction(rate)) / 2


@given(features, shares)
def test_a_scenario_without_caching_has_neither_cache(one, rate):
    served = replace(one.production, cache_hit_rate=rate, response_cache_hit_rate=rate)
    neither = replace(one.production, cache_hit_rate=None, response_cache_hit_rate=Decimal(0))
    plain = Scenario(name="plain", caching=False)
    assert per_session(replace(one, production=served), plain) == per_session(replace(one, production=neither))


def added_up(one):
    """One session, turn by turn, as a reader would do it: US dollars."""
    served, model, made = one.production, one.product.model, one.output_tokens
    user, whole, left, number = one.input_tokens - one.system_tokens, Fraction(0), served.turns_per_session, 1
    per_turn = Decimal(user + made) if served.tokens_per_turn is None else served.tokens_per_turn
    answer = min(made, round(per_turn))
    while left > 0:
        kept = min(number - 1, 10**6 if served.history_turns is None else served.history_turns)
        slides, history, summary = kept < number - 1, round(kept * per_turn), Fraction(0)
        if slides and served.summary:
            history += round(served.summary.tokens)
            asked = Usage(
                input_tokens=round(per_turn + served.summary.tokens), output_tokens=round(served.summary.tokens)
            )
            summary = Fraction(RATES[served.summary.model](None, asked).usd)
        sent = history if served.history_tokens is None else min(history, served.history_tokens)
        steady = not slides and sent == history
        tokens = one.input_tokens + sent
        read = one.system_tokens + (max(sent - answer, 0) if steady else 0)
        goes_on = served.turns_per_session > 1
        stays = min(one.system_tokens + (sent + round(per_turn) - answer if steady and goes_on else 0), tokens)
        hit = Usage(
            input_tokens=tokens, output_tokens=made, cache_read_tokens=read, cache_write_tokens=max(stays - read, 0)
        )
        miss = Usage(input_tokens=tokens, output_tokens=made, cache_write_tokens=stays)
        rate = Fraction(served.cache_hit_rate or 0)
        costs = [Fraction(RATES[model](None, usage).usd) for usage in (hit, miss)]
        turn = rate * costs[0] + (1 - rate) * costs[1]
        if served.cache_hit_rate is None:
            turn = Fraction(RATES[model](None, Usage(input_tokens=tokens, output_tokens=made)).usd)
        whole += Fraction(min(left, Decimal(1))) * (turn + summary)
        left, number = left - 1, number + 1
    return whole


sessions = st.builds(
    Production,
    turns_per_session=turns,
    tokens_per_turn=st.none() | st.decimals("0.1", 2_000, places=1),
    history_turns=st.none() | st.integers(0, 12),
    history_tokens=st.none() | st.integers(0, 10_000),
    summary=st.none() | st.builds(Summary, model=st.just("gpt-4o-mini"), tokens=st.decimals(0, 500, places=1)),
    cache_hit_rate=st.none() | shares,
)


@given(st.sampled_from(MODELS), st.integers(1_024, 5_000), sizes, sizes, sessions)
def test_a_session_is_the_sum_of_its_turns(model, system, user, made, served):
    one = replace(declared(model, (system + user, made), system_tokens=system), production=served)
    assert per_session(one) == added_up(one)


def test_the_last_answer_is_not_in_the_cache_yet_and_what_is_new_is_written():
    """System 2,000, user 100, answer 300: turn 2 sends 2,500, of which 2,100 were in the prompt of turn 1."""
    seen = []

    def asked(product, usage):
        seen.append((usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens))
        return price(product, usage)

    of = declared(
        "claude-sonnet", (2_100, 300), system_tokens=2_000, served={"turns_per_session": "3", "cache_hit_rate": "1"}
    )
    now = Assumptions(scenario=MEASURED, requests={}, price=asked, production={"chat": of.production})
    now.cost_per_request("chat", [of.sample])
    assert seen == [(2_100, 2_000, 100), (2_500, 2_100, 400), (2_900, 2_500, 400)]


def test_a_prefix_below_the_minimum_is_neither_read_nor_written():
    assert not raises(declared("claude-sonnet", (1_500, 100), system_tokens=1_023), cache_hit_rate=Decimal(0))
    assert raises(declared("claude-sonnet", (1_500, 100), system_tokens=1_024), cache_hit_rate=Decimal(0))
    short = declared("claude-sonnet", (1_500, 100), system_tokens=1_023)
    always = replace(short, production=Production(cache_hit_rate=Decimal(1)))
    assert per_session(always) == per_session(short)


def test_each_model_of_a_route_has_a_cache_of_its_own_kind():
    """What a request to Anthropic writes is paid for, though the model that the tests ask has no price for writing."""
    one = declared(tokens=(3_000, 0), system_tokens=3_000, traffic=monthly(1_000_000))
    routed = Production(cache_hit_rate=Decimal(0), routes=(("claude-sonnet", Decimal(1)),))
    assert per_session(replace(one, production=routed)) * 10**6 == 3_000 * Fraction("3.75")


@pytest.mark.parametrize(("sold", "host"), [(("azure", ""), "azure"), (("",), "")])
def test_routes_fallbacks_and_summaries_are_bought_of_the_same_host_where_it_sells_them(sold, host):
    def by_host(product, usage):
        known = product.model == "gpt-4o" or product.provider in sold
        return price(product, usage) if known else Cost(None, "no price")

    served = Production(
        turns_per_session=Decimal(3),
        history_turns=1,
        summary=Summary(model="gpt-4o-mini", tokens=Decimal(10)),
        routes=(("gpt-4o-mini", Decimal("0.5")),),
        fallback=("gpt-4o-mini", Decimal("0.1")),
    )
    meter = Meter(by_host, MEASURED, served)
    asked = {term.product for term in meter.terms(Product("azure", "gpt-4o"), Usage(input_tokens=10, output_tokens=5))}
    assert asked == {Product("azure", "gpt-4o"), Product(host, "gpt-4o-mini")}


def test_a_system_prompt_of_the_only_test_is_cached_in_every_one_of_its_calls():
    front = Block(Segment.SYSTEM, "f" * 16, 2_000)
    calls = [
        profile(2_100, blocks=(front, Block(Segment.USER, f"{number:016}", 100)), counted_tokens=2_100)
        for number in range(2)
    ]
    alone = served([sample_of(*calls)], Production(cache_hit_rate=Decimal(1)))
    assert [one.usage.cache_read_tokens for one in alone[0].profiles] == [2_000, 2_000]
    other = sample_of(profile(2_100), test="tests/test_chat.py::test_b")
    both = served([sample_of(*calls), other], Production(cache_hit_rate=Decimal(1)))
    assert [one.usage.cache_read_tokens for one in both[0].profiles] == [0, 2_000]


def test_a_cache_that_tests_write_for_an_hour_is_written_for_an_hour_in_production():
    front = Block(Segment.SYSTEM, "f" * 16, 2_000)
    wrote = Usage(input_tokens=2_100, cache_write_tokens=2_000, cache_write_1h_tokens=2_000, cache_read_tokens=0)
    one = profile(2_100, usage=wrote, blocks=(front, Block(Segment.USER, "u" * 16, 100)), counted_tokens=2_100)
    claude = replace(one, product=Product("anthropic", "claude-sonnet"))
    production = Production(cache_hit_rate=Decimal("0.8"))
    alone = served([sample_of(claude)], production)[0].profiles[0]
    terms = list(Meter(price, MEASURED, production).terms(alone.product, alone.usage))
    assert [(term.times, term.usage.cache_write_tokens, term.usage.cache_write_1h_tokens) for term in terms] == [
        (Decimal("0.8"), 0, 0),
        (Decimal("0.2"), 2_000, 2_000),
    ]


def floats(value, path="report"):
    """Where a value, or anything in it, is a float."""
    if isinstance(value, float):
        yield path
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from floats(getattr(value, one.name), f"{path}.{one.name}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from floats(inner, f"{path}[{key}]")
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from floats(inner, f"{path}[]")


@given(features)
def test_there_is_no_float_in_any_figure(one):
    found = estimated(
        settings=Settings(overheads={"retries": Decimal("0.1")}, fixed_monthly_usd={"db": Decimal(5)}),
        model=one.product.model,
        tokens=(one.input_tokens, one.output_tokens),
        system_tokens=one.system_tokens,
        growth_percent_per_month=Decimal(5),
        served={name: getattr(one.production, name) for name in ("turns_per_session", "cache_hit_rate", "routes")},
    )
    assert list(floats(found)) == []
    assert isinstance(per_session(one), Fraction)
    assert isinstance(found.scenarios["measured"].monthly_usd, Decimal)


@given(features, scenarios)
def test_the_callers_decimal_context_changes_no_session(one, scenario):
    expected = per_session(one, scenario)
    with localcontext(Context(prec=4)):
        assert per_session(one, scenario) == expected


@pytest.mark.parametrize(
    "served",
    [
        {"routes": (("other", Decimal("0.5")),)},
        {"fallback": ("other", Decimal("0.1"))},
        {"router": SideCall(model="other"), "routes": (("gpt-4o-mini", Decimal("0.5")),)},
        {"response_cache_hit_rate": Decimal("0.5"), "response_cache_lookup": SideCall(model="other")},
        {
            "turns_per_session": Decimal(5),
            "history_turns": 1,
            "summary": Summary(model="other", tokens=Decimal(100)),
        },
    ],
    ids=lambda served: next(reversed(served)),
)
def test_a_lever_that_asks_a_model_without_a_price_makes_the_month_unknown(served):
    def sometimes(product, usage):
        return Cost(None, "no price") if product.model == "other" else price(product, usage)

    of = replace(declared(), production=Production(**served))
    now = Assumptions(scenario=MEASURED, requests={}, price=sometimes, production={"chat": of.production})
    assert now.cost_per_request("chat", [of.sample]) is None


MANY = [
    Scenario(name=f"s{many}", traffic=Decimal(many + 1), context_growth=Decimal(many) / 10, caching=many % 5 > 0)
    for many in range(10)
]


def test_a_thousand_features_a_year_and_ten_scenarios_take_less_than_two_seconds():
    """Sessions of ten turns with a hit rate, each feature with sizes of its own, under a price book of one line."""
    of = [
        declared(
            "claude-sonnet",
            (2_200 + number, 300),
            system_tokens=2_000,
            served={"turns_per_session": "10", "cache_hit_rate": "0.8"},
        )
        for number in range(1_000)
    ]
    samples = [[one.sample] for one in of]
    names = [f"feature {number}" for number in range(1_000)]
    production = {name: one.production for name, one in zip(names, of, strict=True)}
    now = Assumptions(scenario=MEASURED, requests={}, price=BOOK.price, production=production)
    begun = time.process_time()
    for name, group in zip(names, samples, strict=True):
        costs = now.costs_per_request(name, group, MANY)
        for scenario in MANY:
            usd = monthly_usd(costs[scenario.name], Fraction(500_000), scenario)
            assert len(forecast(usd, growth_percent=Decimal(5))) == 12
    took = time.process_time() - begun
    assert took < 2
