"""A change that raises its own baseline: with a reason, without one, beyond it, and after its last day."""

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
    rules,
    run,
    settings,
    unpriced,
)

from pytest_llmcost.core.acceptance import accept, expired, still_accepted
from pytest_llmcost.core.against import Against
from pytest_llmcost.core.baseline import Acceptance
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.finding import Verdict
from pytest_llmcost.core.renewal import renew
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.worth import worth

DAY = "2026-11-26"
# 1,000 input tokens are $2,500 a month (or $0.0025 a run).


def accepted(before=2_500, after=5_000, *, until=None, on=DAY, by="Ada", reason="longer refund policy"):
    amounts = [None if usd is None else Decimal(usd) for usd in (before, after)]
    return Acceptance(on=on, by=by, reason=reason, before_usd=amounts[0], after_usd=amounts[1], until=until)


def of(tokens, *made, requests: int | None = 1_000_000, source="git:merge-base:main"):
    """A baseline of one test."""
    known = baseline({TEST: [profile(tokens, 0)]}, requests)
    return replace(known, accepted=made, source=source)


def report(now, before, proposed=None, *, price=PRICE, requests: int | None = 1_000_000, **changes):
    told = {name: changes.pop(name) for name in ("behind", "unread") if name in changes}
    against = Against(before, "", proposed=proposed and replace(proposed, source="llmcost-baseline.json"), **told)
    book = Book(price=price, prices=Prices(source="book", version="1", as_of=DAY))
    one = now if not isinstance(now, int) else run(call(profile(now, 0)), created_at=f"{DAY}T23:59:59+00:00")
    return build_report(one, settings(feature(requests=requests), **changes), against, book)


def message(got, rule):
    (found,) = [finding.message for finding in got.findings if finding.rule == rule]
    return found


def test_an_increase_accepted_in_the_change_passes_and_says_who_why_and_how_much():
    got = report(2_000, of(1_000), of(2_000, accepted()))
    assert got.verdict is Verdict.PASS
    (finding,) = got.findings
    assert (finding.rule, finding.severity.value, finding.actual) == ("accepted", "notice", "+$2,500.00")
    assert finding.message == (
        "+$2,500.00 a month accepted by Ada on 2026-11-26: longer refund policy ($2,500.00 → $5,000.00)"
    )


def test_the_comparison_that_is_shown_stays_with_the_baseline_before_the_change():
    comparison = report(2_000, of(1_000), of(2_000, accepted())).comparison
    assert (comparison.before_usd, comparison.after_usd, comparison.source) == (2_500, 5_000, "git:merge-base:main")
    assert comparison.gate_total() == (2_500, 5_000)


def test_an_acceptance_says_until_when_and_leaves_out_a_name_that_nobody_knows():
    got = report(2_000, of(1_000), of(2_000, accepted(None, until=DAY, by="")))
    assert message(got, "accepted") == (
        "? a month accepted on 2026-11-26: longer refund policy (? → $5,000.00), until 2026-11-26"
    )


def test_without_a_reason_the_raise_fails_as_before_and_is_told():
    got = report(2_000, of(1_000), of(2_000))
    assert rules(got) == [("regression", "error"), ("baseline-raised", "warning")]
    assert message(got, "baseline-raised") == (
        "this change raises its own baseline, $2,500.00 → $5,000.00 a month, without a reason; the comparison is with"
        " git:merge-base:main all the same; llmcost accept RUN --reason TEXT records one"
    )
    assert message(got, "regression").startswith("$2,500.00 → $5,000.00 a month (+100%), more than +10% allowed")


@pytest.mark.parametrize(("tokens", "fails"), [(2_200, False), (2_201, True)])
def test_what_goes_beyond_the_accepted_state_is_held_to_the_limits(tokens, fails):
    got = report(tokens, of(1_000), of(2_000, accepted()))
    assert ("regression", "error") in rules(got) or not fails
    assert (got.verdict is Verdict.FAIL) == fails
    if fails:
        assert message(got, "regression").startswith("accepted $5,000.00 → $5,502.50 a month (+10%), more than +10%")


@pytest.mark.parametrize(("proposed", "covers"), [(2_200, True), (2_201, False)])
def test_an_acceptance_does_not_stand_for_a_baseline_that_was_raised_again_after_it(proposed, covers):
    got = report(proposed, of(1_000), of(proposed, accepted()))
    assert (got.verdict is Verdict.PASS) == covers
    assert [rule for rule, _ in rules(got)] == (
        ["accepted"] if covers else ["regression", "baseline-raised", "accepted"]
    )
    if not covers:
        assert message(got, "baseline-raised").startswith(
            "this change raises its own baseline, $2,500.00 → $5,502.50 a month, beyond the $5,000.00 that was accepted"
        )
        assert message(got, "baseline-raised").endswith("; llmcost accept RUN --reason TEXT accepts the rest")


@pytest.mark.parametrize(("limit", "covers"), [("500", True), ("499.99", False)])
def test_a_limit_in_dollars_holds_for_a_baseline_that_was_raised_again(limit, covers):
    limits = {"max_increase_percent": None, "max_increase_usd": Decimal(limit)}
    got = report(2_200, of(1_000), of(2_200, accepted()), **limits)
    assert (got.verdict is Verdict.PASS) == covers


def test_an_acceptance_of_an_unknown_amount_is_believed():
    rows = (accepted(2_500, 2_600), accepted(2_600, None, reason="a model without a price"))
    assert rules(report(2_000, of(1_000), of(2_000, *rows))) == [("accepted", "notice")] * 2


def test_what_is_accepted_is_the_difference_of_the_run():
    said = accepted(None, None, until="2026-12-31")
    made = accept(report(2_000, of(1_000)), (), said)
    assert made == replace(said, before_usd=Decimal(2_500), after_usd=Decimal(5_000))
    assert accept(report(2_000, of(1_000), price=unpriced), (), said) == said
    assert accept(report(2_000, None), (), said) is None


@pytest.mark.parametrize(("now", "before"), [(2_000, 2_500), (1_001, 2_500), (1_000, 5_000)])
def test_what_is_accepted_anew_keeps_the_figure_from_before_it_was_first_accepted(now, before):
    """Unless the increase is gone by now: then nothing of it is accepted."""
    old = (accepted(until="2026-11-25", on="2026-11-01"), accepted(1, 2, on="2026-11-02", reason="for ever"))
    made = accept(report(now, of(2_000)), old, accepted(None, None, reason="again"))
    assert made.before_usd == before


def test_of_several_acceptances_in_one_change_the_highest_counts():
    made = (accepted(2_500, 5_000), accepted(5_000, 7_500, reason="tools"))
    for rows in (made, made[::-1]):
        got = report(3_000, of(1_000), of(3_000, *rows))
        assert (got.verdict, rules(got)) == (Verdict.PASS, [("accepted", "notice")] * 2)


def test_an_acceptance_that_was_there_before_the_change_does_not_help_it():
    old = accepted(1_000, 9_000, on="2026-10-01")
    got = report(2_000, of(1_000, old), of(2_000, old))
    assert rules(got) == [("regression", "error"), ("baseline-raised", "warning")]


def test_an_acceptance_whose_last_day_is_past_does_not_help():
    got = report(2_000, of(1_000), of(2_000, accepted(until="2026-11-25")))
    assert [rule for rule, _ in rules(got)] == ["acceptance-expired", "regression", "baseline-raised"]


def test_an_acceptance_does_not_make_a_change_fail_that_would_pass_without_it():
    """Its author lowered the baseline afterwards, and the run is above that, but not above the one before."""
    got = report(1_000, of(1_000), of(500, accepted()))
    assert rules(got) == [("accepted", "notice")]


def test_an_acceptance_does_not_lift_a_budget():
    from pytest_llmcost.core.budget import FeatureBudget

    tight = settings(feature(budget=FeatureBudget(monthly_usd=Decimal(4_000))))
    book = Book(price=PRICE, prices=Prices(source="book", version="1", as_of=DAY))
    against = Against(of(1_000), "", proposed=of(2_000, accepted()))
    got = build_report(run(call(profile(2_000, 0)), created_at=DAY), tight, against, book)
    assert rules(got) == [("budget.monthly_usd", "error"), ("accepted", "notice")]


@pytest.mark.parametrize(
    ("proposed", "told"),
    [(of(1_000), False), (of(900), False), (of(1_001), True), (of(1_000, requests=1_001_000), True)],
)
def test_a_baseline_that_is_not_dearer_is_not_raised(proposed, told):
    got = report(1_000, of(1_000), proposed, ignore_below_usd=Decimal("2.5"))
    assert rules(got) == ([("baseline-raised", "warning")] if told else [])


def test_a_raise_below_what_is_worth_a_word_is_not_told():
    assert rules(report(1_000, of(1_000), of(1_001), ignore_below_usd=Decimal("2.51"))) == []


def test_tests_that_the_change_adds_are_held_to_what_it_accepted():
    one = run(call(profile(1_000, 0)), call(profile(1_000, 0), test=OTHER), created_at=DAY)
    both = replace(of(0, accepted()), tests=baseline({TEST: [profile(1_000, 0)], OTHER: [profile(1_000, 0)]}).tests)
    assert rules(report(one, of(1_000), both)) == [("accepted", "notice")]


def test_a_test_that_gave_no_sample_keeps_its_figure_on_both_sides():
    one = run(call(profile(2_000, 0)), tests=[ran(), ran(OTHER, TestOutcome.FAILED)], created_at=DAY)
    known = replace(of(0), tests=baseline({TEST: [profile(1_000, 0)], OTHER: [profile(900, 0)]}).tests)
    raised = replace(of(0, accepted()), tests=baseline({TEST: [profile(2_000, 0)], OTHER: [profile(900, 0)]}).tests)
    assert rules(report(one, known, raised)) == [("accepted", "notice")]


def test_a_reason_that_somebody_has_written_into_the_file_by_hand_is_cut_to_the_length_of_a_reason():
    got = report(2_000, of(1_000), of(2_000, accepted(reason="x" * 9_000)))
    assert message(got, "accepted").count("x") == 300


def test_without_traffic_a_run_is_accepted():
    made = accepted("0.0025", "0.005")
    got = report(2_000, of(1_000, requests=None), of(2_000, made, requests=None), requests=None)
    assert rules(got) == [("accepted", "notice"), ("no-traffic", "notice")]
    assert message(got, "accepted").startswith("+$0.0025 a run accepted by Ada")
    bare = report(2_000, of(1_000, requests=None), of(2_000, requests=None), requests=None)
    assert "$0.0025 → $0.0050 a run, without a reason" in message(bare, "baseline-raised")


def test_what_has_no_price_is_neither_raised_nor_expired():
    got = report(2_000, of(1_000, accepted(until="2026-11-01", on="2026-10-01")), of(2_000), price=unpriced)
    assert rules(got) == [("unpriced", "error")]


@pytest.mark.parametrize(
    ("now", "until", "told"),
    [(2_000, "2026-11-25", True), (2_000, DAY, False), (2_000, None, False), (1_001, "2026-11-25", True),
     (1_000, "2026-11-25", False)],
)  # fmt: skip
def test_an_increase_that_outlives_its_last_day_fails(now, until, told):
    got = report(now, of(now, accepted(until=until, on="2026-11-01")))
    assert rules(got) == ([("acceptance-expired", "error")] if told else [])


def test_an_expired_acceptance_says_who_why_and_what_to_do():
    got = report(2_000, of(2_000, accepted(until="2026-11-25", on="2026-11-01", reason="launch")))
    assert message(got, "acceptance-expired") == (
        "accepted until 2026-11-25 by Ada (launch): still $5,000.00 a month, $2,500.00 before;"
        " bring it down, or accept it anew"
    )
    known = of(2_000, accepted(until="2026-11-25"))
    assert rules(report(2_000, known, fail_on=("budget",))) == [("acceptance-expired", "warning")]


def test_a_change_may_renew_or_prolong_an_expired_acceptance_and_may_not_just_drop_it():
    old = accepted(until="2026-11-25", on="2026-11-01")
    assert rules(report(2_000, of(2_000, old), of(2_000))) == [("acceptance-expired", "error")]
    renewed = report(2_000, of(2_000, old), of(2_000, old, accepted(reason="launch goes on")))
    assert rules(renewed) == [("accepted", "notice")]
    assert rules(report(2_000, of(2_000, old), of(2_000, replace(old, until=DAY)))) == [("accepted", "notice")]


def test_only_what_is_accepted_after_the_last_day_renews():
    old = accepted(until="2026-11-10", on="2026-11-01")
    meanwhile, since = accepted(on="2026-11-10", reason="tools"), accepted(on="2026-11-11", reason="launch goes on")
    assert expired([old, meanwhile], DAY) == (old,)
    assert expired([old, meanwhile, since], DAY) == ()
    assert expired([old], "2026-11-10") == ()


def test_a_promise_that_was_kept_is_dropped_and_the_rest_is_history():
    for_now, for_good = accepted(until="2026-12-31"), accepted()
    assert still_accepted([for_now, for_good], Decimal(2_501)) == (for_now, for_good)
    assert still_accepted([for_now, for_good], Decimal(2_500)) == (for_good,)
    assert still_accepted([for_now], None) == (for_now,)
    assert still_accepted([accepted(None, until=DAY)], Decimal(1)) != ()


@pytest.mark.parametrize(("now", "kept", "share"), [(2_000, 2, 0), (1_000, 1, 0), (1_000, 2, "0.01"), (800, 1, "0.25")])
def test_acceptances_survive_an_update_of_the_baseline(now, kept, share):
    """A promise is kept when the month is back at $2,500, with overheads and all."""
    old = of(2_000, accepted(), accepted(until="2026-12-31", reason="launch"))
    one = run(call(profile(now, 0)), created_at=DAY)
    overheads = {"retries": Decimal(share)}
    new = renew(old, one, report(one, old, overheads=overheads), settings(overheads=overheads), estimator="e1")
    assert new.accepted == old.accepted[:kept]


@pytest.mark.parametrize(("now", "told"), [(1_000, False), (2_000, True), (500, True)])
def test_an_old_baseline_is_told_where_something_has_moved(now, told):
    got = report(now, of(1_000), behind="it was last written 12 commits earlier (def5678)")
    assert (("baseline-age", "notice") in rules(got)) == told
    if told:
        assert message(got, "baseline-age") == (
            "it was last written 12 commits earlier (def5678): what was changed in between is part of the difference"
        )


def test_a_baseline_of_the_change_that_cannot_be_read_is_told_and_fails_nothing():
    got = report(1_000, of(1_000), unread="b.json holds git conflict markers: resolve the merge")
    assert rules(got) == [("baseline-unread", "warning")]
    assert message(got, "baseline-unread").endswith(
        "not looked at: b.json holds git conflict markers: resolve the merge"
    )


def test_a_baseline_is_worth_what_a_run_of_it_would_be_compared_with():
    known = replace(of(1_000), tests=baseline({TEST: [profile(1_000)], OTHER: [profile(3_000)]}).tests)
    scenario = settings().scenarios[0]
    assert worth(known, PRICE, scenario) == report(1_000, known).comparison.before_usd == 6_000
    dearer = replace(known, header=replace(known.header, overheads={"a": Decimal("0.1"), "b": Decimal("0.15")}))
    assert worth(dearer, PRICE, scenario) == report(1_000, dearer).comparison.before_usd == 7_500
    assert worth(known, PRICE, None) == worth(dearer, PRICE, None) == Decimal("0.012")
    assert worth(known, unpriced, scenario) is worth(known, unpriced, None) is None
    assert worth(replace(known, header=of(1, requests=None).header), PRICE, scenario) == 0
