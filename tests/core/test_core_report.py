from dataclasses import replace
from decimal import Context, Decimal, localcontext
from fractions import Fraction

from core_values import (
    GPT_4O,
    OTHER,
    PRICE,
    TEST,
    baseline,
    call,
    feature,
    profile,
    ran,
    report,
    run,
    settings,
    unpriced,
    usages,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.call import Origin, Outcome
from pytest_llmcost.core.money import dollars
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.scenario import Scenario
from pytest_llmcost.core.usage import Provenance, total_usage

origins = st.sampled_from(Origin)
tests = st.sampled_from([TEST, OTHER, "tests/other.py::test_c", None])
sources = st.sampled_from([Provenance.REPORTED, Provenance.COUNTED, Provenance.SCALED])


@st.composite
def calls(draw):
    usage = draw(usages)
    one = profile(usage=usage, usage_source=draw(sources), reported_tokens=None)
    test = draw(tests)
    return call(
        one,
        test=test,
        phase="call" if test else draw(st.sampled_from(["shared", "collection"])),
        origin=draw(origins),
        evaluation=draw(st.booleans()),
        outcome=draw(st.sampled_from(Outcome)),
    )


many = st.lists(calls(), max_size=8)
THREE = (feature(tests=(TEST,)), feature("b", 333, tests=(OTHER,)), feature("c", 7, tests=("tests/none.py",)))


@given(many, st.decimals(0, 10, places=5), st.integers(0, 10**7))
def test_features_add_up_to_every_scenario_exactly(made, traffic, requests):
    odd = Scenario(name="odd", traffic=traffic, context_growth=Decimal("0.077"))
    chosen = settings(feature(requests=requests, tests=(TEST,)), *THREE[1:])
    got = report(run(*made), replace(chosen, scenarios=(*chosen.scenarios, odd)))
    for name, month in got.scenarios.items():
        parts = [one.monthly_usd[name] for one in got.features if not one.uncovered]
        assert month.inference_usd == month.monthly_usd == (sum(parts) if parts else None)
        assert all(one.monthly_usd[name] is None for one in got.features if one.uncovered)
    assert got.scenarios["odd"].requests == traffic * (requests + 340)


shares = st.dictionaries(st.sampled_from(["retries", "evaluation", "monitoring"]), st.decimals(0, 5, places=7))


@given(many, shares, st.integers(0, 10**7))
def test_overheads_and_inference_add_up_to_every_scenario_exactly(made, overheads, requests):
    chosen = settings(feature(requests=requests, tests=(TEST,)), *THREE[1:], overheads=overheads)
    got = report(run(*made), chosen)
    plain = report(run(*made), replace(chosen, overheads={}))
    assert [one.monthly_usd for one in got.features] == [one.monthly_usd for one in plain.features]
    for name, month in got.scenarios.items():
        inference = plain.scenarios[name].monthly_usd
        assert month.inference_usd == inference
        if inference is None:
            assert (month.monthly_usd, month.overheads_usd) == (None, {})
        else:
            exact = {key: Fraction(inference) * Fraction(share) for key, share in overheads.items()}
            assert month.overheads_usd == {key: dollars(usd) for key, usd in exact.items()}
            assert month.monthly_usd == sum(month.overheads_usd.values(), inference)


def test_overheads_count_in_the_budget_of_the_application_and_in_no_features():
    own = FeatureBudget(monthly_usd=Decimal(3_500))
    chosen = settings(
        feature(budget=own), budget=RunBudget(monthly_usd=Decimal(4_000)), overheads={"retries": Decimal("0.2")}
    )
    got = report(run(call()), chosen)
    assert got.scenarios["measured"].overheads_usd == {"retries": 700}
    assert (got.features[0].budgets[0].actual, got.budgets[0].actual) == (3_500, 4_200)
    assert [(one.rule, one.subject) for one in got.findings if one.severity == "error"] == [
        ("budget.monthly_usd", "total")
    ]


def test_without_a_price_overheads_are_unknown_too():
    got = report(run(call()), settings(overheads={"retries": Decimal("0.2")}), price=unpriced)
    assert (got.scenarios["measured"].monthly_usd, got.scenarios["measured"].overheads_usd) == (None, {})


@given(many)
def test_totals_are_sums_over_every_call(made):
    got = report(run(*made))
    costs = [0 if one.outcome is Outcome.REFUSED else PRICE(GPT_4O, one.profile.usage).usd for one in made]
    totals = got.totals
    assert totals.calls == len(made) == sum(totals.by_provenance.values())
    assert totals.usage == total_usage(one.profile.usage for one in made)
    assert totals.cost_usd == sum(costs)
    real = [cost for one, cost in zip(made, costs, strict=True) if one.origin in (Origin.LIVE, Origin.LOCAL)]
    assert totals.spend_usd == sum(real)
    assert totals.network_calls == sum(one.origin is Origin.LIVE for one in made)


@given(many)
def test_tests_and_what_is_in_no_test_add_up_to_the_total(made):
    got = report(run(*made), settings(*THREE))
    outside = sum((one.cost.usd for one in got.calls if one.call.test is None or one.call.evaluation), Decimal(0))
    assert sum((test.cost_usd for test in got.tests), Decimal(0)) + outside == got.totals.cost_usd
    assert sum(test.calls for test in got.tests) + sum(
        one.call.test is None or one.call.evaluation for one in got.calls
    ) == len(made)


@given(many)
def test_a_call_is_in_a_sample_or_in_one_group_that_says_why_not(made):
    got = report(run(*made), settings(*THREE))
    sampled = [
        one for one in got.calls if one.call.test is not None and not one.call.evaluation and one.feature is not None
    ]
    assert len(sampled) + sum(group.calls for group in got.groups) == len(made)
    known = {"evaluation", "shared", "collection", "no feature", "not a sample"}
    assert {group.name for group in got.groups} <= known


def test_each_attempt_is_spend_and_the_last_one_is_the_sample():
    made = [call(profile(n * 1_000), attempt=n, origin=Origin.LIVE) for n in (1, 2, 3)]
    attempts = [ran(attempt=n, outcome=TestOutcome.FAILED) for n in (1, 2)]
    got = report(run(*made, tests=[*attempts, ran(attempt=3)]))
    assert got.totals.spend_usd == Decimal("0.018")
    assert got.features[0].cost_per_request_usd == Decimal("0.0085")
    (test,) = got.tests
    assert (test.attempts, test.calls, test.outcome, test.cost_usd) == (3, 3, "passed", Decimal("0.018"))
    assert [(group.name, group.calls) for group in got.groups] == [("not a sample", 2)]


def test_the_provenance_of_a_feature_is_the_weakest_among_its_calls():
    made = [call(profile(usage_source=source)) for source in (Provenance.COUNTED, Provenance.SCALED)]
    assert report(run(*made)).features[0].provenance is Provenance.SCALED
    assert report(run()).features[0].provenance is None


def test_what_one_request_is_made_of():
    made = [call(profile(1_000, 10)), call(profile(3_000, 20)), call(profile(10, 0), test=OTHER)]
    (chat,) = report(run(*made)).features
    assert (chat.samples, chat.calls_per_request) == (2, Decimal("1.5"))
    assert (chat.input_tokens, chat.output_tokens) == (2_005, 15)


def test_a_mean_that_does_not_end_is_rounded_to_twelve_places():
    made = [call(profile(1, 0), test=f"tests/t.py::test_{n}") for n in range(2)] + [call(profile(2, 0))]
    (chat,) = report(run(*made)).features
    assert chat.input_tokens == Decimal("1.333333333333")
    assert chat.cost_per_request_usd == Decimal("0.000003333333")
    assert chat.monthly_usd["measured"] == Decimal("3.333333333333")


def test_without_traffic_there_are_no_scenarios():
    got = report(run(call()), settings(feature(requests=None)))
    assert (got.scenarios, got.features[0].monthly_usd) == ({}, {})
    assert got.features[0].cost_per_request_usd == Decimal("0.0035")


def test_a_remark_on_a_reply_goes_with_its_price():
    (one,) = report(run(call(note="the stream was cut"))).calls
    assert one.cost.note == "as stated; the stream was cut"


def test_a_run_that_left_tests_out_is_partial():
    assert report(run(call(), missing=frozenset({OTHER}))).partial
    assert not report(run(call())).partial


STALE = profile(1_234_567, 89, counted_tokens=1_300_001)
BUSY = settings(
    feature(
        requests=1_234_567,
        tests=(TEST,),
        budget=FeatureBudget(monthly_usd=Decimal("1234567.891"), request_usd=Decimal("1.23456789"), input_tokens=10),
    ),
    *THREE[1:],
    budget=RunBudget(monthly_usd=Decimal(5), run_usd=Decimal("0.1"), test_usd=Decimal("3.0865")),
)


@given(many)
def test_the_callers_decimal_context_changes_no_figure_of_a_report(made):
    of = run(call(STALE), call(profile(7_654_321, 1), test=OTHER), *made, tests=[ran(), ran(OTHER)])
    known = baseline({TEST: [profile(1_234_567, 89)]}, requests=1_111_111)
    expected = report(of, BUSY, known)
    with localcontext(Context(prec=5, rounding="ROUND_UP")):
        assert report(of, BUSY, known) == expected
    assert expected.comparison.before_usd != expected.comparison.after_usd


def test_a_report_is_the_same_whatever_was_reported_before():
    of = run(call(STALE), call(profile(5), test=OTHER))
    assert report(of, BUSY) == report(of, BUSY)
