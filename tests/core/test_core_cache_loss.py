"""Recorded replies that read from the cache what their requests could read no more."""

from dataclasses import replace

import pytest
from core_prompts import each, node, part, prompt
from core_values import PRICE, Usage, baseline, call, feature, profile, ran, rates, report, run, settings
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Origin, Product
from pytest_llmcost.core.run import TestOutcome
from pytest_llmcost.core.usage import Provenance

CACHING = rates("2.50", "10", read="1.25")


def chat(number, *front, read=2_000, **changes):
    """A call of a long fixed prompt: 1,000 tokens of tools, 1,000 of rules, 500 of its own; the reply is numbered."""
    blocks = (*front, part("tool", 1_000), part("rule", 1_000), part(f"question {number}", 500))
    one = prompt(*blocks, output=number + 1, read=read, reported_tokens=2_500, reported_for=2_500)
    return replace(one, **changes)


def stamped(number, moment, **changes):
    """The same with a timestamp in front, and the reply that was recorded without it."""
    return chat(number, part(f"rule of {moment}", 20), **changes)


def reads(before, after, *, ran_alone=None, **changes):
    """What the calls of a run read from the cache, the baseline being that of `before`; one test for each."""
    known = baseline({node(at): [one] for at, one in enumerate(before)})
    calls = each(*after, **changes)
    if ran_alone is not None:
        calls = [calls[ran_alone]]
    found = report(run(*calls), settings(), known, CACHING).calls
    return [one.call.profile.usage.cache_read_tokens for one in found]


PLAIN = [chat(0), chat(1), chat(2)]
STAMPED = [stamped(0, "9:00"), stamped(1, "9:01"), stamped(2, "9:02")]


def test_nothing_changes_while_the_prompts_are_the_same():
    assert reads(PLAIN, PLAIN) == [2_000, 2_000, 2_000]


def test_a_timestamp_in_front_of_the_prompts_loses_what_was_read():
    found = report(
        run(*each(*STAMPED)), settings(), baseline({node(at): [one] for at, one in enumerate(PLAIN)}), CACHING
    )
    profiles = [one.call.profile for one in found.calls]
    assert [one.usage.cache_read_tokens for one in profiles] == [0, 0, 0]
    assert {one.usage_source for one in profiles} == {Provenance.ADJUSTED}
    # Per million requests: 2,000 tokens at half the price and 500 at the full one; now 2,520 at the full price.
    assert (found.comparison.before_usd, found.comparison.after_usd) == (3_770, 6_320)


def test_a_word_that_changes_in_all_prompts_alike_loses_nothing():
    reworded = [
        replace(one, prompt=f"new {one.prompt}", blocks=(part("tool", 1_000), part("rule new", 1_000), one.blocks[2]))
        for one in PLAIN
    ]
    assert reads(PLAIN, reworded) == [2_000, 2_000, 2_000]


def test_a_prompt_that_becomes_longer_behind_a_stable_front_loses_nothing():
    longer = [
        prompt(*one.blocks, "more", output=at + 1, read=2_000, reported_tokens=2_500) for at, one in enumerate(PLAIN)
    ]
    assert reads(PLAIN, longer) == [2_000, 2_000, 2_000]


def test_a_break_further_back_loses_what_lies_behind_it():
    later = [
        prompt(
            part("tool", 1_100),
            part(f"rule of {at}", 20),
            part("rule", 1_000),
            f"q {at}",
            output=at + 1,
            read=2_000,
            reported_tokens=2_500,
        )
        for at in range(3)
    ]
    assert reads(PLAIN, later) == [1_100, 1_100, 1_100]


def test_a_prefix_that_is_too_short_for_any_cache_is_lost_whole():
    """The tools alone have 1,000 tokens; providers cache none below 1,024."""
    behind = [
        prompt(
            part("tool", 1_000),
            part(f"rule of {at}", 20),
            part("rule", 1_000),
            f"q {at}",
            output=at + 1,
            read=2_000,
            reported_tokens=2_500,
        )
        for at in range(3)
    ]
    assert reads(PLAIN, behind) == [0, 0, 0]


def test_a_front_that_became_shorter_loses_its_own_tokens_only():
    """The recording read more than these prompts have in common: somebody had asked the same before."""
    whole = [chat(at, read=2_400) for at in range(3)]
    shorter = [
        prompt(
            part("tool", 1_000),
            part("rule short", 900),
            part(f"question {at}", 500),
            output=at + 1,
            read=2_400,
            reported_tokens=2_500,
        )
        for at in range(3)
    ]
    assert reads(whole, shorter) == [2_300, 2_300, 2_300]


def test_a_call_whose_own_prompt_is_the_same_keeps_its_cache():
    assert reads(PLAIN[:2], [PLAIN[0], STAMPED[1]]) == [2_000, 0]


def test_reads_that_the_prompts_in_common_never_explained_are_not_judged_by_them():
    """They share 500 tokens, which no cache holds: what was read then had another reason."""

    def own(at, tools):
        blocks = part("tool " + str(tools), tools), part(f"rule {at}", 2_000)
        return prompt(*blocks, output=at + 1, read=1_500, reported_tokens=2_500)

    assert reads([own(0, 500), own(1, 500)], [own(0, 400), own(1, 450)]) == [1_500, 1_500]


def test_a_call_that_moved_alone_to_another_model_has_no_fellows_to_judge_it_by():
    moved = replace(STAMPED[0], product=Product("openai", "gpt-4o-mini"))
    assert reads(PLAIN, [moved, *PLAIN[1:]]) == [2_000, 2_000, 2_000]


def test_what_the_baseline_could_not_read_for_want_of_input_is_no_loss():
    """Its prompt was shorter than what the reply had read; now it is long again."""
    shrunk = prompt(
        "q", output=1, read=100, usage_source=Provenance.ADJUSTED, reported_tokens=2_500, reported_for=2_500
    )
    assert reads([shrunk], [PLAIN[0]]) == [2_000]


def test_one_test_that_runs_alone_loses_nothing():
    assert reads(PLAIN, STAMPED, ran_alone=1) == [2_000]


def test_a_new_test_is_no_measure_for_the_others():
    known = baseline({node(0): [chat(0)]})
    found = report(run(*each(chat(0), stamped(1, "9:00"))), settings(), known, CACHING).calls
    assert [one.call.profile.usage.cache_read_tokens for one in found] == [2_000, 2_000]


def test_a_failed_test_is_no_measure_either():
    known = baseline({node(at): [one] for at, one in enumerate(PLAIN[:2])})
    tests = [ran(node(0)), ran(node(1), outcome=TestOutcome.FAILED)]
    found = report(run(*each(*STAMPED[:2]), tests=tests), settings(), known, CACHING).calls
    assert [one.call.profile.usage.cache_read_tokens for one in found] == [2_000, 2_000]


def test_the_second_call_of_a_test_still_reads_what_the_first_has_written():
    def turns(front):
        first = prompt(*front, part("tool", 1_000), part("rule", 1_000), "q", output=1, read=0, reported_tokens=2_100)
        second = prompt(
            *front, part("tool", 1_000), part("rule", 1_000), "q", "r", output=2, read=2_000, reported_tokens=2_200
        )
        return [first, second]

    known = baseline({node(at): turns(()) for at in range(2)})
    calls = [
        call(one, test=node(at), index=index)
        for at in range(2)
        for index, one in enumerate(turns((part(f"rule of {at}", 20),)))
    ]
    found = report(run(*calls), settings(), known, CACHING).calls
    assert [one.call.profile.usage.cache_read_tokens for one in found] == [0, 2_000, 0, 2_000]


@pytest.mark.parametrize("origin", [Origin.LIVE, Origin.RECORDED])
def test_what_is_live_or_told_by_the_test_is_believed(origin):
    assert reads(PLAIN, STAMPED, origin=origin) == [2_000, 2_000, 2_000]


def test_a_reply_that_was_recorded_anew_is_believed():
    assert reads(PLAIN, [replace(one, reported_tokens=2_520) for one in STAMPED]) == [2_000, 2_000, 2_000]


def test_a_call_that_moved_to_another_model_with_its_fellows_keeps_its_cache():
    mini = Product("openai", "gpt-4o-mini")
    assert reads(PLAIN, [replace(one, product=mini, prompt="new") for one in PLAIN]) == [2_000, 2_000, 2_000]


def test_calls_of_other_features_are_no_measure():
    known = baseline({node(at): [one] for at, one in enumerate(PLAIN)})
    chosen = settings(*(feature(f"chat {at}", tests=(node(at),)) for at in range(3)))
    found = report(run(*each(*STAMPED)), chosen, known, CACHING).calls
    assert [one.call.profile.usage.cache_read_tokens for one in found] == [2_000, 2_000, 2_000]


def settled(before, after):
    known = baseline({node(at): [one] for at, one in enumerate(before)})
    return [one.call.profile for one in report(run(*each(*after)), settings(), known, CACHING).calls]


def test_a_baseline_that_was_written_with_the_broken_prompts_changes_nothing():
    first = settled(PLAIN, STAMPED)
    later = [stamped(0, "9:30"), stamped(1, "9:31"), stamped(2, "9:32")]
    assert [one.usage for one in settled(first, later)] == [one.usage for one in first]
    assert reads(first, later, ran_alone=1) == [0]


def test_once_the_break_is_gone_the_cache_is_back_whatever_the_baseline_says():
    assert reads(settled(PLAIN, STAMPED), PLAIN) == [2_000, 2_000, 2_000]


fronts = st.lists(st.sampled_from(["", "a", "b"]), min_size=3, max_size=3)


@given(fronts, fronts, st.integers(0, 2_000))
def test_what_is_read_never_grows_and_still_fits(before, after, read):
    def build(front):
        return [chat(at, *([part(f"rule {word}", 30)] if word else []), read=read) for at, word in enumerate(front)]

    for one in settled(build(before), build(after)):
        assert 0 <= one.usage.cache_read_tokens <= read
        assert one.usage.cache_read_tokens <= one.usage.input_tokens


def test_calls_without_cache_reads_are_left_alone():
    plain = [prompt("rule", f"q {at}", output=at + 1) for at in range(2)]
    changed = [prompt(f"now {at}", "rule", f"q {at}", output=at + 1, reported_tokens=200) for at in range(2)]
    assert all(one.usage.cache_read_tokens is None for one in settled(plain, changed))


def test_without_usage_in_the_reply_there_is_nothing_to_lose():
    silent = profile(usage=Usage(input_tokens=5), reported_tokens=None)
    assert report(run(call(silent)), settings(), baseline({node(0): [silent]}), PRICE).calls[0].call.profile == silent
