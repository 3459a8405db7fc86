from functools import reduce
from itertools import permutations
from operator import add

import pytest
from core_values import usages
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.usage import FIELDS, Provenance, Usage, total_usage, weakest


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
