"""Prompt files: which limit holds which, and what is put together of several runs."""

from dataclasses import replace

import pytest
from core_values import report, rules, run, settings
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.combining import combine
from pytest_llmcost.core.finding import Finding, Severity
from pytest_llmcost.core.prompt_files import PromptFile, PromptReport, claims, held, merged, strength
from pytest_llmcost.core.settings import PromptLimit
from pytest_llmcost.core.usage import Provenance

FILE = PromptFile(
    path="prompts/a.md",
    sha256="0" * 64,
    model="gpt-4o",
    encoding="o200k_base",
    tokens=90,
    upper=90,
    source=Provenance.COUNTED,
)


def limit(pattern, tokens=100, model=None):
    return PromptLimit(pattern=pattern, max_tokens=tokens, model=model)


def judged(*files, limits, **changes):
    return report(run(prompts=files, **changes), settings(prompts=limits))


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("prompts/*.md", "prompts/a.md", True),
        ("prompts/*.md", "prompts/de/a.md", True),
        ("prompts/*.md", "prompts/a.mdx", False),
        ("prompts/*.md", "src/prompts/a.md", False),
        ("prompts/**/*.md", "prompts/a.md", True),
        ("prompts/**/*.md", "prompts/de/at/a.md", True),
        ("**/prompts/*.md", "prompts/a.md", True),
        ("**/*.md", "a.md", True),
        ("prompts", "prompts/de/a.md", True),
        ("prompts/", "prompts/a.md", True),
        ("prompts", "prompts2/a.md", False),
        ("a.md", "a.md", True),
        ("a?.md", "ab.md", True),
    ],
)
def test_a_pattern_matches_as_those_of_features_and_a_double_star_stands_for_no_folder_too(pattern, path, matches):
    assert (strength(pattern, path) is not None) is matches


def test_the_longest_literal_part_holds_and_equal_ones_all_claim():
    wide, narrow, rival = limit("prompts/*"), limit("prompts/a*"), limit("prompts/*d")
    assert claims("prompts/a.md", [wide, narrow]) == (narrow,)
    assert claims("prompts/a.md", [wide, narrow, rival]) == (narrow, rival)
    assert claims("other.md", [wide, narrow]) == ()


def test_a_limit_holds_the_upper_bound_and_the_model_that_it_names():
    estimate = replace(FILE, model="claude-x", upper=120, source=Provenance.SCALED)
    found = judged(estimate, limits=(limit("prompts", model="claude-x"),))
    assert ("budget.prompt_tokens", "error") in rules(found)
    other = judged(estimate, limits=(limit("prompts"),))
    assert [one.limit for one in other.prompts] == [None]
    (finding,) = [one for one in other.findings if one.rule == "uncounted"]
    assert "counted for `claude-x`, and its limit is in tokens of `gpt-4o`" in finding.message


def test_a_limit_of_zero_holds_an_empty_file_only():
    empty = replace(FILE, tokens=0, upper=0)
    assert "budget.prompt_tokens" not in dict(rules(judged(empty, limits=(limit("prompts", 0),))))
    assert ("budget.prompt_tokens", "error") in rules(judged(FILE, limits=(limit("prompts", 0),)))


def test_a_pattern_whose_files_are_all_held_by_others_is_no_typo():
    found = judged(FILE, limits=(limit("prompts"), limit("prompts/a.md")))
    assert "uncounted" not in dict(rules(found))
    assert [one.pattern for one in found.prompts] == ["prompts/a.md"]


def test_a_file_that_the_session_could_not_read_is_told_once():
    own = Finding(rule="uncounted", severity=Severity.ERROR, subject="prompts/b.md", message="it is no text")
    found = judged(limits=(limit("prompts"),), findings=(own,))
    assert [one.message for one in found.findings if one.rule == "uncounted"] == ["it is no text"]


def test_without_limits_nothing_is_said():
    assert not {"uncounted", "budget.prompt_tokens"} & dict(rules(judged(FILE, limits=()))).keys()


def test_a_baseline_counted_in_another_way_is_no_size_to_compare_with():
    one = PromptReport(file=FILE, limit=1, before=70)
    assert one.has_moved
    assert not replace(one, before=90).has_moved
    assert not replace(one, before=None).has_moved
    assert held([one, replace(one, file=replace(FILE, path="b"), limit=None)]) == {"prompts/a.md": FILE}


files = st.builds(
    replace,
    st.just(FILE),
    path=st.sampled_from(["a", "b"]),
    model=st.sampled_from(["m", "n"]),
    tokens=st.integers(0, 3),
    upper=st.integers(3, 5),
    sha256=st.sampled_from(["0" * 64, "1" * 64]),
)
runs = st.lists(st.lists(files, max_size=3), max_size=3)


@given(runs, runs)
def test_runs_are_put_together_in_any_order_and_the_largest_count_stands(left, right):
    whole = merged([*left, *right])
    assert merged([*right, *left]) == merged([merged(right), merged(left)]) == merged([whole, whole]) == whole
    given_files = [one for own in (*left, *right) for one in own]
    assert {(one.path, one.model) for one in whole} == {(one.path, one.model) for one in given_files}
    assert all(any(kept.upper >= one.upper for kept in whole if kept.path == one.path) for one in given_files)


def test_a_combined_run_has_the_files_of_its_parts():
    other = replace(FILE, path="prompts/b.md")
    assert combine([run(prompts=(other,)), run(prompts=(FILE, other))]).prompts == (FILE, other)
