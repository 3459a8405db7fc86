from dataclasses import replace
from decimal import Context, Decimal, localcontext

import pytest
from core_values import (
    GPT_4O,
    OTHER,
    PRICE,
    TEST,
    baseline,
    block,
    call,
    changed,
    feature,
    profile,
    ran,
    report,
    rules,
    run,
    settings,
    unpriced,
)
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.comparison import Change, Comparison
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.run import TestOutcome

TESTS = [f"tests/test_{name}.py::test_{name}" for name in "abcd"]
a_test = st.none() | st.lists(st.integers(1, 10**6), min_size=1, max_size=3)
sides = st.lists(st.tuples(a_test, a_test), min_size=4, max_size=4)


def asked_by(test, tokens):
    """A call of one test: no other test asks or gets the same, so none is taken for another."""
    own = (block(Segment.USER, tokens, f"asked by {test}"),)
    return profile(tokens, 100 + TESTS.index(test), prompt=f"{test} {tokens}", blocks=own)


def both_sides(pairs, known_requests: int | None = 1_000_000, **changes):
    """A run and a baseline of the same four tests, or of fewer, by the input tokens of their calls."""
    before = {test: [asked_by(test, n) for n in b] for test, (b, _) in zip(TESTS, pairs, strict=True) if b}
    calls = [call(asked_by(test, n), test=test) for test, (_, a) in zip(TESTS, pairs, strict=True) for n in a or ()]
    files = frozenset(test.partition("::")[0] for test in TESTS)
    return run(*calls, searched=files, **changes), baseline(before, known_requests)


@given(sides, st.sampled_from([1, 3, 333_333]))
def test_the_features_of_a_comparison_add_up_to_its_totals_and_to_the_reports(pairs, requests):
    features = (feature("chat", requests, tests=TESTS[:2]), feature("more", 7, tests=TESTS[2:]))
    of, known = both_sides(pairs, requests)
    got = report(of, settings(*features), known)
    comparison = got.comparison
    assert comparison.per == "month"
    assert sum(change.before_usd for change in comparison.features) == comparison.before_usd
    assert sum(change.after_usd for change in comparison.features) == comparison.after_usd
    inference = got.scenarios["measured"].inference_usd
    assert inference == (comparison.after_usd if of.calls else None)
    months = {one.name: one.monthly_usd["measured"] for one in got.features if one.samples}
    assert {change.name: change.after_usd for change in comparison.features if change.name in months} == months


@given(sides, st.sampled_from([1, 3, 333_333]), st.decimals(0, 3, places=5), st.decimals(0, 3, places=5))
def test_each_side_has_the_overheads_that_it_declares(pairs, requests, then, now):
    """The totals are those without them, times 1 + their sum, and agree with the headline: each amount is rounded."""
    chosen = settings(feature("chat", requests, tests=TESTS[:2]), feature("more", 7, tests=TESTS[2:]))
    of, known = both_sides(pairs, requests)
    plain = report(of, chosen, known).comparison
    declared = replace(known, header=replace(known.header, overheads={"a": then, "b": Decimal("0.1")}))
    got = report(of, replace(chosen, overheads={"b": now}), declared)
    factors = 1 + then + Decimal("0.1"), 1 + now
    found = got.comparison
    for usd, bare in (
        ((found.before_usd, found.after_usd), (plain.before_usd, plain.after_usd)),
        (found.gate_total(), plain.gate_total()),
    ):
        assert all(
            abs(one - other * factor) < Decimal("1e-10") for one, other, factor in zip(usd, bare, factors, strict=True)
        )
    if of.calls:
        assert abs(got.scenarios["measured"].monthly_usd - found.after_usd) < Decimal("1e-11")


@given(sides)
def test_gates_look_at_tests_that_are_on_both_sides(pairs):
    of, known = both_sides(pairs)
    only_common = [(b, a) if a and b else (None, None) for b, a in pairs]
    common_of, common_known = both_sides(only_common)
    whole, common = report(of, against=known).comparison, report(common_of, against=common_known).comparison
    assert whole.gate_total() == common.gate_total() == (common.before_usd, common.after_usd)
    names = dict(zip(TESTS, pairs, strict=True))
    assert set(whole.added) == {test for test, (b, a) in names.items() if a and not b}
    assert set(whole.removed) == {test for test, (b, a) in names.items() if b and not a}


@given(sides)
def test_without_traffic_a_run_is_compared_by_test(pairs):
    of, known = both_sides(pairs, None)
    comparison = report(of, settings(feature(requests=None)), known).comparison
    assert comparison.per == "run"
    assert comparison.features == ()
    assert comparison.after_usd == sum(PRICE(GPT_4O, one.profile.usage).usd for one in of.calls)
    assert comparison.before_usd == sum(
        PRICE(GPT_4O, one.usage).usd for entry in known.tests.values() for one in entry.calls
    )
    assert {change.name for change in comparison.gate} == {
        test for test, (b, a) in zip(TESTS, pairs, strict=True) if a and b
    }


def test_an_added_test_changes_the_month_but_not_the_gate():
    of, known = both_sides([([1_000], [1_000]), (None, [3_000]), (None, None), (None, None)])
    comparison = report(of, against=known).comparison
    assert (comparison.before_usd, comparison.after_usd) == (3_500, 6_005)
    assert comparison.gate == (Change(name="chat", before_usd=Decimal(3_500), after_usd=Decimal(3_500)),)
    assert comparison.added == (TESTS[1],)


def test_each_side_has_the_traffic_that_it_declared():
    of = run(call())
    comparison = report(of, settings(feature(requests=2_000_000)), baseline({TEST: [profile()]})).comparison
    assert (comparison.before_usd, comparison.after_usd) == (3_500, 7_000)
    assert comparison.gate_total() == (3_500, 7_000)


def test_a_feature_that_is_declared_no_more_has_no_month_any_more():
    comparison = report(run(call()), settings(feature("new", 10)), baseline({TEST: [profile()]})).comparison
    assert [(one.name, one.before_usd, one.after_usd) for one in comparison.features] == [
        ("chat", 3_500, 0),
        ("new", 0, Decimal("0.035")),
    ]
    assert [[(one.kind, one.before, one.after) for one in change.causes] for change in comparison.features] == [
        [("traffic", "1000000", None)],
        [("traffic", None, "10")],
    ]


def test_a_test_that_gave_no_sample_is_carried_on_both_sides():
    known = baseline({TEST: [profile()], OTHER: [profile(9_000)]})
    of = run(call(), tests=[ran(), ran(OTHER, TestOutcome.FAILED)])
    for chosen in (settings(), settings(feature(requests=None))):
        comparison = report(of, chosen, known).comparison
        assert comparison.carried == (OTHER,)
        assert comparison.before_usd == comparison.after_usd


def test_both_sides_are_priced_with_the_same_book():
    """A price that changed since is never blamed on a commit."""

    def dearer(product, usage):
        return changed(PRICE(product, usage), usd=PRICE(product, usage).usd * 7)

    comparison = report(run(call()), against=baseline({TEST: [profile()]}), price=dearer).comparison
    assert comparison.before_usd == comparison.after_usd == 24_500


def test_what_has_no_price_is_unknown_and_left_out_of_the_gate_on_both_sides():
    strange = profile(product=Product("acme", "secret"))

    def price(product, usage):
        return (unpriced if product.provider == "acme" else PRICE)(product, usage)

    features = settings(feature(tests=(TEST,)), feature("more", tests=(OTHER,)))
    known = baseline({TEST: [strange]})
    comparison = report(run(call(), call(test=OTHER)), features, known, price).comparison
    assert comparison.before_usd is None
    assert comparison.after_usd == 7_000
    assert comparison.gate_total() == (0, 0)


def test_without_a_baseline_there_is_no_comparison_and_the_report_says_why():
    got = report(run(call()))
    assert (got.comparison, got.no_comparison) == (None, "nothing to compare with")
    assert report(run(call()), against=baseline({})).no_comparison is None


def test_a_baseline_of_another_estimator_settles_nothing_but_is_compared():
    old = profile(1_000, counted_tokens=700)
    of = run(call(profile(1_000, counted_tokens=900)))
    settled = report(of, against=baseline({TEST: [old]}))
    assert settled.calls[0].call.stale_by == 200
    other = report(of, against=baseline({TEST: [old]}, estimator="e0"))
    assert other.calls[0].call.profile.usage.input_tokens == 1_000
    assert other.comparison.before_usd == other.comparison.after_usd
    assert ("estimator", "warning") in rules(other)


@pytest.mark.parametrize("precision", [3, 5, 28])
def test_the_gate_does_not_depend_on_the_callers_decimal_context(precision):
    changes = tuple(
        Change(name=str(n), before_usd=Decimal("123456.789012345678"), after_usd=Decimal("0.000000000001"))
        for n in range(3)
    )
    comparison = Comparison(
        source="", commit=None, per="month", before_usd=None, after_usd=None, features=(), gate=changes
    )
    with localcontext(Context(prec=precision)):
        assert comparison.gate_total() == (Decimal("370370.367037037034"), Decimal("0.000000000003"))
