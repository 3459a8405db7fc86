from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import OTHER, TEST, baseline, call, feature, profile, ran, report, run, settings

from pytest_llmcost.core.baseline import Entry
from pytest_llmcost.core.call import Cost, PricedCall
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.sampling import sample

FREE = Cost(Decimal(0), "free")
FILE = "tests/test_chat.py"
NOT_SAMPLES = [TestOutcome.FAILED, TestOutcome.SKIPPED, TestOutcome.XFAILED]


def sampled(of, known=None, chosen="chat"):
    return sample(of, [PricedCall(one, chosen, FREE) for one in of.calls], known)


def sizes(samples):
    """Tests, the input tokens of their calls, and a mark for those that are carried."""
    return [(one.test, [p.usage.input_tokens for p in one.profiles], one.carried) for one in samples]


@pytest.mark.parametrize("outcome", [TestOutcome.PASSED, TestOutcome.LIMIT])
def test_a_test_that_passed_or_broke_only_a_limit_is_a_sample(outcome):
    assert sizes(sampled(run(call(), tests=[ran(outcome=outcome)])).head) == [(TEST, [1_000], False)]


@pytest.mark.parametrize("outcome", NOT_SAMPLES)
def test_a_test_that_did_not_do_what_it_should_is_no_sample(outcome):
    assert sampled(run(call(), tests=[ran(outcome=outcome)])).head == ()


def test_several_calls_of_a_test_are_one_sample():
    assert sizes(sampled(run(call(profile(1)), call(profile(2), index=1))).head) == [(TEST, [1, 2], False)]


def test_of_reruns_the_last_attempt_is_the_sample():
    of = run(
        call(profile(1), attempt=1),
        call(profile(2), attempt=2),
        call(profile(3), attempt=3),
        tests=[ran(attempt=1, outcome=TestOutcome.FAILED), ran(attempt=2, outcome=TestOutcome.FAILED), ran(attempt=3)],
    )
    assert sizes(sampled(of).head) == [(TEST, [3], False)]
    assert sizes(sampled(replace(of, tests=of.tests[::-1])).head) == [(TEST, [3], False)]


def test_a_test_whose_last_attempt_failed_is_no_sample_although_an_earlier_one_passed():
    of = run(call(attempt=1), call(attempt=2), tests=[ran(attempt=1), ran(attempt=2, outcome=TestOutcome.FAILED)])
    assert sampled(of).head == ()


def test_evaluations_are_in_no_sample():
    assert sizes(sampled(run(call(profile(1)), call(profile(2), evaluation=True))).head) == [(TEST, [1], False)]
    assert sampled(run(call(evaluation=True))).head == ()


def test_calls_outside_of_tests_are_in_no_sample():
    assert sampled(run(call(test=None, phase="shared"), call(test=None, phase="collection"))).head == ()


def test_calls_without_a_feature_are_in_no_sample():
    of = run(call())
    assert sample(of, [PricedCall(of.calls[0], None, FREE)], None).head == ()


def test_a_test_that_serves_two_features_is_a_sample_of_each():
    of = run(call(profile(1)), call(profile(2)))
    priced = [PricedCall(one, name, FREE) for one, name in zip(of.calls, ("a", "b"), strict=True)]
    assert [(one.feature, len(one.profiles)) for one in sample(of, priced, None).head] == [("a", 1), ("b", 1)]


def test_a_sample_has_the_weight_of_its_test():
    (one,) = sampled(run(call(), tests=[ran(weight=Decimal("2.5"))])).head
    assert one.weight == Decimal("2.5")


def test_a_sample_knows_where_its_calls_were_made_and_a_baseline_does_not():
    of = run(call(call_site="a.py:1"), call(call_site=None, index=1), missing=frozenset({OTHER}))
    got = sampled(of, KNOWN)
    assert [one.sites for one in got.head] == [("a.py:1", None), ()]
    assert [one.sites for one in got.base] == [(), ()]


def test_without_a_baseline_nothing_is_added_or_removed():
    one = sampled(run(call()))
    assert (one.base, one.added, one.removed) == ((), frozenset(), frozenset())


KNOWN = baseline({TEST: [profile(10)], OTHER: [profile(20)]})


@pytest.mark.parametrize(
    "changes",
    [
        {"missing": frozenset({OTHER})},
        {"missing": frozenset({OTHER}), "searched": frozenset({FILE})},
        {},
        {"tests": [ran(), ran(OTHER, TestOutcome.FAILED)], "searched": frozenset({FILE})},
        {"tests": [ran(), ran(OTHER, TestOutcome.SKIPPED)]},
    ],
    ids=["deselected", "deselected from a file", "another file was asked for", "failed", "skipped"],
)
def test_a_test_that_gave_no_sample_keeps_the_baselines_figure(changes):
    one = sampled(run(call(profile(1)), **changes), KNOWN)
    assert sizes(one.head) == [(TEST, [1], False), (OTHER, [20], True)]
    assert (one.added, one.removed) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    "changes",
    [{"searched": frozenset({FILE})}, {"gone": frozenset({FILE})}, {"tests": [ran(), ran(OTHER)]}],
    ids=["no longer in its file", "its file is gone", "makes no call any more"],
)
def test_a_test_that_is_gone_or_makes_no_call_any_more_is_removed(changes):
    one = sampled(run(call(profile(1)), **changes), KNOWN)
    assert sizes(one.head) == [(TEST, [1], False)]
    assert one.removed == {OTHER}


def test_a_test_that_the_baseline_does_not_know_is_added():
    new = "tests/test_new.py::test_c"
    one = sampled(run(call(profile(1)), call(profile(3), test=new)), KNOWN)
    assert one.added == {new}
    assert sizes(one.head) == [(TEST, [1], False), (OTHER, [20], True), (new, [3], False)]


def test_the_common_samples_are_those_of_tests_on_both_sides():
    new = "tests/test_new.py::test_c"
    of = run(call(profile(1)), call(profile(3), test=new), gone=frozenset({FILE}))
    base, head = sampled(of, KNOWN).common()
    assert (sizes(base), sizes(head)) == ([(TEST, [10], False)], [(TEST, [1], False)])


def test_a_test_that_moved_to_another_feature_is_common_to_neither():
    base, head = sampled(run(call(), missing=frozenset({OTHER})), KNOWN, "search").common()
    assert (sizes(base), sizes(head)) == ([(OTHER, [20], False)], [(OTHER, [20], True)])


def renewed(of, known=None, chosen=None):
    chosen = chosen or settings()
    return renew(known, of, report(of, chosen, known), chosen, estimator="e1")


def test_a_renewed_baseline_has_what_was_sampled_and_keeps_what_was_not_run():
    new = renewed(run(call(profile(1)), missing=frozenset({OTHER})), KNOWN)
    assert {test: entry.calls for test, entry in new.tests.items()} == {TEST: (profile(1),), OTHER: (profile(20),)}
    assert list(new.tests) == sorted(new.tests)


def test_a_renewed_baseline_forgets_what_is_gone():
    assert list(renewed(run(call(), searched=frozenset({FILE})), KNOWN).tests) == [TEST]


@pytest.mark.parametrize("outcome", NOT_SAMPLES)
def test_a_test_that_failed_keeps_its_entry(outcome):
    of = run(call(profile(1)), tests=[ran(outcome=outcome)])
    assert renewed(of, KNOWN).tests == KNOWN.tests
    assert renewed(of).tests == {}


def test_a_baseline_keeps_calls_without_a_feature_and_no_evaluation():
    of = run(call(profile(1)), call(profile(2), evaluation=True, index=1))
    entry = renewed(of, chosen=settings(feature(tests=("elsewhere",)))).tests[TEST]
    assert entry == Entry(calls=(profile(1),), features=(None,), weight=Decimal(1))


def test_the_header_says_what_the_figures_rest_on():
    header = renewed(
        run(call(), plugin_version="9.9"),
        chosen=settings(feature(requests=70), feature("b", None), overheads={"retries": Decimal("0.10")}),
    ).header
    assert header.requests_per_month == {"chat": 70}
    assert header.scenarios["base"] == {"traffic": "1", "context_growth": "0.30", "caching": "true"}
    assert header.overheads == {"retries": Decimal("0.10")}
    assert list(header.scenarios) == ["measured", "base", "conservative", "aggressive"]
    assert (header.plugin_version, header.price_book, header.estimator) == ("9.9", "book 1", "e1")


@pytest.mark.parametrize("overheads", [{}, {"retries": Decimal("0.125")}])
def test_a_run_against_its_own_baseline_has_changed_nothing(overheads):
    of = run(call(profile(1_234)), call(profile(99), test=OTHER))
    chosen = settings(overheads=overheads)
    new = renewed(of, chosen=chosen)
    again = report(of, chosen, new)
    assert again.comparison.features[0].causes == ()
    assert again.comparison.before_usd == again.comparison.after_usd == again.scenarios["measured"].monthly_usd
    assert renewed(of, new).tests == new.tests
