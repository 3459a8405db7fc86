"""What a call could read from the cache: the longest beginning that another prompt has too."""

import time

import pytest
from core_prompts import part, prompt
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.call import Product
from pytest_llmcost.core.prefix import MINIMUM_TOKENS, minimum, shared, tokens_before
from pytest_llmcost.core.prompt import Block, Segment


def tokens(*calls, across=False):
    """Shared tokens of calls, each given as (test, profile)."""
    return [one.tokens for one in shared([test for test, _ in calls], [one for _, one in calls], across=across)]


def test_calls_of_different_tests_share_in_whichever_order():
    assert tokens(("a", prompt("rule", "x")), ("b", prompt("rule", "y"))) == [100, 100]


def test_a_call_shares_with_an_earlier_call_of_its_test_but_not_with_a_later_one():
    assert tokens(("a", prompt("rule", "x")), ("a", prompt("rule", "x", "y"))) == [0, 200]


def test_a_call_alone_shares_nothing_not_even_with_itself():
    assert tokens(("a", prompt("rule", "x"))) == [0]


def test_across_tests_the_earlier_calls_of_a_test_do_not_count():
    calls = ("a", prompt("rule", "x")), ("a", prompt("rule", "x", "y")), ("b", prompt("rule", "z"))
    assert tokens(*calls) == [100, 200, 100]
    assert tokens(*calls, across=True) == [100, 100, 100]


def test_equal_prompts_are_shared_to_their_end():
    found = shared(["a", "b"], [prompt("rule", "x"), prompt("rule", "x")])
    assert [(one.tokens, one.block, one.segment) for one in found] == [(200, 2, None), (200, 2, None)]


def test_a_prompt_that_is_the_beginning_of_another_is_shared_to_its_end():
    assert tokens(("a", prompt("rule")), ("b", prompt("rule", "x"))) == [100, 100]


def test_what_is_equal_behind_a_difference_is_not_shared():
    assert tokens(("a", prompt("now 1", "rule")), ("b", prompt("now 2", "rule"))) == [0, 0]


@pytest.mark.parametrize("other", [Product("openai", "gpt-4o-mini"), Product("azure", "gpt-4o")])
def test_another_model_or_provider_has_a_cache_of_its_own(other):
    assert tokens(("a", prompt("rule")), ("b", prompt("rule", product=other))) == [0, 0]


def test_a_service_tier_has_no_cache_of_its_own():
    tier = Product("openai", "gpt-4o", service_tier="flex")
    assert tokens(("a", prompt("rule")), ("b", prompt("rule", product=tier))) == [100, 100]


def test_history_and_user_are_the_same_to_the_cache():
    first = prompt("rule", "hello")
    later = prompt("rule", Block(Segment.HISTORY, "hello", 100), "x")
    assert tokens(("a", first), ("a", later)) == [0, 200]


def test_inside_of_a_block_pieces_are_shared_in_proportion_to_the_tokens_of_the_block():
    one = prompt(part("rule 1", 110, "p:30", "q:20", "now 1:50"), "x")
    other = prompt(part("rule 2", 110, "p:30", "q:20", "now 2:50"), "y")
    found = shared(["a", "b"], [one, other])
    assert found[0] == (55, 0, 2, Segment.SYSTEM)
    assert found[1] == (55, 0, 2, Segment.SYSTEM)


def test_pieces_of_a_block_that_other_tests_send_too_are_shared_with_them():
    one, other = prompt(part("rule 1", 100, "p:60", "q:40")), prompt(part("rule 2", 100, "p:60", "r:40"))
    assert tokens(("a", one), ("a", other), ("b", other), across=True) == [60, 100, 100]


def test_a_block_whose_pieces_all_begin_a_longer_block_is_shared_whole():
    one, other = prompt(part("rule 1", 100, "p:60", "q:40"), "x"), prompt(part("rule 2", 150, "p:60", "q:40", "r:50"))
    found = shared(["a", "b"], [one, other])
    assert found == [(100, 1, 0, Segment.USER), (100, 0, 2, Segment.SYSTEM)]


def test_shared_tokens_are_scaled_to_what_the_provider_reports():
    assert tokens(("a", prompt("rule", "x", scale=2)), ("b", prompt("rule", "y"))) == [200, 100]


def test_a_prompt_that_could_not_be_read_shares_nothing():
    silent = prompt("x", blocks=(), prompt="")
    assert shared(["a", "b"], [silent, silent]) == [(0, 0, 0, None), (0, 0, 0, None)]


def test_blocks_without_tokens_are_no_trouble():
    empty = prompt(part("rule", 0), part("x", 0, "p:0", "q:0"))
    assert tokens(("a", empty), ("b", prompt(part("rule", 0), part("y", 0, "p:0", "r:0")))) == [0, 0]


def test_tokens_before_a_grain_add_up_to_the_whole():
    one = prompt(part("rule", 110, "p:30", "q:70"), "x", scale=3)
    assert [tokens_before(one, *at) for at in ((0, 0), (0, 1), (1, 0), (2, 0))] == [0, 99, 330, 630]


def test_some_models_keep_no_prefix_below_a_longer_one():
    assert minimum(Product("openai", "gpt-4o")) == MINIMUM_TOKENS == 1_024
    assert minimum(Product("bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0")) == 4_096


words = st.sampled_from("abc")
blocks = st.one_of(words, st.lists(words, min_size=2, max_size=3).map("".join))
calls = st.lists(st.tuples(st.sampled_from("tuv"), st.lists(blocks, max_size=4)), max_size=8)


def build(names):
    """Blocks of one letter are whole; longer ones have a piece for each letter."""
    made = [part(name, 10 * len(name), *(f"p{letter}:1" for letter in name if len(name) > 1)) for name in names]
    return prompt(*made)


def common(mine, other):
    """Shared letters of two prompts, block by block, the slow way."""
    length = 0
    for one, two in zip(mine, other, strict=False):
        if one == two:
            length += len(one)
            continue
        if len(one) > 1 and len(two) > 1:
            length += next(
                (at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(map(len, (one, two)))
            )
        break
    return length


@given(calls, st.booleans())
def test_every_call_shares_what_the_slow_comparison_of_all_pairs_finds(made, across):
    expected = [
        10
        * max(
            (
                common(names, others)
                for at, (owner, others) in enumerate(made)
                if owner != test or (at < position and not across)
            ),
            default=0,
        )
        for position, (test, names) in enumerate(made)
    ]
    assert tokens(*((test, build(names)) for test, names in made), across=across) == expected


def test_many_calls_take_a_moment():
    """100,000 calls of ten blocks take about 0.7 s; the bound is for a busy machine."""
    made = [prompt("tool", "rule", *(f"past {at} {n}" for n in range(7)), f"x {at}") for at in range(10_000)]
    begun = time.process_time()
    found = shared([str(at // 4) for at in range(len(made))], made)
    assert time.process_time() - begun < 2
    assert {one.tokens for one in found} == {200}
