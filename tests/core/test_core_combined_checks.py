"""What is odd about the parts of a combined run: an error where the figures could not be those of one change."""

from dataclasses import replace
from decimal import Decimal

import core_values as v
import pytest

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.combined_checks import Here, combined
from pytest_llmcost.core.combining import combine
from pytest_llmcost.core.production import Production
from pytest_llmcost.core.run import Origins, Part
from pytest_llmcost.core.settings import fingerprint

HERE = Here("same settings", "book 1", "base.json")


def part(name, **changes):
    values = {
        "created_at": "2026-11-21T09:30:00+00:00",
        "plugin_version": "1",
        "estimator": "e1",
        "origins": Origins(commit="a" * 40, branch="main", dirty=False),
        "prices": "book 1",
        "as_of": "2026-11-21",
        "settings": "same settings",
        "baseline": "base.json",
    }
    return Part(id=name, **(values | changes))


def found(*parts, here=HERE, **changes):
    runs = [v.run(v.call(), parts=(one,), **changes) for one in parts]
    return list(combined(combine(runs), here))


def told(*parts, here=HERE, **changes):
    return [(one.rule, one.severity.value) for one in found(*parts, here=here, **changes)]


def test_parts_that_have_all_in_common_are_nothing_to_tell():
    assert told(part("a"), part("b"), part("c")) == []
    assert told(part("a")) == []


@pytest.mark.parametrize(
    ("changes", "rule", "severity"),
    [
        ({"origins": Origins(commit="b" * 40, dirty=False)}, "combined-commit", "error"),
        ({"origins": Origins(dirty=False)}, "combined-commit", "warning"),
        ({"origins": Origins(commit="a" * 40, dirty=True)}, "combined-dirty", "warning"),
        ({"plugin_version": "2"}, "combined-versions", "warning"),
        ({"plugin_version": "2", "estimator": "e2"}, "combined-versions", "error"),
        ({"prices": "book 2"}, "combined-prices", "warning"),
        ({"as_of": "2026-11-22"}, "combined-prices", "warning"),
        ({"settings": "other settings"}, "combined-config", "error"),
        ({"baseline": "other.json"}, "combined-baseline", "notice"),
        ({"baseline": ""}, None, None),
    ],
)
def test_a_part_that_differs_is_told(changes, rule, severity):
    expected = [] if rule is None else [(rule, severity)]
    assert told(part("a"), part("b", **changes)) == expected
    assert told(part("b", **changes), part("a")) == expected


def test_parts_that_are_all_dirty_are_a_notice():
    dirty = Origins(commit="a" * 40, dirty=True)
    assert told(part("a", origins=dirty), part("b", origins=dirty)) == [("combined-dirty", "notice")]
    assert told(part("a", origins=dirty)) == []


@pytest.mark.parametrize(
    ("here", "rule", "severity"),
    [
        (Here("default settings", "book 1", "base.json"), "combined-config", "error"),
        (Here("same settings", "book 2", "base.json"), "combined-prices", "warning"),
        (Here("same settings", "book 1", ""), "combined-baseline", "error"),
        (Here("same settings", "book 1", "newer.json"), "combined-baseline", "notice"),
        (Here("same settings", "book 1", None), None, None),
    ],
)
def test_what_judges_here_is_held_against_the_parts(here, rule, severity):
    assert told(part("a"), part("b"), here=here) == ([] if rule is None else [(rule, severity)])


def test_two_commits_are_named():
    [one] = found(part("a"), part("b", origins=Origins(commit="b" * 40, dirty=False)))
    assert one.message == (
        "the runs are of 2 commits (aaaaaaa, bbbbbbb), so together they are no state of the code;"
        " combine runs of one commit"
    )


def gaps(*shards, missing=()):
    parts = [part(str(place), shard=shard) for place, shard in enumerate(shards)]
    return [
        (one.rule, one.severity.value, one.subject)
        for one in found(*parts, missing=frozenset(missing))
        if one.rule == "combined-gap"
    ]


@pytest.mark.parametrize(
    ("shards", "missing", "expected"),
    [
        (("1/2", "2/2"), [], None),
        (("1/2", "2/2"), [v.OTHER], ("notice", v.OTHER)),
        (("1/3", "3/3"), [v.OTHER], ("error", "2/3")),
        (("1/3", "3/3"), [], ("error", "2/3")),
        (("1/3",), [], ("error", "2/3")),
        (("1/3", "1/2", "2/2"), [], None),
        (("1/3", ""), [], None),
        (("1/3", ""), [v.OTHER], ("error", "2/3")),
        (("", ""), [v.OTHER], ("warning", v.OTHER)),
        (("",), [v.OTHER], None),
        (("1/999999", "nonsense/"), [], ("error", "2/999999")),
        (("1/2", "1/0"), [v.OTHER], ("error", "2/2")),
        (("1/2", "1/" + "9" * 5000), [], ("error", "2/2")),
    ],
)
def test_what_ran_nowhere_is_told_and_a_group_that_is_absent_is_an_error(shards, missing, expected):
    assert gaps(*shards, missing=missing) == ([] if expected is None else [("combined-gap", *expected)])


def test_an_absent_group_names_its_tests():
    parts = [part("a", shard="1/2")]
    [one] = found(*parts, missing=frozenset({v.OTHER}))
    assert one.message == (
        f"group `2/2` of the tests is not among the runs (`{v.OTHER}` ran in none of them);"
        " combine the run files of all groups"
    )


@pytest.mark.parametrize(("origin", "severity"), [(Origin.REPLAYED, "warning"), (Origin.LIVE, "notice")])
def test_a_test_that_jobs_ran_in_different_ways_is_named(origin, severity):
    runs = [v.run(v.call(v.profile(tokens), origin=origin), parts=(part(str(tokens)),)) for tokens in (5, 6)]
    [one] = combined(combine(runs), HERE)
    assert (one.rule, one.severity.value, one.subject) == ("combined-repeated", severity, v.TEST)


def test_what_is_told_does_not_depend_on_what_was_combined_before():
    runs = [
        v.run(v.call(v.profile(tokens)), parts=(part(str(tokens), shard=f"{tokens}/4", as_of=str(tokens)),))
        for tokens in (1, 2, 3)
    ]
    whole = combine(runs)
    noted = v.changed(combine(runs[:2]), findings=tuple(combined(combine(runs[:2]), HERE)))
    assert list(combined(combine([noted, runs[2]]), HERE)) == list(combined(whole, HERE))
    assert combine([noted, runs[2]]) == whole


def test_configurations_are_told_apart_whatever_the_headline_is():
    one = fingerprint(v.settings())
    assert fingerprint(v.settings(scenario="aggressive")) == one
    assert fingerprint(v.settings(max_increase_usd=Decimal(5))) != one
    assert fingerprint(v.settings(v.feature(requests=5))) != one
    batch = replace(v.feature(), production=Production(batch=True))
    assert fingerprint(v.settings(batch)) != fingerprint(v.settings(v.feature()))
