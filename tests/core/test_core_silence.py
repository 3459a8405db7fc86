"""Silence: calls, usage and limits that the baseline had and a run has no more."""

import pytest
from core_values import OTHER, PRICE, TEST, baseline, call, changed, feature, profile, ran, report, rules, run, settings

from pytest_llmcost.core.against import Against
from pytest_llmcost.core.baseline import Entry
from pytest_llmcost.core.call import Outcome, Product
from pytest_llmcost.core.compose import Book, build_report
from pytest_llmcost.core.finding import Severity
from pytest_llmcost.core.report import Prices
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.usage import Provenance, Usage

FILE = TEST.partition("::")[0]
LOUD = f"{FILE}::test_loud"
NO_FEATURE = settings(feature(tests=("elsewhere",), requests=None))


def the(rule, got):
    (finding,) = [one for one in got.findings if one.rule == rule]
    return finding


def has(rule, got):
    return rule in {one.rule for one in got.findings}


def names_of(count):
    return [f"{FILE}::test_{number}" for number in range(count)]


def quiet(*names, fail_on=("unsampled",), requests: int | None = 1_000_000, **changes):
    """A run in which one test calls as ever, and the named ones do nothing at all."""
    known = baseline({test: [profile()] for test in (LOUD, *names)}, requests)
    of = run(call(test=LOUD), tests=[ran(LOUD), *map(ran, names)], **changes)
    return report(of, settings(feature(requests=requests), fail_on=fail_on), known)


def test_a_test_that_calls_nothing_any_more_is_silent():
    got = quiet(TEST)
    assert rules(got) == [("silent", "error")]
    finding = the("silent", got)
    assert (finding.subject, finding.location) == ("chat", TEST)
    assert finding.message == (
        f"`chat`: `{TEST}` passed without a call, where the baseline had some: the figures leave it out; repair it,"
        " or write a new baseline with --llmcost-update-baseline"
    )
    assert rules(quiet(TEST, fail_on=())) == [("silent", "warning")]


def test_a_test_that_the_baseline_of_the_change_has_dropped_is_meant_to_be_silent():
    known, mine = (baseline({test: [profile()] for test in tests}) for tests in ((LOUD, TEST, OTHER), (LOUD, OTHER)))
    of = run(call(test=LOUD), tests=[ran(LOUD), ran(TEST), ran(OTHER)])
    book = Book(price=PRICE, prices=Prices(source="book", version="1", as_of="2026-11-21"))
    got = build_report(of, settings(), Against(known, proposed=mine), book)
    assert the("silent", got).message.startswith(f"`chat`: `{OTHER}` passed without a call")


def test_three_silent_tests_are_named_and_the_rest_is_counted():
    names = names_of(5)
    assert the("silent", quiet(*names)).message.startswith(
        f"`chat`: `{names[0]}`, `{names[1]}`, `{names[2]}` and 2 more passed without a call"
    )


def test_each_feature_has_its_own_silence():
    features = settings(feature("a", tests=(FILE,)), feature("b", tests=("tests/b.py",)))
    known = baseline({test: [profile()] for test in (LOUD, TEST, "tests/b.py::test_x", "tests/b.py::test_y")})
    served = {
        test: Entry(calls=one.calls, features=("b" if "b.py" in test else "a",)) for test, one in known.tests.items()
    }
    of = run(
        call(test=LOUD),
        call(test="tests/b.py::test_x"),
        tests=[ran(LOUD), ran(TEST), ran("tests/b.py::test_x"), ran("tests/b.py::test_y")],
    )
    got = report(of, features, changed(known, tests=served))
    assert [(one.subject, one.location) for one in got.findings if one.rule == "silent"] == [
        ("a", TEST),
        ("b", "tests/b.py::test_y"),
    ]


def test_a_deleted_test_is_not_silent():
    known = baseline({LOUD: [profile()], TEST: [profile()]})
    got = report(run(call(test=LOUD), searched=frozenset({FILE})), against=known)
    assert got.comparison.removed == (TEST,)
    assert rules(got) == []


@pytest.mark.parametrize("outcome", [TestOutcome.FAILED, TestOutcome.SKIPPED, TestOutcome.XFAILED, TestOutcome.UNREAD])
def test_a_test_that_did_not_do_what_it_should_is_not_silent(outcome):
    known = baseline({LOUD: [profile()], TEST: [profile()]})
    assert rules(report(run(call(test=LOUD), tests=[ran(LOUD), ran(TEST, outcome)]), against=known)) == []


def test_a_feature_that_is_silent_as_a_whole_is_told_once():
    got = report(run(tests=[ran()]), against=baseline({TEST: [profile()]}))
    assert rules(got) == [("unsampled", "error")]


def test_silence_without_traffic_is_a_warning():
    assert ("silent", "warning") in rules(quiet(TEST, requests=None))
    known = baseline({TEST: [profile()]}, None)
    served = {TEST: Entry(calls=(profile(),), features=(None,))}
    got = report(run(tests=[ran()]), NO_FEATURE, changed(known, tests=served))
    finding = the("silent", got)
    assert (finding.severity, finding.subject) == (Severity.WARNING, TEST)
    assert finding.message.startswith(f"`{TEST}` passed without a call")


def unreported(after, before, chosen=None, **changes):
    calls = [call(one, index=number, **changes) for number, one in enumerate(after)]
    return report(run(*calls), chosen, baseline({TEST: before}))


REPORTED = profile()
COUNTED = profile(usage_source=Provenance.COUNTED, reported_tokens=None, reported_for=None)
SCALED = changed(COUNTED, usage_source=Provenance.SCALED)
LEFT = profile(usage_source=Provenance.SCALED)
"""A stream that was left early: its input is reported, its output is not."""
DECLARED = changed(COUNTED, usage_source=Provenance.DECLARED)
ADJUSTED = profile(usage_source=Provenance.ADJUSTED)


@pytest.mark.parametrize(
    ("after", "before", "tells"),
    [
        ([COUNTED], [REPORTED], True),
        ([SCALED], [REPORTED], True),
        ([LEFT], [REPORTED], False),
        ([COUNTED], [ADJUSTED], True),
        ([REPORTED, COUNTED], [REPORTED, REPORTED], True),
        ([COUNTED], [REPORTED, REPORTED], True),
        ([REPORTED], [REPORTED], False),
        ([ADJUSTED], [REPORTED], False),
        ([DECLARED], [REPORTED], False),
        ([COUNTED], [COUNTED], False),
        ([SCALED], [COUNTED], False),
        ([REPORTED], [COUNTED], False),
        ([REPORTED, COUNTED], [REPORTED], False),
        ([REPORTED, COUNTED], [REPORTED, COUNTED], False),
        ([COUNTED], [REPORTED, COUNTED], False),
    ],
)
def test_usage_that_is_reported_no_more_is_told(after, before, tells):
    assert has("unreported", unreported(after, before)) == tells


def test_usage_that_is_reported_no_more_says_where_and_what_to_do():
    finding = the("unreported", unreported([COUNTED], [REPORTED]))
    assert (finding.severity, finding.subject, finding.location) == (Severity.WARNING, "chat", "src/app.py:7")
    assert finding.message == (
        f"`chat`: replies in `{TEST}` no longer report their usage, so their tokens are counted by us;"
        " put the usage back into the mock, or ask the provider for it"
    )


def test_usage_is_missed_without_traffic_and_without_a_feature_too():
    assert has("unreported", unreported([COUNTED], [REPORTED], settings(feature(requests=None))))
    known = changed(baseline({TEST: []}), tests={TEST: Entry(calls=(REPORTED,), features=(None,))})
    got = report(run(call(COUNTED, call_site=None)), NO_FEATURE, known)
    finding = the("unreported", got)
    assert (finding.subject, finding.location) == (TEST, TEST)
    assert finding.message.startswith(f"replies in `{TEST}` no longer")


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.REFUSED])
def test_a_reply_that_is_an_error_reports_nothing_and_is_no_silence(outcome):
    assert not has("unreported", unreported([COUNTED], [REPORTED], outcome=outcome))


def test_a_test_that_failed_has_not_fallen_silent():
    of = run(call(changed(COUNTED, output_limit=None)), tests=[ran(outcome=TestOutcome.FAILED)])
    assert rules(report(of, against=baseline({TEST: [changed(REPORTED, output_limit=5)]}))) == []


LIMITED = profile(output_limit=500)


def unlimited(after, before, **changes):
    return unreported(after, before, **changes)


def test_an_output_limit_that_was_removed_is_told():
    got = unlimited([profile()], [LIMITED])
    assert rules(got) == [("output-limit", "warning")]
    finding = the("output-limit", got)
    assert (finding.subject, finding.limit, finding.location) == ("chat", "500", "src/app.py:7")
    assert finding.message == (
        "`chat` at src/app.py:7 no longer limits its output (was 500 tokens): a long answer has no ceiling"
    )


@pytest.mark.parametrize(
    ("after", "before"),
    [
        ([profile(output_limit=9_000)], [LIMITED]),
        ([profile(output_limit=1)], [LIMITED]),
        ([LIMITED], [profile()]),
        ([profile()], [profile()]),
        ([LIMITED, profile(2_000)], [LIMITED]),
        ([profile(2_000), LIMITED], [LIMITED, profile(2_000)]),
        ([LIMITED], [LIMITED, LIMITED]),
    ],
    ids=["raised", "lowered", "new", "never", "one more call", "another order", "one call fewer"],
)
def test_no_other_change_of_limits_is_told(after, before):
    assert not has("output-limit", unlimited(after, before))


def test_a_call_is_found_again_by_its_prompt_then_its_product_then_its_operation():
    other = Product("acme", "m")
    asked = [profile(1), profile(2, product=other), profile(3, product=Product("acme", "new"))]
    before = [
        profile(7, output_limit=30, product=Product("acme", "old")),
        profile(1, output_limit=10),
        profile(6, output_limit=20, product=other),
    ]
    for wanted, single in ((30, 2), (10, 0), (20, 1)):
        after = [changed(one, output_limit=None if number == single else 5) for number, one in enumerate(asked)]
        assert the("output-limit", unlimited(after, before)).limit == str(wanted)


def test_one_call_site_is_told_once_with_its_highest_limit():
    calls = [call(profile(), test=test, call_site=site) for test in (TEST, OTHER) for site in ("a.py:1", "b.py:2")]
    calls = [changed(one, index=number % 2) for number, one in enumerate(calls)]
    known = baseline({TEST: [LIMITED, LIMITED], OTHER: [profile(output_limit=1_000), LIMITED]})
    got = report(run(*calls), against=known)
    assert [(one.location, one.limit) for one in got.findings if one.rule == "output-limit"] == [
        ("a.py:1", "1,000"),
        ("b.py:2", "500"),
    ]


def test_a_limit_is_missed_without_a_feature_and_without_a_call_site():
    known = changed(baseline({TEST: []}), tests={TEST: Entry(calls=(LIMITED,), features=(None,))})
    finding = the("output-limit", report(run(call(call_site=None)), NO_FEATURE, known))
    assert (finding.subject, finding.location) == (TEST, TEST)
    assert finding.message.startswith(f"`{TEST}` no longer limits its output")


def test_usage_of_an_evaluation_is_none_of_these():
    of = run(call(), call(changed(COUNTED, usage=Usage(input_tokens=5)), index=1, evaluation=True))
    assert rules(report(of, against=baseline({TEST: [LIMITED]}))) == [("output-limit", "warning")]
