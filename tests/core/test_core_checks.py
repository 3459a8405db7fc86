from dataclasses import replace
from decimal import Decimal

import pytest
from core_values import (
    OTHER,
    PRICE,
    TEST,
    baseline,
    call,
    feature,
    profile,
    ran,
    report,
    rules,
    run,
    settings,
    unpriced,
)

from pytest_llmcost.core.budget import FeatureBudget, RunBudget
from pytest_llmcost.core.call import Origin, Outcome, Product
from pytest_llmcost.core.compose import judged
from pytest_llmcost.core.finding import Finding, Severity, Verdict, ranked, verdict
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.usage import Provenance

STRANGE = Product("acme", "secret")


def sometimes(product, usage):
    return (unpriced if product.provider == "acme" else PRICE)(product, usage)


def one_finding(of, chosen=None, against=None, price=PRICE, rule=None):
    got = report(of, chosen, against, price)
    found = [finding for finding in got.findings if rule is None or finding.rule == rule]
    assert len(found) == 1, rules(got)
    assert (got.verdict is Verdict.FAIL) == any(each.severity is Severity.ERROR for each in got.findings)
    return found[0]


def failing_on(*groups, of=None):
    return settings(*(of or ()), fail_on=groups)


def test_a_run_with_nothing_to_say_passes():
    got = report(run(call()))
    assert (got.findings, got.verdict) == ((), Verdict.PASS)


def test_a_feature_that_no_test_samples_is_uncovered_and_never_free():
    nobody = settings(feature(tests=("elsewhere",)))
    got = report(run(call()), nobody)
    assert rules(got) == [("uncovered", "warning")]
    assert got.features[0].uncovered
    assert got.features[0].monthly_usd["measured"] is None
    assert got.scenarios["measured"].monthly_usd is None
    assert rules(report(run(call()), replace(nobody, fail_on=("uncovered",)))) == [("uncovered", "error")]


def test_an_uncovered_feature_is_in_no_total_of_the_others():
    got = report(run(call()), settings(feature(tests=(TEST,)), feature("lost", tests=("elsewhere",))))
    assert got.scenarios["measured"].monthly_usd == got.features[0].monthly_usd["measured"] == 3_500


def test_a_feature_without_traffic_cannot_be_uncovered():
    assert rules(report(run(call()), settings(feature(tests=(TEST,)), feature("b", None, tests=("elsewhere",))))) == []


@pytest.mark.parametrize("outcome", [TestOutcome.FAILED, TestOutcome.SKIPPED, TestOutcome.XFAILED])
def test_a_feature_whose_tests_all_failed_is_unsampled(outcome):
    of = run(call(), tests=[ran(outcome=outcome)])
    assert one_finding(of).severity is Severity.ERROR
    assert rules(report(of)) == [("unsampled", "error")]
    assert rules(report(of, failing_on("budget"))) == [("unsampled", "warning")]
    assert report(of).features[0].lost == 1


def test_a_feature_whose_tests_were_not_run_is_unsampled():
    assert rules(report(run(missing=frozenset({TEST})))) == [("unsampled", "error")]


def test_a_feature_that_lost_the_samples_of_its_baseline_is_unsampled():
    of = run(searched=frozenset({TEST.partition("::")[0]}))
    finding = one_finding(of, against=baseline({TEST: [profile()], OTHER: [profile()]}), rule="unsampled")
    assert "the baseline had 2 samples" in finding.message


def test_an_unsampled_feature_says_when_its_tests_ran_and_made_no_call():
    known = baseline({TEST: [profile()], OTHER: [profile()]})
    both = run(tests=[ran(), ran(OTHER)])
    finding = one_finding(both, against=known)
    assert finding.message == (
        "`chat` has no sample left (its 2 tests made no call): its cost is in no total; run or repair its tests"
    )
    one = run(tests=[ran()], searched=frozenset({TEST.partition("::")[0]}))
    assert "(its 1 test made no call)" in one_finding(one, against=known).message
    new = "tests/test_chat.py::test_new"
    failed = run(tests=[ran(), ran(OTHER), ran(new, TestOutcome.FAILED)])
    assert "(1 test of it ran without a sample, or not at all, and its 2 tests made no call)" in (
        one_finding(failed, against=known).message
    )


def test_a_feature_whose_samples_are_carried_is_sampled():
    of = run(call(), tests=[ran(outcome=TestOutcome.FAILED)])
    got = report(of, against=baseline({TEST: [profile()]}))
    assert rules(got) == []
    assert (got.features[0].samples, got.features[0].carried, got.features[0].lost) == (1, 1, 0)
    assert got.features[0].monthly_usd["measured"] == 3_500


def test_samples_without_weight_stand_for_nothing():
    got = report(run(call(), tests=[ran(weight=Decimal(0))]))
    assert rules(got) == [("uncovered", "warning")]


def test_an_unknown_price_fails_the_run_where_it_hides_a_month():
    of = run(call(profile(product=STRANGE)), call(profile(product=STRANGE), index=1))
    finding = one_finding(of, price=sometimes)
    assert (finding.rule, finding.severity, finding.subject) == ("unpriced", Severity.ERROR, "acme/secret")
    assert finding.message == "2 calls of `acme/secret`: no price: nobody knows it"
    assert rules(report(of, failing_on("budget"), price=sometimes)) == [("unpriced", "warning")]
    got = report(of, price=sometimes)
    assert got.features[0].cost_per_request_usd is None
    assert got.totals.unpriced_calls == 2


@pytest.mark.parametrize(
    "chosen",
    [settings(feature(tests=("tests/b.py",))), settings(feature(tests=("tests/b.py",)), feature("free", None))],
    ids=["no feature", "a feature without traffic"],
)
def test_an_unknown_price_elsewhere_is_a_warning(chosen):
    of = run(call(profile(product=STRANGE)), call(test="tests/b.py::test_b"))
    assert rules(report(of, chosen, price=sometimes)) == [("unpriced", "warning")]


def test_an_evaluation_without_a_price_is_a_warning():
    of = run(call(), call(profile(product=STRANGE), evaluation=True))
    assert rules(report(of, price=sometimes)) == [("unpriced", "warning")]


def test_a_carried_call_without_a_price_fails_the_run_too():
    """Its month is unknown, and no call of this run says so."""
    of = run(call(), missing=frozenset({OTHER}))
    got = report(of, against=baseline({TEST: [profile()], OTHER: [profile(product=STRANGE)]}), price=sometimes)
    assert rules(got) == [("unpriced", "error")]
    assert got.scenarios["measured"].monthly_usd is None


def test_a_refused_call_is_not_unpriced():
    assert rules(report(run(call(), call(outcome=Outcome.REFUSED)), price=PRICE)) == []


def test_two_features_with_equal_claim_are_an_error_and_the_call_is_in_neither():
    twins = settings(feature("a", tests=("tests/test_chat.py",)), feature("b", tests=("tests/test_chat*",)))
    twins = replace(twins, features=(*twins.features, feature("c", tests=(TEST,))))
    tie = replace(twins, features=(twins.features[0], feature("b", tests=("tests/test_chat.py*",))))
    finding = one_finding(run(call()), tie, rule="equal-claim")
    assert (finding.severity, finding.subject) == (Severity.ERROR, TEST)
    assert "`a` and `b`" in finding.message
    got = report(run(call()), tie)
    assert got.calls[0].feature is None
    assert not [rule for rule, _ in rules(report(run(call()), twins)) if rule == "equal-claim"]


def test_two_features_with_equal_claim_to_a_call_site_are_an_error():
    sites = [feature(name, tests=(), call_sites=("src/app.py",)) for name in "ab"]
    finding = one_finding(run(call()), settings(*sites), rule="equal-claim")
    assert finding.location == "src/app.py:7"


def stale():
    return run(call(profile(1_000, counted_tokens=1_200)))


@pytest.mark.parametrize(("fail_on", "severity"), [((), "notice"), (("stale-reply",), "error")])
def test_a_stale_reply_is_a_notice_unless_it_is_to_fail(fail_on, severity):
    got = report(stale(), failing_on(*fail_on), baseline({TEST: [profile(1_000)]}))
    assert ("stale-reply", severity) in rules(got)


def test_a_stale_reply_says_whether_it_was_counted_in_and_what_to_renew():
    adjusted = one_finding(stale(), against=baseline({TEST: [profile(1_000)]}), rule="stale-reply")
    assert adjusted.message.startswith("1 reply older than or foreign to the request (worst: +200 input tokens)")
    assert adjusted.message.endswith(f"counted in; renew the recordings of `{TEST}`")
    assert (adjusted.subject, adjusted.location) == ("chat", "src/app.py:7")
    doubted = one_finding(stale(), rule="stale-reply")
    assert doubted.message.endswith(f"left as reported; renew the recordings, or the mocks of `{TEST}`")


def test_an_input_that_was_counted_in_is_told_although_the_output_is_an_estimate():
    left = run(call(profile(1_000, counted_tokens=1_200, usage_source=Provenance.SCALED)))
    told = [one.message for one in report(left, against=baseline({TEST: [profile(1_000)]})).findings]
    assert any("counted in; renew" in message for message in told)


def test_a_stale_reply_names_cassettes_and_mocks_with_the_difference_of_each():
    cassette = "tests/cassettes/chat.yaml"
    counted = ((2_000, cassette), (2_100, cassette), (1_800, "respx"))
    calls = [
        call(profile(1_000, counted_tokens=tokens), index=index, replayed_by=by)
        for index, (tokens, by) in enumerate(counted)
    ]
    got = one_finding(run(*calls), rule="stale-reply")
    assert got.message.endswith(f"the replies are of `{cassette}` (+1,100), `respx` (+800)")


@pytest.mark.parametrize(("fail_on", "severity"), [((), "notice"), (("estimated",), "error")])
def test_estimated_tokens_are_a_notice_unless_they_are_to_fail(fail_on, severity):
    guess = call(profile(usage_source=Provenance.SCALED, reported_tokens=None))
    finding = one_finding(run(guess, call(index=1)), failing_on(*fail_on))
    assert (finding.rule, finding.severity.value) == ("estimated", severity)
    assert "1 of 2 calls" in finding.message


@pytest.mark.parametrize("source", [Provenance.REPORTED, Provenance.COUNTED, Provenance.ADJUSTED])
def test_tokens_that_are_reported_or_counted_are_no_estimates(source):
    assert report(run(call(profile(usage_source=source))), failing_on("estimated")).findings == ()


def test_a_live_call_is_an_error_only_where_it_is_to_fail():
    of = run(call(origin=Origin.LIVE), call(test=OTHER), call(origin=Origin.LOCAL, test=OTHER))
    assert rules(report(of)) == []
    finding = one_finding(of, failing_on("live"))
    assert (finding.rule, finding.severity, finding.subject) == ("live", Severity.ERROR, TEST)


def test_without_any_traffic_one_line_says_how_to_declare_it():
    for chosen in (settings(feature(requests=None)), replace(settings(), features=())):
        finding = one_finding(run(call()), chosen)
        assert (finding.rule, finding.severity) == ("no-traffic", Severity.NOTICE)
        assert "\n" not in finding.message


def finding(severity, rule="budget.calls", subject="a", message="m", location=None):
    return Finding(rule=rule, severity=severity, subject=subject, message=message, location=location)


def test_an_error_is_what_fails():
    assert verdict([]) is Verdict.PASS
    assert verdict([finding(Severity.WARNING), finding(Severity.NOTICE)]) is Verdict.PASS
    assert verdict([finding(Severity.NOTICE), finding(Severity.ERROR)]) is Verdict.FAIL


def test_findings_are_ranked_worst_first_and_told_once():
    errors = [finding(Severity.ERROR, "a"), finding(Severity.ERROR, "b", "a"), finding(Severity.ERROR, "b", "b")]
    others = [
        finding(Severity.WARNING, "a"),
        finding(Severity.NOTICE, "a"),
        finding(Severity.NOTICE, "a", location="x"),
    ]
    assert ranked([*others[::-1], *errors, *errors[::-1]]) == (*errors, *others)


def test_what_the_session_noticed_counts_in_the_verdict():
    broken = finding(Severity.ERROR, "limit.max_calls")
    got = report(run(call(), findings=(broken,)))
    assert (got.findings, got.verdict) == ((broken,), Verdict.FAIL)
    assert judged(got, ()).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("then", "feature_moved", "total_moved"),
    [(0, ": $2,500.00 → $5,000.00", ": $2,500.00 → $6,000.00"), ("0.1", "", ": $2,750.00 → $6,000.00")],
)
def test_a_broken_budget_says_what_it_was_where_that_is_of_the_same_kind(then, feature_moved, total_moved):
    """A feature's budget is about inference, and that of the application about overheads too."""
    limits = feature(budget=FeatureBudget(monthly_usd=Decimal(1)))
    chosen = settings(limits, budget=RunBudget(monthly_usd=Decimal(1)), overheads={"retries": Decimal("0.2")})
    known = baseline({TEST: [profile(1_000, 0)]})
    known = replace(known, header=replace(known.header, overheads={"retries": Decimal(then)}))
    got = report(run(call(profile(2_000, 0))), chosen, known)
    found = {one.subject: one.message for one in got.findings if one.rule == "budget.monthly_usd"}
    assert found["chat"].endswith(f"(dollars a month{feature_moved})")
    assert found["total"].endswith(f"(dollars a month{total_moved})")


def test_a_budget_does_not_tell_of_a_move_in_the_last_digit():
    chosen = settings(
        feature(requests=333_333, tests=(TEST,)),
        feature("more", 7, tests=(OTHER,)),
        budget=RunBudget(monthly_usd=Decimal(1)),
        overheads={"a": Decimal("0.1234567"), "b": Decimal("0.0000003")},
    )
    of = run(call(profile(1_111, 7)), call(profile(1_003, 1), test=OTHER), call(profile(77, 1), index=1))
    new = renew(None, of, report(of, chosen), chosen, estimator="e1")
    assert one_finding(of, chosen, new).message.endswith("(dollars a month)")


def test_input_that_nobody_could_read_is_told():
    blind = profile(0, 20, usage_source=Provenance.COUNTED, blocks=())
    told = [one for one in report(run(call(blind)), settings(feature())).findings if one.rule == "not-captured"]
    assert [(one.subject, one.severity) for one in told] == [("input", Severity.WARNING)]
    assert "1 request of" in told[0].message
    assert "not-captured" not in rules(report(run(call(profile(0, 20))), settings(feature())))
