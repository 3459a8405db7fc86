"""Git merges baselines of two branches, because a row is a line and no row touches its neighbour."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pytest_llmcost.core.baseline import Acceptance, Baseline
from pytest_llmcost.errors import BaselineError
from pytest_llmcost.storage.baseline import read, salvaged, write

NAME = "llmcost-baseline.json"


@pytest.fixture
def suite(entry, profile):
    tests = {
        f"tests/test_{test:02}.py::test_it": entry(*(profile((test + call) % 5) for call in range(3)))
        for test in range(40)
    }
    return Baseline(tests=tests)


def with_tests(baseline, **tests):
    return replace(
        baseline, tests={**baseline.tests, **{f"tests/{name}.py::test_it": one for name, one in tests.items()}}
    )


def accepting(baseline, *reasons):
    made = [
        Acceptance(on=f"2026-11-{9 + len(why):02}", by="Ada", reason=why, before_usd=Decimal(1), after_usd=Decimal(2))
        for why in reasons
    ]
    return replace(baseline, accepted=(*baseline.accepted, *made))


def merge(repository, base, ours, theirs, *, check=True):
    """Change the baseline on two branches and merge the second into the first."""
    path = repository.root / NAME
    write(path, base)
    repository.commit("base")
    repository.git("checkout", "--quiet", "-b", "theirs")
    write(path, theirs)
    repository.commit("theirs")
    repository.git("checkout", "--quiet", "main")
    write(path, ours)
    repository.commit("ours")
    repository.git("merge", "--quiet", "theirs", "-m", "merge", check=check)
    return path


def test_two_branches_that_add_tests_in_different_places_merge(repository, suite, entry, profile):
    ours = with_tests(suite, test_05_more=entry(profile(0)))
    theirs = with_tests(suite, test_zz=entry(profile(1)))

    path = merge(repository, suite, ours, theirs)

    assert read(path).tests == {**ours.tests, **theirs.tests}


def test_a_changed_shared_prompt_merges_with_a_new_test_that_uses_it(repository, suite, entry, profile):
    renewed = {
        name: entry(*(profile(int(one.prompt[-1]), system="system-2") for one in found.calls))
        for name, found in suite.tests.items()
    }
    theirs = with_tests(suite, test_zz=entry(profile(1)))

    path = merge(repository, suite, replace(suite, tests=renewed), theirs)

    # The new test has the new prompt, which it really sends after the merge.
    expected = with_tests(replace(suite, tests=renewed), test_zz=entry(profile(1, system="system-2")))
    assert read(path).tests == expected.tests


def test_removing_the_last_test_merges_with_adding_the_first(repository, suite, entry, profile):
    ours = replace(suite, tests=dict(list(suite.tests.items())[:-1]))
    theirs = with_tests(suite, test_0=entry(profile(1)))

    path = merge(repository, suite, ours, theirs)

    assert read(path).tests == with_tests(ours, test_0=entry(profile(1))).tests


def test_rows_added_in_the_same_place_are_a_conflict_that_is_named(repository, suite, entry, profile):
    ours = with_tests(suite, test_zx=entry(profile(0)))
    theirs = with_tests(suite, test_zz=entry(profile(1)))

    path = merge(repository, suite, ours, theirs, check=False)

    with pytest.raises(BaselineError, match="holds git conflict markers"):
        read(path)


def test_with_the_union_driver_of_git_rows_added_in_the_same_place_merge_too(repository, suite, entry, profile):
    (repository.root / ".gitattributes").write_text(f"{NAME} merge=union\n")
    ours = with_tests(suite, test_zx=entry(profile(0)))
    theirs = with_tests(suite, test_zz=entry(profile(1)))

    path = merge(repository, suite, ours, theirs)

    assert read(path).tests == {**ours.tests, **theirs.tests}


def test_rows_that_lost_what_they_refer_to_in_a_merge_are_named(repository, suite, entry, profile):
    base = with_tests(suite, test_20_more=entry(profile(7)))
    theirs = with_tests(base, test_zz=entry(profile(7)))

    path = merge(repository, base, suite, theirs)

    with pytest.raises(BaselineError, match=r"row 41 of tests refers to the unknown call .*--llmcost-update-baseline"):
        read(path)


def test_two_branches_that_each_accept_an_increase_merge_when_others_stand_between(repository, suite):
    base = accepting(suite, "launch", "refunds")

    path = merge(repository, base, accepting(base, "answers"), accepting(base, "more tools"))

    assert {one.reason for one in read(path).accepted} == {"answers", "launch", "more tools", "refunds"}


def test_the_acceptances_of_both_sides_can_be_saved_from_a_conflict(repository, suite):
    base = accepting(suite, "launch")

    path = merge(repository, base, accepting(base, "tools"), accepting(base, "wording"), check=False)

    with pytest.raises(BaselineError, match="holds git conflict markers"):
        read(path)
    assert salvaged(path) == tuple(
        sorted(accepting(base, "tools", "wording").accepted, key=lambda one: (one.on, one.reason))
    )


def test_an_acceptance_that_a_merge_left_in_twice_is_one(repository, suite):
    path = repository.root / NAME
    write(path, accepting(suite, "launch"))
    text = path.read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if '"launch"' in line]
    path.write_text(text.replace(row, f"{row}\n{row}"), encoding="utf-8")

    assert read(path).accepted == accepting(suite, "launch").accepted


def test_nothing_is_saved_where_nothing_is(repository):
    path = repository.root / NAME
    assert salvaged(path) == ()
    path.write_text('<<<<<<<\n[1,2,3,4,5,6],\n["2026-11-26","","",null,null,"soon"],\n[[[[\n')
    assert salvaged(path) == ()
