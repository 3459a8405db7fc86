"""A month under every scenario on both sides, and the tests whose cost moved."""

from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import GPT_4O, PRICE, baseline, call, feature, profile, report, run, settings, unpriced
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.scenario import DEFAULTS, MEASURED, Scenario, under
from pytest_llmcost.core.usage import Usage

TESTS = [f"tests/test_a.py::test_{name}" for name in "abc"]
SCENARIOS = (MEASURED, *DEFAULTS)

tokens = st.lists(st.integers(0, 10**6), min_size=3, max_size=3)


def two_sides(before, after, **more):
    """One call of each test, by its input tokens."""
    calls = [call(profile(n, **more), test=test) for test, n in zip(TESTS, after, strict=True)]
    return run(*calls), baseline({test: [profile(n, **more)] for test, n in zip(TESTS, before, strict=True)})


def month(sizes, scenario, requests=1_000_000, cached=0):
    """What a month costs: the mean of three tests, times requests and the scenario's traffic."""
    usages = [Usage(input_tokens=n, output_tokens=100, cache_read_tokens=cached) for n in sizes]
    usd = sum(PRICE(GPT_4O, under(one, scenario)).usd for one in usages)
    return usd / len(sizes) * requests * scenario.traffic


@given(tokens, tokens)
def test_every_scenario_has_a_month_on_both_sides(before, after):
    of, known = two_sides(before, after)
    got = report(of, settings(feature(tests=("tests",))), known).comparison
    assert list(got.scenarios) == [one.name for one in SCENARIOS]
    for one in SCENARIOS:
        then, now = got.scenarios[one.name]
        assert then == pytest.approx(month(before, one), abs=Decimal("1e-11"))
        assert now == pytest.approx(month(after, one), abs=Decimal("1e-11"))


@given(tokens, tokens, st.sampled_from([one.name for one in SCENARIOS]))
def test_the_headline_is_one_of_the_scenarios_to_the_last_digit(before, after, name):
    of, known = two_sides(before, after)
    chosen = replace(settings(feature(tests=("tests",))), scenario=name, overheads={"retries": Decimal("0.1")})
    known = replace(known, header=replace(known.header, overheads={"retries": Decimal("0.05")}))
    got = report(of, chosen, known).comparison
    assert got.scenarios[name] == (got.before_usd, got.after_usd)


def test_each_side_has_its_own_definition_of_a_scenario_and_its_own_traffic():
    of, known = two_sides([1000] * 3, [1000] * 3)
    launch = {"traffic": "2", "context_growth": "0.5", "caching": "true"}
    known = replace(
        known,
        header=replace(known.header, scenarios={"launch": launch}, requests_per_month={"chat": Decimal(10)}),
    )
    chosen = settings(feature(requests=1000, tests=("tests",)))
    chosen = replace(chosen, scenarios=(MEASURED, Scenario(name="launch", traffic=Decimal(3))))
    then, now = report(of, chosen, known).comparison.scenarios["launch"]
    assert then == month([1000], Scenario(name="launch", traffic=Decimal(2), context_growth=Decimal("0.5")), 10)
    assert now == month([1000], Scenario(name="launch", traffic=Decimal(3)), 1000)


def test_a_scenario_without_a_price_is_unknown_on_both_sides():
    of, known = two_sides([1000] * 3, [2000] * 3)
    got = report(of, settings(feature(tests=("tests",))), known, price=unpriced).comparison
    assert got.scenarios["base"] == (None, None)


def test_tests_whose_cost_moved_are_named_with_both_costs():
    of, known = two_sides([1000, 2000, 3000], [1000, 2500, 2900])
    got = report(of, settings(feature(tests=("tests",))), known).comparison.tests
    assert [one.name for one in got] == TESTS[1:]
    for one, before, after in zip(got, (2000, 3000), (2500, 2900), strict=True):
        sides = [PRICE(GPT_4O, profile(n).usage).usd for n in (before, after)]
        assert [one.before_usd, one.after_usd] == sides
    assert not any(one.causes for one in got)


def test_a_test_on_one_side_only_has_not_moved():
    of, known = two_sides([1000] * 3, [1000] * 3)
    known = replace(known, tests={test: entry for test, entry in known.tests.items() if test != TESTS[0]})
    assert report(of, settings(feature(tests=("tests",))), known).comparison.tests == ()


def test_calls_that_no_feature_claims_count_in_the_cost_of_their_test():
    of, known = two_sides([1000] * 3, [1500] * 3)
    got = report(of, settings(feature(tests=(TESTS[0],))), known).comparison
    assert [one.name for one in got.tests] == TESTS


def test_a_comparison_per_run_has_neither():
    of, known = two_sides([1000] * 3, [1500] * 3)
    got = report(of, settings(feature(requests=None)), replace(known, header=replace(known.header))).comparison
    assert got.per == "run"
    assert (got.scenarios, got.tests) == ({}, ())
