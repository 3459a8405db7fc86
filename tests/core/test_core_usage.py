from dataclasses import replace
from functools import reduce
from itertools import permutations
from operator import add

import pytest
from core_values import usages
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.usage import FIELDS, Provenance, Usage, resized, total_usage, weakest


@given(usages, usages, usages)
def test_usages_add_up_in_any_grouping_and_order(one, two, three):
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Usage() == one


@given(st.lists(usages, max_size=8))
def test_the_fast_sum_of_many_usages_is_their_sum(many):
    assert total_usage(iter(many)) == (sum(many) or Usage()) == reduce(add, many, Usage())


@given(st.lists(usages, min_size=1, max_size=8), st.sampled_from(FIELDS))
def test_each_field_of_a_sum_is_the_sum_of_what_is_known_of_it(many, name):
    known = [value for usage in many if (value := getattr(usage, name)) is not None]
    assert getattr(sum(many), name) == (sum(known) if known else None)


def test_what_a_provider_does_not_have_stays_unknown_and_is_not_zero():
    assert (Usage(input_tokens=1) + Usage(input_tokens=2)).cache_read_tokens is None
    assert (Usage(cache_read_tokens=0) + Usage()).cache_read_tokens == 0
    assert total_usage([Usage(), Usage(image_count=2)]).image_count == 2


@given(usages, st.integers(0, 5_000))
def test_parts_of_a_resized_usage_still_fit_in_it(usage, tokens):
    parts = resized(replace(usage, input_tokens=100_000), tokens)
    read, write, hour, audio = (
        getattr(parts, name) or 0
        for name in ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "input_audio_tokens")
    )
    written = max(write, hour)
    assert parts.input_tokens == tokens >= max(read + written, written + audio)
    assert hour <= write or usage.cache_write_tokens is None


def test_parts_of_a_usage_that_still_fit_stay_as_they_are():
    usage = Usage(input_tokens=1_000, cache_read_tokens=500, cache_write_tokens=100, input_audio_tokens=600)
    assert resized(usage, 900) == replace(usage, input_tokens=900)
    assert resized(usage, 650) == replace(usage, input_tokens=650, input_audio_tokens=550)


@pytest.mark.parametrize("other", [1, "tokens", None])
def test_only_usages_can_be_added_to_a_usage(other):
    with pytest.raises(TypeError):
        Usage() + other
    with pytest.raises(TypeError):
        other + Usage()


def test_the_weakest_provenance_wins_in_the_order_of_the_contract():
    order = ["reported", "counted", "adjusted", "scaled", "declared"]
    assert [provenance.value for provenance in Provenance] == order
    for names in permutations(order, 2):
        assert weakest(map(Provenance, names)) == max(names, key=order.index)
    assert weakest([]) is None
