"""What live outputs moved, and what that means for the gate."""

from decimal import Decimal
from fractions import Fraction

import pytest
from core_values import (
    PRICE,
    baseline,
    call,
    changed,
    feature,
    profile,
    ran,
    rates,
    report,
    rules,
    run,
    settings,
    unpriced,
)
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pytest_llmcost.core.assumptions import Assumptions
from pytest_llmcost.core.call import Origin, Product
from pytest_llmcost.core.live import noises
from pytest_llmcost.core.pairing import pairs
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.sampling import last_attempts, sample
from pytest_llmcost.core.scenario import Scenario
from pytest_llmcost.core.usage import Usage

# A call of 1,000 tokens in and 100 out costs $0.0035; 1,000,000 a month are $3,500.
# 100 output tokens more in one of ten tests are $100.00 a month.


def names(count):
    return [f"tests/test_chat.py::test_{number:03}" for number in range(count)]


def outputs(*tokens, origin=Origin.LIVE, size=1_000, chosen=None, **changes):
    """A run whose nth test makes one call with this much output; each had 100 tokens of it in the baseline."""
    tests = names(len(tokens))
    calls = [call(profile(size, count), test=test, origin=origin) for test, count in zip(tests, tokens, strict=True)]
    return report(run(*calls), chosen or settings(), baseline({test: [profile()] for test in tests}), **changes)


def the(rule, got):
    (finding,) = [one for one in got.findings if one.rule == rule]
    return finding


def test_an_increase_of_live_outputs_within_noise_is_no_regression():
    """One answer of ten is long: +29 %."""
    got = outputs(*[100] * 9, 1_100)
    assert got.comparison.gate_total() == (3_500, 4_500)
    assert rules(got) == [("noise", "notice")]
    finding = the("noise", got)
    assert (finding.subject, finding.actual) == ("chat", "+$1,000.00")
    assert finding.message == (
        "`chat`: outputs of live calls moved +$1,000.00 a month, within noise"
        " (95%: $0.00 to +$3,000.00 over 10 tests; smaller than $2,800.00 could not have been seen)"
    )


@pytest.mark.parametrize("origin", [Origin.REPLAYED, Origin.LOCAL, Origin.FAKE, Origin.RECORDED])
def test_outputs_of_calls_that_are_not_live_are_compared_exactly(origin):
    got = outputs(*[100] * 9, 1_100, origin=origin)
    assert rules(got) == [("regression", "error")]


def test_an_increase_of_live_outputs_beyond_noise_counts():
    got = outputs(190, 200, 210, 220, 180, 200)
    assert rules(got) == [("regression", "error"), ("noise", "notice")]
    assert "moved +$1,000.00 a month, more than noise (95%: +$" in the("noise", got).message
    assert the("regression", got).actual == "+$1,000.00 (+29%)"


def test_with_fewer_than_five_tests_an_increase_counts_and_the_notice_says_why():
    got = outputs(100, 100, 100, 1_100)
    assert rules(got) == [("regression", "error"), ("noise", "notice")]
    assert the("noise", got).message == (
        "`chat`: outputs of live calls moved +$2,500.00 a month over 4 tests: too few samples to tell it from noise,"
        " so it counts; 5 would do"
    )


def test_longer_inputs_of_live_calls_are_never_noise():
    got = outputs(*[100] * 10, size=1_200)
    assert rules(got) == [("regression", "error")]


def test_only_the_part_that_outputs_moved_is_left_out():
    """Inputs: +$500; outputs within noise: +$1,000."""
    got = outputs(*[100] * 9, 1_100, size=1_200)
    assert rules(got) == [("regression", "error"), ("noise", "notice")]
    finding = the("regression", got)
    assert finding.actual == "+$500.00 (+14%)"
    assert finding.message == (
        "$3,500.00 → $4,000.00 a month (+14%), more than +10% allowed: `chat` $3,500.00 → $4,000.00"
        " (without +$1,000.00 of live outputs within noise)"
    )


def test_shorter_outputs_within_noise_hide_no_longer_input():
    """The verdict on the same change does not depend on what the model happened to answer."""
    got = outputs(*[100] * 9, 0, size=1_200)
    tokens = outputs(*[100] * 9, 100, size=1_200)
    assert the("regression", got).actual == the("regression", tokens).actual == "+$500.00 (+14%)"


def test_the_limit_in_dollars_leaves_noise_out_too():
    chosen = settings(max_increase_percent=None, max_increase_usd=Decimal(900))
    assert rules(outputs(*[100] * 9, 1_100, chosen=chosen)) == [("noise", "notice")]
    assert rules(outputs(*[200] * 10, chosen=chosen)) == [("regression", "error"), ("noise", "notice")]


def test_budgets_are_absolute():
    budget = changed(settings().budget, monthly_usd=Decimal(4_000))
    assert ("budget.monthly_usd", "error") in rules(outputs(*[100] * 9, 1_100, chosen=settings(budget=budget)))


def test_tests_without_live_calls_dilute_what_the_others_moved():
    """Ten tests, five of them live: +1,000 tokens in one of ten are $1,000 a month, whoever the others are."""
    tests = names(10)
    calls = [call(test=test, origin=Origin.REPLAYED) for test in tests[:5]]
    calls += [
        call(profile(1_000, 1_100 if test == tests[9] else 100), test=test, origin=Origin.LIVE) for test in tests[5:]
    ]
    got = report(run(*calls), against=baseline({test: [profile()] for test in tests}))
    assert the("noise", got).message.startswith("`chat`: outputs of live calls moved +$1,000.00 a month, within noise")
    assert "over 5 tests" in the("noise", got).message


def test_a_test_that_is_carried_or_new_is_no_pair():
    tests = names(7)
    calls = [call(profile(1_000, 100 + 100 * n), test=test, origin=Origin.LIVE) for n, test in enumerate(tests)]
    ended = [ran(test, TestOutcome.FAILED if test == tests[0] else TestOutcome.PASSED) for test in tests]
    got = report(run(*calls, tests=ended), against=baseline({test: [profile()] for test in tests[:6]}))
    assert "over 5 tests" in the("noise", got).message
    # 100 + 200 + 300 + 400 + 500 tokens over six samples, of which one is carried
    assert the("noise", got).actual == "+$2,500.00"


def test_without_traffic_a_run_has_its_noise():
    tests = names(6)
    calls = [call(profile(1_000, 100 if n else 1_100), test=test, origin=Origin.LIVE) for n, test in enumerate(tests)]
    got = report(run(*calls), settings(feature(requests=None)), baseline({test: [profile()] for test in tests}, None))
    assert rules(got) == [("no-traffic", "notice"), ("noise", "notice")]
    assert the("noise", got).subject == "total"
    assert the("noise", got).actual == "+$0.010"
    assert "moved +$0.010 a run, within noise" in the("noise", got).message


def test_what_has_no_price_has_no_noise():
    tests = names(6)
    strange = Product("acme", "secret")
    calls = [call(profile(1_000, 200 + n, product=strange), test=t, origin=Origin.LIVE) for n, t in enumerate(tests)]
    got = report(run(*calls), against=baseline({t: [profile()] for t in tests}), price=unpriced)
    assert ("noise", "notice") not in rules(got)


@pytest.mark.parametrize("requests", [1_000_000, None], ids=["a month", "a run"])
def test_what_the_gate_leaves_out_for_want_of_a_price_has_no_noise(requests):
    """The model of the baseline has no price, that of now has one."""
    tests = names(6)
    strange = Product("acme", "secret")
    calls = [call(profile(1_000, 100 if n else 1_100), test=t, origin=Origin.LIVE) for n, t in enumerate(tests)]
    known = baseline({t: [profile(product=strange)] for t in tests}, requests)

    def price(product, usage):
        return (unpriced if product == strange else PRICE)(product, usage)

    got = report(run(*calls), settings(feature(requests=requests)), known, price)
    assert got.comparison.gate_total() == (0, 0)
    assert ("noise", "notice") not in rules(got)


def test_output_has_the_price_that_the_scenario_gives_it():
    """Above 1,200 tokens of input it is dearer, and the scenario adds 30% to 1,000."""
    tests = names(5)
    calls = [call(profile(1_000, 200), test=test, origin=Origin.LIVE) for test in tests]

    def price(product, usage):
        return rates("2.50", "20" if usage.input_tokens > 1_200 else "10")(product, usage)

    known = baseline({test: [profile()] for test in tests})
    for scenario, moved in (("measured", "+$1,000.00"), ("base", "+$2,000.00")):
        assert the("noise", report(run(*calls), settings(scenario=scenario), known, price)).actual == moved


def test_a_live_call_without_partner_counts_with_its_output_alone():
    """A second call in each test: 100 output tokens are $1,000 a month, and its input is not noise."""
    tests = names(6)
    calls = [call(profile(1_000, 100), test=t, index=i, origin=Origin.LIVE) for t in tests for i in (0, 1)]
    got = report(run(*calls), against=baseline({t: [profile()] for t in tests}))
    assert the("noise", got).actual == "+$1,000.00"
    gone = report(
        run(*[one for one in calls if one.index == 0]), against=baseline({t: [profile(), profile()] for t in tests})
    )
    assert the("noise", gone).actual == "-$1,000.00"


def test_a_call_that_is_made_no_more_beside_a_replayed_one_is_no_noise():
    tests = names(6)
    calls = [
        call(profile(1_000, 100), test=t, index=i, origin=(Origin.LIVE, Origin.REPLAYED)[i])
        for t in tests
        for i in (0, 1)
    ]
    got = report(run(*calls), against=baseline({t: [profile()] * 3 for t in tests}))
    assert ("noise", "notice") not in rules(got)


def test_reasoning_is_output():
    def price(product, usage):
        plain = PRICE(product, usage)
        return changed(plain, usd=plain.usd + Decimal(usage.reasoning_tokens or 0) / 1_000)

    tests = names(5)
    thought = [profile(usage=Usage(input_tokens=1_000, output_tokens=100, reasoning_tokens=n)) for n in range(1, 6)]
    calls = [call(one, test=test, origin=Origin.LIVE) for test, one in zip(tests, thought, strict=True)]
    got = report(run(*calls), against=baseline({test: [profile()] for test in tests}), price=price)
    assert the("noise", got).actual == "+$3,000.00"


counted = st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 5_000), st.booleans()), min_size=5, max_size=9)


@hypothesis_settings(max_examples=40)
@given(
    counted,
    st.sampled_from([1, 3, 333_333]),
    st.sampled_from([Decimal(0), Decimal("0.3")]),
    st.sampled_from([Decimal(0), Decimal("0.35")]),
)
def test_without_its_noise_a_month_is_that_of_the_outputs_of_the_baseline(tokens, requests, growth, share):
    """To the last digit but one: each is rounded once."""
    tests = names(len(tokens))
    scenario = Scenario(name="s", traffic=Decimal("0.7"), context_growth=growth, caching=False)
    chosen = settings(
        feature(requests=requests),
        scenario="s",
        scenarios=(*settings().scenarios, scenario),
        overheads={"retries": share},
    )
    known = baseline({test: [profile(1_000, then)] for test, (then, _, _) in zip(tests, tokens, strict=True)}, requests)
    price = rates("3", "7.77")

    def judge(*, quiet):
        rows = zip(tests, tokens, strict=True)
        calls = [
            call(
                profile(2_000, then if quiet and live else now),
                test=test,
                origin=Origin.LIVE if live else Origin.REPLAYED,
            )
            for test, (then, now, live) in rows
        ]
        this = run(*calls)
        got = report(this, chosen, known, price)
        declared = {"chat": Fraction(requests)}
        now = Assumptions(scenario=scenario, requests=declared, price=price, overheads=Fraction(share))
        found = noises(
            pairs(got.calls, last_attempts(this.tests), known), got.comparison, sample(this, got.calls, known), now
        )
        return got.comparison.gate_total()[1], sum(one.seen_usd for one in found)

    (loud, seen), (quiet, none) = judge(quiet=False), judge(quiet=True)
    assert none == 0
    assert abs(loud - seen - quiet) <= Decimal("1e-12")
