from core_values import block, profile
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmcost.core.prompt import Segment, split
from pytest_llmcost.core.usage import Usage

blocks = st.lists(st.builds(block, st.sampled_from(Segment), st.integers(0, 10**6)), max_size=12).map(tuple)


@given(blocks, st.integers(0, 10**9))
def test_segments_add_up_to_the_input_tokens_exactly(parts, total):
    shares = split(parts, total)
    assert sum(shares.values()) == total
    assert all(tokens >= 0 for tokens in shares.values())


@given(blocks, st.integers(0, 10**6))
def test_a_segment_is_less_than_one_token_away_from_its_proportion(parts, total):
    whole = sum(part.tokens for part in parts)
    for segment, tokens in split(parts, total).items():
        weight = sum(part.tokens for part in parts if part.segment is segment)
        assert not whole or abs(tokens * whole - total * weight) < whole


@given(blocks.filter(lambda parts: any(part.tokens for part in parts)))
def test_segments_of_our_own_count_are_the_blocks(parts):
    whole = sum(part.tokens for part in parts)
    for segment, tokens in split(parts, whole).items():
        assert tokens == sum(part.tokens for part in parts if part.segment is segment)


@given(blocks, st.integers(0, 10**6))
def test_the_order_of_the_blocks_does_not_matter(parts, total):
    assert split(parts, total) == split(parts[::-1], total)


def test_a_token_that_is_left_over_goes_to_the_largest_remainder():
    parts = (block(Segment.SYSTEM, 2), block(Segment.USER, 1))
    assert split(parts, 10) == {Segment.SYSTEM: 7, Segment.USER: 3}
    assert split(parts, 11) == {Segment.SYSTEM: 7, Segment.USER: 4}


def test_a_prompt_that_could_not_be_read_is_all_user():
    assert split((), 5) == {Segment.USER: 5}
    assert split((block(Segment.SYSTEM, 0),), 5) == {Segment.USER: 5}


def test_the_segments_of_a_profile_share_out_what_is_billed_and_not_what_is_counted():
    one = profile(
        blocks=(block(Segment.SYSTEM, 300), block(Segment.TOOLS, 100)), usage=Usage(input_tokens=800, output_tokens=1)
    )
    assert one.segments == {Segment.SYSTEM: 600, Segment.TOOLS: 200}
