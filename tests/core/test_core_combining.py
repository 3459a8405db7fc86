"""Combining runs: in any order, in any grouping, each part once; one sample per test, and nothing spent is lost."""

from itertools import permutations

import core_values as v
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.combining import combine
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.run import Origins, Part, Run, TestOutcome, Turn

TESTS = ["a.py::test_1", "a.py::test_2", "b.py::test_3"]
OUTCOMES = [TestOutcome.PASSED, TestOutcome.FAILED, TestOutcome.SKIPPED]


def part(name, **changes):
    values = {"created_at": "2026-11-21T09:30:00+00:00", "plugin_version": "1", "estimator": "e1"}
    return Part(id=name, **(values | changes))


def job(name, *calls, tests=None, **changes):
    """The run of one job."""
    own = changes.pop("part", None) or part(name)
    return v.run(
        *calls, tests=tests, created_at=own.created_at, plugin_version="1", origins=own.origins, parts=(own,), **changes
    )


def live(tokens=1_000, **changes):
    return v.call(v.profile(tokens), origin=Origin.LIVE, **changes)


def replayed(tokens=1_000, **changes):
    return v.call(v.profile(tokens), **changes)


@st.composite
def jobs(draw):
    """A few jobs over the same few tests; some attempts, some calls, live and replayed, and calls of fixtures."""
    number = draw(st.integers(1, 4))
    found = []
    for name in range(number):
        tests, calls = [], []
        for test in draw(st.sets(st.sampled_from(TESTS))):
            for attempt in range(1, draw(st.integers(1, 2)) + 1):
                tests.append(v.ran(test, draw(st.sampled_from(OUTCOMES)), attempt=attempt))
                calls += draw(several({"test": test, "attempt": attempt}))
        calls += draw(several({"test": None, "phase": "shared"}))
        ran = {test.test for test in tests}
        found.append(
            job(
                f"job {name}",
                *sorted(calls, key=lambda call: (call.test is None, call.test or "", call.attempt, call.index)),
                tests=sorted(tests, key=lambda test: (test.test, test.attempt)),
                missing=frozenset(draw(st.sets(st.sampled_from(TESTS)))) - ran,
                searched=frozenset(draw(st.sets(st.sampled_from(["a.py", "b.py"])))),
                gone=frozenset(draw(st.sets(st.sampled_from(["b.py", "c.py"])))),
                texts=draw(st.dictionaries(st.sampled_from("xy"), st.sampled_from("pq"))),
                findings=draw(st.lists(st.sampled_from(FINDINGS))),
                part=part(f"job {name}", created_at=draw(st.sampled_from(["2026-11-21", "2026-11-22"]))),
            )
        )
    return found


FINDINGS = [
    Finding(rule="internal", severity=Severity.WARNING, subject=one, message="failed", actual=two)
    for one in "ab"
    for two in "12"
]


def several(owner):
    one = st.tuples(
        st.sampled_from([Origin.LIVE, Origin.REPLAYED]),
        st.integers(1, 2),
        st.sampled_from([3, 4]),
        st.sampled_from("pq"),
    )
    return st.lists(one, max_size=2).map(
        lambda calls: [
            v.call(v.profile(tokens, prompt=prompt), origin=origin, index=index, call_site=f"app.py:{line}", **owner)
            for index, (origin, tokens, line, prompt) in enumerate(calls)
        ]
    )


@given(jobs())
def test_the_order_of_the_runs_does_not_matter(runs):
    whole = combine(runs)
    assert all(combine(order) == whole for order in permutations(runs))


@given(jobs(), st.integers(0, 4), st.integers(0, 4))
def test_what_was_combined_before_does_not_matter(runs, first, second):
    whole = combine(runs)
    left, right = runs[: first or 1], runs[min(second, len(runs) - 1) :]
    assert combine([combine(left), combine(right), *runs]) == whole
    assert combine([*runs[:-1], combine([runs[-1]])]) == whole
    grown = combine(runs[:1])
    for run in runs[1:]:
        grown = combine([grown, run])
    assert grown == whole


@given(jobs())
def test_to_combine_again_changes_nothing(runs):
    whole = combine(runs)
    assert combine([whole]) == whole
    assert combine([whole, whole, *runs]) == whole


@given(jobs())
def test_every_live_call_of_every_job_is_there_once(runs):
    whole = combine(runs)
    count = sum(call.origin is Origin.LIVE for run in runs for call in run.calls)
    assert sum(call.origin is Origin.LIVE for call in whole.calls) == count


@given(jobs())
def test_no_test_that_ran_is_missing_and_every_other_stays(runs):
    whole = combine(runs)
    ran = {test.test for run in runs for test in run.tests}
    assert {test.test for test in whole.tests} == ran
    assert whole.missing == {test for run in runs for test in run.missing} - ran


def test_one_run_is_itself():
    alone = job("one", replayed(), replayed(2, index=1), live(3, test=None, phase="shared"))
    assert combine([alone]) == alone


def test_shards_are_the_run_that_was_split():
    calls = [replayed(test=test) for test in TESTS]
    tests = [v.ran(test) for test in TESTS]
    whole = job("whole", *calls, tests=tests, searched=frozenset({"a.py", "b.py"}))
    shards = [
        job(
            str(number),
            calls[number],
            tests=[tests[number]],
            missing=frozenset(TESTS) - {TESTS[number]},
            searched=frozenset({"a.py", "b.py"}),
        )
        for number in range(3)
    ]
    together = combine(shards)
    assert v.changed(together, parts=whole.parts, turns=()) == whole


def test_a_test_that_several_jobs_replayed_alike_is_there_once():
    together = combine([job("a", replayed()), job("b", replayed(call_site="src/app.py:8"))])
    assert len(together.calls) == 1
    assert [test.attempt for test in together.tests] == [1]
    assert together.turns == (Turn(v.TEST, 0, 0),)


def test_a_prompt_with_another_time_in_it_is_the_same_while_its_sizes_are():
    def asked(name, tokens=1_000):
        block = v.block(v.Segment.USER, tokens, fingerprint=name)
        return v.call(v.profile(prompt=name, blocks=(block,)))

    assert len(combine([job("a", asked("at noon")), job("b", asked("at one"))]).calls) == 1
    assert len(combine([job("a", asked("at noon")), job("b", asked("at one", 999))]).calls) == 2
    assert combine([job("b", asked("at one")), job("a", asked("at noon"))]).calls[0].profile.prompt == "at noon"


def test_a_test_that_several_jobs_called_live_was_paid_for_in_each():
    early = job("x", live(9), part=part("x", created_at="2026-11-21T09:00:00+00:00"))
    late = job("a", live(5), part=part("a", created_at="2026-11-21T09:01:00+00:00"))
    together = combine([late, early])
    assert [(call.attempt, call.profile.usage.input_tokens) for call in together.calls] == [(1, 9), (2, 5)]
    report = v.report(together)
    assert report.totals.calls == 2
    assert report.features[0].input_tokens == 5
    assert report.tests[0].attempts == 2


def test_the_largest_of_different_replays_is_the_sample_whenever_it_ran():
    for order in ((900, 5), (5, 900)):
        runs = [
            job(str(place), replayed(tokens), part=part(str(place), created_at=str(place)))
            for place, tokens in enumerate(order)
        ]
        together = combine(runs)
        assert v.report(together).features[0].input_tokens == 900
        assert len(together.calls) == 2


def test_a_job_where_the_test_passed_is_the_sample_not_one_where_it_failed():
    failed = job("b", replayed(9_000), tests=[v.ran(outcome=TestOutcome.FAILED)])
    together = combine([failed, job("a", replayed(5))])
    assert v.report(together).features[0].input_tokens == 5


def test_a_job_that_skips_the_test_is_no_attempt():
    skipped = job("a", tests=[v.ran(outcome=TestOutcome.SKIPPED)])
    together = combine([skipped, job("b", replayed())])
    assert [(test.attempt, test.outcome) for test in together.tests] == [(1, TestOutcome.PASSED)]


def test_attempts_of_reruns_stay_within_their_job():
    twice = [live(1, attempt=1), live(2, attempt=2)]
    tests = [v.ran(outcome=TestOutcome.FAILED), v.ran(attempt=2)]
    together = combine([job("a", *twice, tests=tests), job("b", live(3))])
    assert [(call.attempt, call.profile.usage.input_tokens) for call in together.calls] == [(1, 1), (2, 2), (3, 3)]
    assert together.turns == (Turn(v.TEST, 0, 0), Turn(v.TEST, 1, 2))


def test_a_fixture_that_every_shard_sets_up_counts_once_unless_it_was_paid_for():
    shared = {"test": None, "phase": "shared"}
    runs = [job(name, replayed(7, **shared), live(8, index=1, **shared)) for name in "ab"]
    together = combine(runs)
    assert [call.profile.usage.input_tokens for call in together.calls] == [7, 8, 8]
    assert combine([together, *runs]) == together


def test_files_that_are_gone_for_one_and_searched_by_another_are_not_gone():
    runs = [job("a", gone=frozenset({"b.py", "c.py"})), job("b", searched=frozenset({"b.py"}))]
    assert combine(runs).gone == {"c.py"}
    assert combine([combine(runs[:1]), combine(runs[1:])]).gone == {"c.py"}


def test_a_run_without_an_id_is_told_from_another_by_what_it_holds():
    one, other = v.run(live(1), created_at="now"), v.run(live(2), created_at="now")
    assert len(combine([one, one]).calls) == 1
    assert len(combine([one, other]).calls) == 2


@pytest.mark.parametrize(
    ("commits", "expected"), [(("a", "a"), "a"), (("a", None), "a"), (("a", "b"), None), ((None, None), None)]
)
def test_the_commit_is_the_one_that_all_know(commits, expected):
    runs = [job(str(place), part=part(str(place), origins=Origins(commit=one))) for place, one in enumerate(commits)]
    assert combine(runs).origins.commit == expected


def test_a_run_begins_with_its_first_part_and_is_dirty_when_any_is():
    runs = [
        job("a", part=part("a", created_at="2", origins=Origins(dirty=True))),
        job("b", part=part("b", created_at="1", origins=Origins(dirty=False))),
    ]
    assert combine(runs).created_at == "1"
    assert combine(runs).origins.dirty is True


def test_a_turn_that_a_damaged_file_makes_empty_is_harmless():
    broken = Run(tests=(v.ran(),), parts=(part("a"), part("b")), turns=(Turn(v.TEST, 0, 0), Turn(v.TEST, 1, 5)))
    assert combine([broken]).tests == (v.ran(),)
