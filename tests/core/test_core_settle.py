"""Replies that are older than their request: every sentence that the contract has on them."""

import time
from dataclasses import replace
from fractions import Fraction

import pytest
from core_values import GPT_4O, block, call, profile
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Origin
from pytest_llmcost.core.prompt import Segment
from pytest_llmcost.core.settle import settle
from pytest_llmcost.core.usage import Provenance, Usage

NOT_LIVE = [Origin.REPLAYED, Origin.LOCAL, Origin.FAKE]


def asked(counted, reported, output=100, *, name=None, **changes):
    """A profile whose request we count at one size, while its reply reports another."""
    return profile(
        reported,
        output,
        counted_tokens=counted,
        reported_for=counted,
        prompt=name or f"a prompt of {counted}",
        **changes,
    )


def one(now, *known, **changes):
    (settled,) = settle([call(now, **changes)], known)
    return settled


@pytest.mark.parametrize("origin", NOT_LIVE)
def test_the_same_request_has_its_usage_as_reported(origin):
    recorded = asked(1_000, 1_040)
    settled = one(recorded, recorded, origin=origin)
    assert settled == call(recorded, origin=origin)
    assert settled.profile.usage_source is Provenance.REPORTED


@pytest.mark.parametrize("origin", NOT_LIVE)
def test_a_request_that_grew_under_its_reply_costs_what_it_grew_by_at_the_same_ratio(origin):
    settled = one(asked(1_500, 1_040), asked(1_000, 1_040), origin=origin)
    assert settled.profile.usage.input_tokens == 1_040 + 520
    assert settled.profile.usage.output_tokens == 100
    assert settled.profile.usage_source is Provenance.ADJUSTED
    assert settled.stale_by == 500


def test_an_adjusted_input_makes_an_estimated_output_no_more_certain():
    cut = {"usage_source": Provenance.SCALED}
    settled = one(asked(1_500, 1_040, **cut), asked(1_000, 1_040, **cut))
    assert settled.profile.usage.input_tokens == 1_040 + 520
    assert settled.profile.usage_source is Provenance.SCALED


def test_a_request_that_shrank_under_its_reply_costs_less():
    settled = one(asked(400, 1_100), asked(1_000, 1_100))
    assert settled.profile.usage.input_tokens == 1_100 - 660
    assert settled.stale_by == -600


def test_a_changed_request_of_the_same_size_costs_what_was_reported():
    settled = one(asked(1_000, 1_040, name="new words"), asked(1_000, 1_040, name="old words"))
    assert settled.profile.usage.input_tokens == 1_040
    assert settled.profile.usage_source is Provenance.REPORTED
    assert settled.stale_by is None


def test_a_reply_that_was_recorded_anew_is_believed():
    settled = one(asked(1_500, 1_555), asked(1_000, 1_040))
    assert settled.profile.usage.input_tokens == 1_555
    assert settled.profile.usage_source is Provenance.REPORTED
    assert settled.profile.reported_for == 1_500


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(67, 150))
def test_the_adjustment_is_the_formula_of_the_contract(then, now, percent):
    reported = max(then * percent // 100, 1)
    ratio = Fraction(reported, then)
    if not Fraction(2, 3) <= ratio <= Fraction(3, 2):
        return
    settled = one(asked(now, reported, name="now"), asked(then, reported, name="then"))
    assert settled.profile.usage.input_tokens == max(reported + round((now - then) * ratio), 0)


def test_a_ratio_that_no_tokenizer_has_is_that_of_a_mock_and_is_not_trusted():
    """A hand-written usage says nothing about its request: what was added is counted one to one."""
    assert one(asked(2_100, 10), asked(2_000, 10)).profile.usage.input_tokens == 10 + 100
    assert one(asked(110, 5_000), asked(10, 5_000)).profile.usage.input_tokens == 5_000 + 100
    assert one(asked(300, 300), asked(200, 300)).profile.usage.input_tokens == 300 + 150
    assert one(asked(300, 301), asked(200, 301)).profile.usage.input_tokens == 301 + 100


def test_input_never_falls_below_zero():
    assert one(asked(1, 10), asked(2_000, 10)).profile.usage.input_tokens == 0


@pytest.mark.parametrize("origin", [Origin.LIVE, Origin.RECORDED])
def test_live_calls_and_those_told_by_the_test_are_left_alone(origin):
    now = asked(9_000, 1_040)
    for known in ((), (asked(1_000, 1_040),)):
        assert one(now, *known, origin=origin) == call(now, origin=origin)


@given(st.integers(1, 10**5), st.integers(1, 10**5), st.integers(1, 10**5), st.integers(1, 10**5))
def test_a_baseline_that_was_renewed_with_an_adjusted_call_changes_nothing(then, now, later, reported):
    first = asked(then, reported, name="then")
    second = one(asked(now, reported, name="now"), first)
    again = one(asked(now, reported, name="now"), second.profile)
    assert again.profile == second.profile
    # However often the baseline is renewed in between, a request costs the same.
    third = one(asked(later, reported, name="later"), second.profile)
    assert third.profile == one(asked(later, reported, name="later"), first).profile
    back = one(asked(then, reported, name="then"), third.profile)
    assert back.profile.usage.input_tokens == reported


def test_without_a_baseline_entry_usage_is_as_reported():
    now = asked(1_000, 1_010)
    assert one(now) == call(now)


@pytest.mark.parametrize("reported", [984, 1_000, 1_016])
def test_a_difference_that_framing_can_make_is_no_sign_of_an_old_reply(reported):
    assert one(asked(1_000, reported)).stale_by is None


@pytest.mark.parametrize(("reported", "difference"), [(983, 17), (10, 990), (1_017, -17), (4_000, -3_000)])
def test_a_reply_outside_of_the_bound_of_our_count_is_noticed_and_left_as_reported(reported, difference):
    settled = one(asked(1_000, reported))
    assert settled.stale_by == difference
    assert settled.profile == asked(1_000, reported)


def test_the_bound_is_that_of_our_own_count():
    now = asked(1_000, 1_100)
    assert one(now, counted_upper=1_100).stale_by is None
    assert one(now, counted_upper=1_099).stale_by == -100


def test_the_bound_of_what_was_adjusted_grows_with_the_adjustment():
    settled = one(asked(1_500, 1_000), asked(1_000, 1_000), counted_upper=1_650)
    assert settled.profile.input_tokens_upper == 1_500 + 50


def test_a_reply_without_usage_has_nothing_to_settle():
    counted = asked(1_500, 1_500, reported_tokens=None, usage_source=Provenance.COUNTED)
    assert one(counted, asked(1_000, 1_500)) == call(counted)


def test_a_request_that_could_not_be_counted_is_left_as_reported():
    now = asked(0, 5_000)
    assert one(now, asked(1_000, 5_000)) == call(now)
    assert one(now) == call(now)


def test_an_entry_without_a_reported_count_is_no_measure():
    silent = replace(asked(1_500, 1_500, name="same"), reported_tokens=None, reported_for=None)
    now = asked(1_500, 40, name="same")
    assert one(now, silent).stale_by == 1_460


def test_the_parts_of_the_input_still_fit_in_it():
    usage = Usage(
        input_tokens=1_000,
        output_tokens=9,
        cache_read_tokens=600,
        cache_write_tokens=300,
        cache_write_1h_tokens=300,
        input_audio_tokens=650,
    )
    before, now = asked(1_000, 1_000, 9), asked(700, 1_000, usage=usage)
    settled = one(now, before).profile.usage
    assert settled == replace(
        usage, input_tokens=700, cache_write_tokens=100, cache_write_1h_tokens=100, input_audio_tokens=600
    )
    assert one(asked(1_200, 1_000, usage=usage), before).profile.usage == replace(usage, input_tokens=1_200)


def test_the_segments_of_an_adjusted_call_add_up_to_its_input():
    now = asked(1_501, 1_040, blocks=(block(Segment.SYSTEM, 1_001), block(Segment.USER, 500)))
    settled = one(now, asked(1_000, 1_040)).profile
    assert sum(settled.segments.values()) == settled.usage.input_tokens


THREE = [asked(1_000 * n, 1_010 * n, n, name=f"prompt {n}") for n in (1, 2, 3)]


def calls_of(profiles):
    return [call(each, index=index) for index, each in enumerate(profiles)]


def grown(number):
    """The nth of three requests with 100 more tokens, and the reply that it had before."""
    before = THREE[number - 1]
    return replace(before, prompt=f"longer {number}", counted_tokens=before.counted_tokens + 100)


def inputs(calls, known):
    return [settled.profile.usage.input_tokens for settled in settle(calls, known)]


def test_reordered_calls_are_told_by_their_requests():
    assert inputs(calls_of(THREE[::-1]), THREE) == [3_030, 2_020, 1_010]


def test_reordered_calls_whose_requests_have_changed_are_told_by_their_replies():
    assert inputs(calls_of([grown(3), grown(1), grown(2)]), THREE) == [3_131, 1_111, 2_121]


def test_an_inserted_call_takes_nothing_from_the_others():
    new = asked(500, 505, 50, name="new")
    settled = settle(calls_of([THREE[0], new, grown(2), THREE[2]]), THREE)
    assert [each.profile.usage.input_tokens for each in settled] == [1_010, 505, 2_121, 3_030]
    assert [each.stale_by for each in settled] == [None, None, 100, None]


def test_an_inserted_call_does_not_take_the_entry_of_a_request_that_is_still_made():
    """Its reply looks the same: that of one mock for all."""
    old = asked(1_000, 10, 5, name="old")
    new = asked(3_000, 10, 5, name="new")
    settled = settle(calls_of([new, old]), [old])
    assert [each.profile.usage.input_tokens for each in settled] == [10, 10]
    assert [each.stale_by for each in settled] == [2_990, None]


def test_a_removed_call_changes_nothing_about_the_others():
    assert inputs(calls_of([THREE[0], grown(3)]), THREE) == [1_010, 3_131]


def test_equal_replies_are_paired_in_order():
    known = [asked(1_000 * n, 1_000, name=f"prompt {n}") for n in (1, 2, 3)]
    now = [replace(each, prompt=f"{each.prompt}, longer", counted_tokens=each.counted_tokens + 10) for each in known]
    assert [each.stale_by for each in settle(calls_of(now), known)] == [10, 10, 10]


def test_replies_are_told_apart_by_their_output_too():
    known = [asked(1_000, 1_500, 1, name="a"), asked(2_000, 1_500, 2, name="b")]
    now = [replace(each, prompt=f"longer {each.prompt}", counted_tokens=each.counted_tokens + 10) for each in known]
    assert [each.stale_by for each in settle(calls_of(now[::-1]), known)] == [10, 10]


def test_equal_replies_are_paired_in_order_although_some_requests_are_equal_too():
    known = [asked(size, 1_000, name=name) for size, name in ((1_000, "x"), (2_000, "y"), (1_000, "x"))]
    now = [replace(each, prompt=f"longer {each.prompt}", counted_tokens=each.counted_tokens + 10) for each in known]
    assert [each.stale_by for each in settle(calls_of(now), known)] == [10, 10, 10]


def test_two_equal_requests_need_two_entries():
    same = asked(1_000, 10)
    settled = settle(calls_of([same, same]), [same])
    assert [each.stale_by for each in settled] == [None, 990]


def test_a_call_of_another_operation_is_another_call():
    embedding = replace(GPT_4O, operation="embeddings")
    known = asked(1_000, 1_040, product=embedding)
    assert one(asked(1_500, 1_040), known).profile.usage_source is Provenance.REPORTED
    assert one(asked(1_500, 1_040, product=embedding), known).profile.usage_source is Provenance.ADJUSTED


@given(st.permutations(THREE), st.lists(st.sampled_from(THREE), max_size=5))
def test_what_the_baseline_knows_word_for_word_is_never_adjusted(made, more):
    settled = settle(calls_of(made), [*more, *THREE])
    assert [each.profile for each in settled] == list(made)


def test_many_changed_calls_are_paired_in_linear_time():
    known = [asked(1_000 + n, 2_000 + n, name=f"prompt {n}") for n in range(20_000)]
    now = [replace(each, prompt=f"{each.prompt}, longer", counted_tokens=each.counted_tokens + 10) for each in known]
    calls = calls_of(now)
    started = time.process_time()
    assert {each.stale_by for each in settle(calls, known)} == {10}
    assert time.process_time() - started < 5
